"""Who is looking, and whether they may: asked at every read and every act, and answered with no when in doubt."""

from datetime import datetime
from typing import Final

import streamlit as st

from dashboard.login.roles import Ended, Person, Refused, Role, judge
from dashboard.services import Services, given
from model.actor import actor
from model.clock import SystemClock
from model.errors import AccessDenied

RECHECKED: Final = 5
"""Seconds that a login which was ended elsewhere may still be taken for a good one."""
_SEEN: Final = "login_noted"


class LoggedOut(AccessDenied):
    """Nobody is logged in."""


def person() -> Person:
    """Who is looking.

    Without logins it is the user of this machine, who alone is served and may do everything. Raises LoggedOut, Refused
    or Ended.
    """
    services = given()
    if services.policy is None:
        return Person(name=actor(), role=Role.ADMIN)
    claims = st.user.to_dict()
    if claims.get("is_logged_in") is not True:
        msg = "Nobody is logged in."
        raise LoggedOut(msg, hint="Log in.")
    found = judge(claims, services.policy, SystemClock().now())
    until = _ended(found.name)
    if until is not None and (found.logged_in_at is None or found.logged_in_at <= until):
        msg = "Your login was ended."
        raise Ended(msg, name=found.name, hint="Log in again.", logged_in_at=found.logged_in_at)
    return found


def need(role: Role) -> Person:
    """Who is looking, if they have that role or a higher one. Raises AccessDenied."""
    found = person()
    if found.role.rank < role.rank:
        msg = f"That needs the role {role}, and {found.name} has the role {found.role}."
        raise AccessDenied(msg, hint="Ask an administrator.")
    return found


def may(role: Role) -> bool:
    """Whether somebody with that role is looking; for what a page offers. What it does is asked again."""
    try:
        need(role)
    except AccessDenied:
        return False
    return True


def offers(what: str) -> bool:
    """Whether an analyst is looking; to others it is said that `what`, which begins a sentence, needs one."""
    if may(Role.ANALYST):
        return True
    st.caption(f"{what} needs the role {Role.ANALYST}.")
    return False


def services(role: Role) -> Services:
    """What the composition root handed over, for somebody of that role. Raises AccessDenied."""
    need(role)
    return given()


def note(who: Person | Refused) -> None:
    """Remember who is here, once a session; a login that nobody has heard of goes into the audit log."""
    mark = (who.name, who.logged_in_at, isinstance(who, Refused))
    if who.logged_in_at is None or st.session_state.get(_SEEN) == mark:
        return
    now, register = SystemClock().now(), given().register
    if isinstance(who, Refused):
        register.refused(who, now)
    else:
        register.entered(who, now)
    st.session_state[_SEEN] = mark


def log_out(who: Person) -> None:
    """End this login, here and wherever its cookie was copied to."""
    given().register.left(who, SystemClock().now())
    _ended.clear()
    st.logout()


def end(name: str) -> None:
    """End all logins of somebody. Raises AccessDenied."""
    by = need(Role.ADMIN)
    given().register.end(name, by.name, SystemClock().now())
    _ended.clear()


@st.cache_data(show_spinner=False, ttl=RECHECKED, max_entries=256)
def _ended(name: str) -> datetime | None:
    return given().register.ended(name)

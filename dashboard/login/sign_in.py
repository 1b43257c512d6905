"""What somebody sees who is not let in, and the corner that says who is."""

from typing import Final

import streamlit as st

from dashboard.login import access
from dashboard.login.access import LoggedOut
from dashboard.login.roles import Ended, Person, Refused
from model.errors import AccessDenied
from model.plain import plain

ROLES: Final = {
    "viewer": "sees everything but the administration",
    "analyst": "also handles incidents, silences and alerts, opens reviews and decides in them",
    "admin": "also closes reviews, ends logins, and sees users, the audit log and the config",
}
"""Role to what it may do."""


def turn_away(why: AccessDenied) -> None:
    """The page of somebody who is not let in: how to log in, or why that was not enough. It tells nothing else."""
    columns = st.columns([1, 2, 1])
    with columns[1], st.container(border=True, key="entrance"):
        if isinstance(why, LoggedOut):
            st.title("Log in", anchor=False)
            st.write("keywatch shows how API keys are used. Your organisation's login decides who may look.")
            _log_in("Log in")
            return
        over = isinstance(why, Ended)
        st.title("Your login is over" if over else "No access", anchor=False)
        st.text(plain(why.what) + (f" {plain(why.hint)}" if why.hint else ""))
        if isinstance(why, Refused) and not over:
            st.caption("You are logged in as")
            st.text(plain(why.name))
        with st.container(horizontal=True):
            if over:
                _log_in("Log in again")
            if st.button("Log out", icon=":material/logout:", key="log_out"):
                st.logout()


def corner(who: Person) -> None:
    """Who is looking, their role, and the way out; nothing where nobody logs in."""
    if who.logged_in_at is None:
        return
    with st.popover(who.role.value.capitalize(), icon=":material/account_circle:", key="account"):
        st.text(who.name)
        st.caption(f"The role {who.role}: {ROLES[who.role]}.")
        if st.button("Log out", icon=":material/logout:", key="log_out"):
            access.log_out(who)


def _log_in(label: str) -> None:
    if st.button(label, icon=":material/login:", type="primary", key="log_in"):
        st.login()

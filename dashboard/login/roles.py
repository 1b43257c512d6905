"""Who may do what: roles, whom they are given to, and what the claims of a login come to. Knows no Streamlit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from model.errors import AccessDenied
from model.plain import plain

AHEAD: Final = timedelta(minutes=5)
"""How far the provider's clock may be ahead of ours."""
_LONGEST: Final = 250
"""Characters of a name: what the state keeps."""


class Role(StrEnum):
    """What somebody may do; each may do all that the one before may."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    ADMIN = "admin"

    @property
    def rank(self) -> int:
        """Its place; a higher one may do more."""
        return list(Role).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Whom a role is given to."""

    role: Role
    users: frozenset[str] = frozenset()
    """Verified mail addresses, `*@example.com` for a domain, or `sub:…` for the provider's own identifier."""
    groups: frozenset[str] = frozenset()
    """Values of the claim that holds groups."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Who gets in."""

    grants: tuple[Grant, ...]
    claim: str
    """The claim that holds groups; dots reach into nested ones."""
    session: timedelta
    """How long a login lasts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who may look."""

    name: str
    """For the audit log: the verified mail address, else `sub:…`; without logins the user of this machine."""
    role: Role
    logged_in_at: datetime | None = None
    """The provider's moment; None without logins."""


class Refused(AccessDenied):
    """Somebody who logged in and is not let in."""

    def __init__(self, what: str, *, name: str, hint: str, logged_in_at: datetime | None = None) -> None:
        super().__init__(what, hint=hint)
        self.name = name
        self.logged_in_at = logged_in_at


class Ended(Refused):
    """A login that is over; logging in again helps."""


def judge(claims: Mapping[str, object], policy: Policy, now: datetime) -> Person:
    """The person of a login's claims. Raises Refused, or Ended; whatever is missing or odd counts as no."""
    name, address = _named(claims)
    at = _issued(claims)
    if at is None or at - now > AHEAD:
        msg = "The provider does not say when you logged in."
        raise Refused(msg, name=name, hint="Its ID tokens need the claim iat, and its clock has to be right.")
    if claims.get("email_verified") in (False, "false"):
        msg = "Your provider has not verified your mail address."
        raise Refused(msg, name=name, hint="Have it verified there, and log in again.", logged_in_at=at)
    if now - at >= policy.session:
        msg = "Your login has ended."
        raise Ended(msg, name=name, hint="Log in again.", logged_in_at=at)
    groups = _groups(claims, policy.claim)
    given = [grant.role for grant in policy.grants if _fits(grant, address, claims.get("sub"), groups)]
    if not given:
        msg = "Your account has no role here."
        hint = "Ask an administrator to add it to [dashboard.login.roles] in keywatch.toml."
        raise Refused(msg, name=name, hint=hint, logged_in_at=at)
    return Person(name=name, role=max(given, key=lambda role: role.rank), logged_in_at=at)


def _named(claims: Mapping[str, object]) -> tuple[str, str | None]:
    """What to call the person, and the mail address if it is verified."""
    address, sub = claims.get("email"), claims.get("sub")
    if isinstance(address, str) and "@" in address and claims.get("email_verified") in (True, "true"):
        known = plain(address.strip().casefold(), _LONGEST)
        return known, known
    return plain(f"sub:{sub}" if isinstance(sub, str) and sub else "sub:", _LONGEST), None


def _issued(claims: Mapping[str, object]) -> datetime | None:
    seconds = claims.get("iat")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _groups(claims: Mapping[str, object], name: str) -> frozenset[str]:
    found: object = claims.get(name)
    if found is None:
        found = claims
        for part in name.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    if isinstance(found, str):
        return frozenset({found})
    if isinstance(found, Sequence):
        return frozenset(each for each in found if isinstance(each, str))
    return frozenset()


def _fits(grant: Grant, address: str | None, sub: object, groups: frozenset[str]) -> bool:
    if grant.groups & groups:
        return True
    wanted = {user.casefold() for user in grant.users if not user.startswith("sub:")}
    if address is not None and (address in wanted or f"*@{address.rpartition('@')[2]}" in wanted):
        return True
    return isinstance(sub, str) and bool(sub) and f"sub:{sub}" in grant.users

"""Who logs in to the dashboard: remembered in the state, and each login and its end in the audit log."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pandas as pd

from dashboard.login.roles import Person, Refused
from keywatch.workspace import Workspace
from model.errors import UsageError
from store.state import audit, users

SUBJECT = "dashboard"


@dataclass(frozen=True, slots=True)
class Logins:
    """`dashboard.services.Register` over a workspace."""

    workspace: Workspace

    def entered(self, person: Person, now: datetime) -> None:
        """Somebody was let in."""
        at = person.logged_in_at or now
        with self.workspace.store.transaction() as tx:
            if users.saw(tx, person.name, role=str(person.role), refused="", logged_in_at=at, now=now):
                detail = {"role": str(person.role), "logged_in_at": _iso(at)}
                audit.record(tx, at=now, actor=person.name, action="login", subject=SUBJECT, detail=detail)

    def refused(self, refused: Refused, now: datetime) -> None:
        """Somebody was not."""
        at = refused.logged_in_at or now
        with self.workspace.store.transaction() as tx:
            if users.saw(tx, refused.name, role="", refused=refused.what, logged_in_at=at, now=now):
                detail = {"why": refused.what, "logged_in_at": _iso(at)}
                audit.record(tx, at=now, actor=refused.name, action="login refused", subject=SUBJECT, detail=detail)

    def left(self, person: Person, now: datetime) -> None:
        """Somebody logged out."""
        with self.workspace.store.transaction() as tx:
            users.end(tx, person.name, person.logged_in_at or now)
            audit.record(tx, at=now, actor=person.name, action="logout", subject=SUBJECT)

    def ended(self, name: str) -> datetime | None:
        """Up to when that person's logins are over."""
        with self.workspace.store.reading() as tx:
            return users.ended(tx, name)

    def end(self, name: str, by: str, now: datetime) -> None:
        """All logins of that person are over. Raises UsageError for nobody we know."""
        with self.workspace.store.transaction() as tx:
            if not users.end(tx, name, now):
                msg = f"Nobody called {name} ever logged in."
                raise UsageError(msg)
            audit.record(tx, at=now, actor=by, action="logins ended", subject=name)

    def users(self) -> pd.DataFrame:
        """As `store.state.users.user_frame`."""
        with self.workspace.store.reading() as tx:
            return users.user_frame(tx)


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()

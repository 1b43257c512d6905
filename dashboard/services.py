"""What the composition root hands to the dashboard: the things that it may not import, as functions.

Pages never take them from here: `dashboard.login.access.services` asks for a role first.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

import pandas as pd

from dashboard.login.roles import Person, Policy, Refused
from model.errors import ConfigError


class Register(Protocol):
    """Who logged in; each login and its end is in the audit log."""

    def entered(self, person: Person, now: datetime) -> None:
        """Somebody was let in."""

    def refused(self, refused: Refused, now: datetime) -> None:
        """Somebody was not."""

    def left(self, person: Person, now: datetime) -> None:
        """Somebody logged out: that login, and any copy of its cookie, counts no more."""

    def ended(self, name: str) -> datetime | None:
        """Up to when that person's logins are over."""

    def end(self, name: str, by: str, now: datetime) -> None:
        """All logins of that person are over."""

    def users(self) -> pd.DataFrame:
        """As `store.state.users.user_frame`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """Whether something is what was written."""

    faults: tuple[str, ...]
    told: str
    """A sentence about what was found when nothing is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a reviewer wrote about one key; `before` is what stood there when it was read."""

    key_id: str
    before: Mapping[str, str]
    after: Mapping[str, str]
    """Both hold decision, rationale, new_owner and due."""


class Reviews(Protocol):
    """Reports and their reviews, as the command line has them; `report` is the id of one that is listed.

    All of them raise ReportError for one that is not known or cannot be read.
    """

    def listed(self) -> pd.DataFrame:
        """As `store.state.reports.report_frame`, of each folder the newest alone."""

    def worksheet(self, report: str) -> pd.DataFrame:
        """The worksheet of an open review, all columns as text, and `problem`: what keeps a row from being accepted.

        A key that nobody decided about has no problem yet.
        """

    def decide(self, report: str, changes: Sequence[Change], *, by: str, now: datetime) -> None:
        """Write decisions into the worksheet: all of them, or none. Raises ReportError that says why."""

    def make(self, period: str, *, review: bool, by: str, now: datetime) -> str:
        """Render a report or open it for review; returns its id. Raises UsageError and ReportError."""

    def close(self, report: str, *, by: str, now: datetime) -> str:
        """Check the worksheet and seal; returns a sentence."""

    def decisions(self, report: str) -> pd.DataFrame:
        """The sealed decisions of a closed review, with people's names where they are still known."""

    def verify(self, report: str) -> Checked:
        """Whether the files are what was sealed."""

    def packed(self, report: str, *, people: bool, by: str, now: datetime) -> bytes:
        """The files as a zip, and a note that `by` took them; who pseudonyms stand for (people.csv) with `people`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """From when on the config calls a key unused or too old, as its detectors do."""

    never_used: timedelta
    """After its creation: [detectors.never-used-key] after."""
    over_age: timedelta
    """After its creation or rotation: [detectors.over-age-key] after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """All of them."""

    policy: Policy | None
    """Who gets in; None: nobody logs in, and this machine alone is served."""
    metrics_token: str | None
    register: Register
    reviews: Reviews
    ready: Callable[[], None]
    """Raises KeywatchError when the store cannot be read."""
    metrics: Callable[[datetime], str]
    """Prometheus' text."""
    config: Callable[[], Mapping[str, object]]
    """The config in force, with secrets masked."""
    lines: Lines
    targets: tuple[str, ...]
    """The names of those that the config has alerts go to."""
    check_log: Callable[[], Checked]
    """Whether the audit log is whole."""
    give_back: Callable[[], None]
    """Gives the system back what memory was freed."""


class _Given:
    """The services of this process."""

    def __init__(self) -> None:
        self.services: Services | None = None


_GIVEN: Final = _Given()


def give(services: Services | None) -> None:
    """Hand them over, once, before the first page is drawn; None takes them back."""
    _GIVEN.services = services


def given() -> Services:
    """The services of this process. Raises ConfigError when nobody gave any: then nothing is shown to anybody."""
    if _GIVEN.services is None:
        msg = "This dashboard was not started by keywatch, so nothing says who may see it."
        raise ConfigError(msg, hint="Start it with `keywatch dashboard`.")
    return _GIVEN.services

"""A window of time [since, until), and the ways people write moments, durations and periods."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from model.errors import UsageError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])")
_MONTHS_A_QUARTER = 3
_DECEMBER = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """From `since`, included, to `until`, excluded; both aware, in UTC."""

    since: datetime
    until: datetime

    def __post_init__(self) -> None:
        if self.until < self.since:
            msg = f"The window ends ({self.until.isoformat()}) before it begins ({self.since.isoformat()})."
            raise UsageError(msg, hint="Swap --since and --until.")

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.until - self.since

    def previous(self) -> "Window":
        """The window of the same length that ends where this one begins."""
        return Window(since=self.since - self.length, until=self.since)


def parse_duration(text: str) -> timedelta:
    """Read `45d`, `5m`, `1h30m` or `90s`.

    Raises UsageError for anything else; a bare number has no unit and is refused.
    """
    compact = text.strip().lower()
    if not compact or _DURATION.sub("", compact).strip():
        msg = f"{text!r} is not a duration."
        raise UsageError(msg, hint="Write a number and a unit of s, m, h, d or w: 45d, 5m, 1h30m.")
    return timedelta(seconds=sum(float(n) * _UNITS[u] for n, u in _DURATION.findall(compact)))


def parse_moment(text: str, *, now: datetime) -> datetime:
    """Read an ISO 8601 moment (UTC where it names no zone), `now`, or a duration before `now` such as `7d`.

    Raises UsageError for anything else.
    """
    if text.strip().lower() == "now":
        return now
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        try:
            return now - parse_duration(text)
        except UsageError:
            msg = f"{text!r} is not a moment."
            raise UsageError(msg, hint="Write 2026-10-01, 2026-10-01T09:30:00Z, or 7d for seven days ago.") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def parse_period(text: str, *, now: datetime) -> Window:
    """Read `2026-10` (a month), `2026-Q4` (a quarter), `2026` (a year), `last-7d`, or `2026-10-01..2026-10-08`.

    Days are UTC days. `last-7d` ends at `now`. Raises UsageError for anything else.
    """
    word = text.strip()
    if month := re.fullmatch(r"(\d{4})-(\d{2})", word):
        return _months(int(month[1]), int(month[2]), 1, word)
    if quarter := re.fullmatch(r"(\d{4})-[Qq]([1-4])", word):
        return _months(int(quarter[1]), (int(quarter[2]) - 1) * _MONTHS_A_QUARTER + 1, _MONTHS_A_QUARTER, word)
    if year := re.fullmatch(r"(\d{4})", word):
        return _months(int(year[1]), 1, _DECEMBER, word)
    if last := re.fullmatch(r"last-(.+)", word):
        return Window(since=now - parse_duration(last[1]), until=now)
    if ".." in word:
        since, until = word.split("..", 1)
        return Window(since=parse_moment(since, now=now), until=parse_moment(until, now=now))
    msg = f"{text!r} is not a period."
    raise UsageError(msg, hint="Write 2026-10, 2026-Q4, 2026, last-7d, or 2026-10-01..2026-10-08.")


def _months(year: int, month: int, count: int, word: str) -> Window:
    if not 1 <= month <= _DECEMBER:
        msg = f"{word!r} names no month."
        raise UsageError(msg, hint="Months go from 01 to 12.")
    after = month - 1 + count
    return Window(
        since=datetime(year, month, 1, tzinfo=UTC),
        until=datetime(year + after // _DECEMBER, after % _DECEMBER + 1, 1, tzinfo=UTC),
    )

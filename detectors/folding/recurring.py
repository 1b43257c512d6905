"""Times that come again: `daily 02:00-04:00`, `Sat,Sun 22:00-06:00`, `monthly 1 00:00-06:00`, `yearly 12-24..12-26`."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal, TypedDict
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from model.errors import ConfigError

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY: Final = timedelta(days=1)
_CLOCK: Final = r"(?P<low>\d{1,2}:\d{2})-(?P<high>\d{1,2}:\d{2})"
_TIMED: Final = re.compile(rf"(?P<days>daily|monthly\s+\d{{1,2}}|[a-z]{{3}}(?:[-,][a-z]{{3}})*)(?:\s+{_CLOCK})?")
_YEARLY: Final = re.compile(r"yearly\s+(?P<first>\d{2}-\d{2})(?:\.\.(?P<last>\d{2}-\d{2}))?")
_HINT: Final = (
    "Write daily 02:00-04:00, Mon-Fri 08:00-09:00, Sat,Sun, monthly 1 00:00-06:00 or yearly 12-24..12-26; the times are"
    " those of `timezone` (UTC)."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurring:
    """A part of certain days, by the clocks of a zone; one that ends before it begins ends on the next day."""

    kind: Literal["week", "month", "year"]
    days: frozenset[int]
    """Weekdays (0 is Monday), a day of the month, or month * 100 + day."""
    low: timedelta
    """Since midnight."""
    high: timedelta
    zone: ZoneInfo

    @classmethod
    def parse(cls, text: str, zone: str, where: str) -> "Recurring":
        """Read one of the forms above. Raises ConfigError."""
        try:
            clock = ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            msg = f"{where} timezone is {zone!r}, which is no zone."
            raise ConfigError(msg, hint="Write an IANA name such as Europe/Berlin.") from None
        try:
            return cls(zone=clock, **_parsed(text.strip().lower()))
        except (ValueError, KeyError):
            msg = f"{where} recurring is {text!r}."
            raise ConfigError(msg, hint=_HINT) from None

    def touches(self, since: datetime, until: datetime) -> bool:
        """Whether it covers a part of [since, until); a moment when both are the same."""
        first = since.astimezone(self.zone).date() - _DAY
        days = ((until - since) // _DAY) + 3
        return any(self._on(first + _DAY * n, since, until) for n in range(days))

    def _on(self, day: date, since: datetime, until: datetime) -> bool:
        number = {"week": day.weekday(), "month": day.day, "year": day.month * 100 + day.day}[self.kind]
        if number not in self.days:
            return False
        begin, end = self._moment(day, self.low), self._moment(day, self.high)
        return begin <= since < end or (since < begin < until)

    def _moment(self, day: date, offset: timedelta) -> datetime:
        whole, rest = divmod(offset, _DAY)
        clock = (datetime.min.replace(tzinfo=UTC) + rest).time()
        return datetime.combine(day + _DAY * whole, clock, self.zone).astimezone(UTC)


class _Parts(TypedDict):
    kind: Literal["week", "month", "year"]
    days: frozenset[int]
    low: timedelta
    high: timedelta


def _parsed(text: str) -> _Parts:
    if match := _YEARLY.fullmatch(text):
        first = date.fromisoformat(f"2024-{match['first']}")  # a leap year: it has every day
        last = date.fromisoformat(f"2024-{match['last'] or match['first']}")
        count = (last - first).days % 366 + 1
        days = {(first + _DAY * n).month * 100 + (first + _DAY * n).day for n in range(count)}
        return {"kind": "year", "days": frozenset(days), "low": timedelta(0), "high": _DAY}
    match = _TIMED.fullmatch(text)
    if match is None:
        raise ValueError(text)
    low, high = _offset(match["low"] or "0:00"), _offset(match["high"] or "24:00")
    high = high if high > low else high + _DAY
    word, _, number = match["days"].partition(" ")
    if word == "monthly":
        if not 1 <= int(number) <= 31:  # noqa: PLR2004 (days of a month)
            raise ValueError(text)
        return {"kind": "month", "days": frozenset({int(number)}), "low": low, "high": high}
    weekdays = frozenset(range(7)) if word == "daily" else _weekdays(word)
    return {"kind": "week", "days": weekdays, "low": low, "high": high}


def _weekdays(text: str) -> frozenset[int]:
    days: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        begin, end = _DAYS.index(first), _DAYS.index(last or first)
        days |= {(begin + n) % 7 for n in range((end - begin) % 7 + 1)}
    return frozenset(days)


def _offset(text: str) -> timedelta:
    if text == "24:00":
        return _DAY
    clock = time.fromisoformat(text.zfill(5))
    return timedelta(hours=clock.hour, minutes=clock.minute)

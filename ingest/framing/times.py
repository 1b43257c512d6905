"""Wrappers' times as ISO 8601 text. Nothing here asks the machine what time it is."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

ISO: Final = rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)"
"""A time with its zone, as containers and syslog daemons write it."""
_UTC = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|\+00:00)")
_MONTHS: Final = {
    name: number for number, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), start=1)
}
_UNITS: Final = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3), (0.0, 1.0))
"""From which magnitude on an epoch counts how many a second."""
_FARTHEST_LEAP: Final = 8
"""Years between 29 February 1896 and the next one, 1904: the longest such gap."""


def iso(value: object) -> str | None:
    """ISO 8601 text, or an epoch whose unit its magnitude tells, as ISO 8601 text in UTC; else None.

    A text without a zone is taken as UTC.
    """
    if isinstance(value, str) and _UTC.fullmatch(value):
        return value
    try:
        if isinstance(value, str) and "-" in value[1:]:
            read = datetime.fromisoformat(value.replace(",", "."))
            return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
        if isinstance(value, (int, float, str)) and not isinstance(value, bool):
            return _of_epoch(float(value))
    except (ValueError, OverflowError):
        pass
    return None


def _of_epoch(number: float) -> str | None:
    if not number > 0:
        return None
    unit = next(unit for least, unit in _UNITS if number > least)
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=number / unit)).isoformat()


def without_year(month: bytes, day: bytes, clock: bytes, now: datetime | None) -> str | None:
    """The time of RFC 3164 (`Mar 24 14:02:50`) as ISO 8601 text in UTC.

    It names neither year nor zone: it is taken as UTC, and its year as the newest in which it is no more than a day
    later than `now`. Without a `now`, or when there is no such day, None.
    """
    if now is None or month not in _MONTHS:
        return None
    latest = now.astimezone(UTC) + timedelta(days=1)
    for year in range(latest.year, latest.year - _FARTHEST_LEAP - 1, -1):
        try:
            at = datetime.fromisoformat(f"{year}-{_MONTHS[month]:02}-{int(day):02}T{clock.decode()}+00:00")
        except ValueError:
            continue  # no such day in this year, or no such time in any
        if at <= latest:
            return at.isoformat()
    return None

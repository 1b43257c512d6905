"""How far two countries are apart at the least, from the principal places that the time zone database names.

Events know the country of an address and no coordinates. The database's `zone.tab` (public domain; pytz carries it)
gives each country's principal places, one a zone. A country with one zone is as wide as nothing there, so `SLACK` is
taken off: better a journey that is not told than one that nobody made.
"""

from functools import cache
from importlib.resources import files
from math import asin, cos, radians, sin, sqrt
from typing import Final, NamedTuple

SLACK: Final = 800.0
"""Kilometres taken off: what a traveller may be nearer than the principal places say, in all but the largest countries
(Germany and France are about 900 km wide, and their principal places lie inside)."""

_EARTH: Final = 6371.0
"""Mean radius in kilometres (IUGG)."""
_PARTS: Final = 3


class _Place(NamedTuple):
    latitude: float
    longitude: float


def apart(one: str, other: str) -> float | None:
    """Kilometres between the nearest principal places of two countries (ISO 3166 alpha-2), less SLACK, at least 0.

    None when either is unknown.
    """
    here, there = _places().get(one.upper(), ()), _places().get(other.upper(), ())
    if not here or not there:
        return None
    return max(0.0, min(_distance(a, b) for a in here for b in there) - SLACK)


@cache
def _places() -> dict[str, list[_Place]]:
    """Country to its principal places."""
    found: dict[str, list[_Place]] = {}
    table = files("pytz").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    for line in table.splitlines():
        columns = line.split("\t")
        if not line.startswith("#") and len(columns) >= _PARTS:
            found.setdefault(columns[0], []).append(_place(columns[1]))
    return found


def _place(text: str) -> _Place:
    """`+4230+00131` or `+404251-0740023`: latitude and longitude in degrees, minutes and maybe seconds (ISO 6709)."""
    cut = max(text.rfind("+"), text.rfind("-"))
    return _Place(_degrees(text[:cut], 2), _degrees(text[cut:], 3))


def _degrees(text: str, digits: int) -> float:
    sign, number = (-1 if text[0] == "-" else 1), text[1:]
    minutes, seconds = number[digits : digits + 2], number[digits + 2 :] or "0"
    return sign * (int(number[:digits]) + int(minutes) / 60 + int(seconds) / 3600)


def _distance(one: _Place, other: _Place) -> float:
    """By the haversine formula (R. W. Sinnott, "Virtues of the Haversine", 1984)."""
    (a, b), (c, d) = one, other
    half = sin(radians(c - a) / 2) ** 2 + cos(radians(a)) * cos(radians(c)) * sin(radians(d - b) / 2) ** 2
    return 2 * _EARTH * asin(min(1.0, sqrt(half)))

"""What was usual for the key in the hour in question, as its detector read it, and from how much history."""

import math
from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from detectors.baseline import MEMORY, squared
from detectors.calibration import POOL_DAYS
from detectors.usual.day import Day, days
from detectors.usual.expected import BAND
from keywatch.detecting.explaining.seen import Seen

_SENT: Final = "bytes-out"
"""It judges bytes; the others calls."""
_TAILS: Final[Mapping[str, Mapping[str, str]]] = {
    "volume-spike": {"an hour": "", "two hours of three": "twice_"},
    "bytes-out": {"an hour's bytes": "sent_"},
    "usage-drop": {"a day's fall": "day_"},
}
"""Detector to the tails that it reads: what of, and the prefix of their columns."""


def baseline(seen: Seen) -> Iterator[str]:
    """The sentences about it; none for a detector that reads no baselines."""
    if "baselines" not in seen.detector.frames or seen.row is None or seen.row.key_ref is None:
        return
    key, midnight = seen.row.key_ref, np.datetime64(seen.lead.bucket.date(), "D")
    day = next((each for each in days(seen.frames, seen.window) if each.day == midnight), None)
    if day is None or key not in day.keys:
        yield "Baseline: none; the key had no call in the four weeks before."
        yield "First days: applied; with no history only fixed lines judge it."
        return
    place, hour = day.keys.index(key), seen.lead.bucket.hour
    yield from _level(day, place, hour, sent=seen.detector.id == _SENT)
    if seen.detector.id == "flatline":
        yield _silences(day, place)
    if seen.detector.id == "usage-drop":
        yield _days(day, place)
    for what, prefix in _TAILS.get(seen.detector.id, {}).items():
        rate, mean = (float(values[place, 0]) for values in map(np.asarray, day.tail(prefix)))
        yield (
            f"Tail of {what}: p(z) = {rate:.2g} x exp(-(z - 2) / {mean:.2g}), fitted to the scores of"
            f" {day.rows['keys'].max():,} keys over {POOL_DAYS} days."
        )


def _level(day: Day, place: int, hour: int, *, sent: bool) -> Iterator[str]:
    centre, scale = (float(day.of(f"{'sent_' if sent else ''}{name}")[place, hour]) for name in ("centre", "scale"))
    came, what = float((day.sent if sent else day.calls)[place, hour]), "bytes" if sent else "calls"
    age = float(day.of("age")[place])
    history = f"{age:.0f} days of history" if age < MEMORY.days else f"the last {MEMORY.days} days"
    if math.isnan(centre):
        most = float(day.of("sent_highest" if sent else "highest")[place])
        yield f"Baseline: none from {history}; the most of any hour was {most:,.0f} {what}, {came:,.0f} came."
        yield "First days: applied; with less than three days of history only fixed lines judge it."
        return
    low, expected, high = (float(squared(np.asarray(centre + sign * BAND * scale))) for sign in (-1, 0, 1))
    yield (
        f"Baseline: {expected:,.1f} {what} expected in that hour, {max(low, 0.0):,.1f} at least and {high:,.1f} at"
        f" most, from {history}; {came:,.0f} came."
    )
    yield f"First days: did not apply; {age:.0f} days of history make a baseline, three are enough."


def _silences(day: Day, place: int) -> str:
    due, missed, hours = (float(day.of(name)[place]) for name in ("due_hours", "due_missed", "worst_hours"))
    return (
        f"Silences: {missed:,.0f} of {due:,.0f} hours that expected calls were silent before, the longest silence was"
        f" of {hours:,.0f} hours."
    )


def _days(day: Day, place: int) -> str:
    spread, count, fallen = (float(day.of(name)[place]) for name in ("day_spread", "days", "day_fallen"))
    deepest = f"{math.exp(-fallen):.0%} of what it expected" if math.isfinite(fallen) else "not known"
    return (
        f"Days: {count:,.0f} days of the two weeks before spread by {spread:.2f} (of the logarithm); the lowest had"
        f" {deepest}."
    )

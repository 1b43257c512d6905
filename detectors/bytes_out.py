"""bytes-out: see the docstring of `score`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from detectors.baseline import Array, roots, squared
from detectors.declare import HOUR, Frames, detector
from detectors.scores import Scored, to_frame
from detectors.usual.day import Day, days, lately
from model.finding import Severity
from model.window import Window

_MB: Final = 1_000_000
_FEWEST: Final = 20  # calls that a new key must have made
_FAR: Final = 1e-9
_AT_ONCE: Final = 10.0
_FOUR: Final = 4
_SURE: Final = 1e-5
"""What is told of by itself under any budget of a few false alarms a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Its minimum effect; the line itself comes from the budget."""

    times: float = 3.0
    """How many times the expected bytes, and the most of any day before, there must be."""
    a_call: float = 2.0
    """How many times its usual bytes a call the key must be given."""
    highest: float = 2.0
    """How many times the most of any hour before an hour must have."""
    megabytes: int = 1
    """How many megabytes an hour must have beyond the expected; a day five times as many."""
    much: int = 20
    """From how many megabytes an hour on it is high,"""
    medium: int = 5
    """and from how many beyond the expected medium."""
    little: float = 0.1
    """From so many megabytes beyond the expected it is low,"""
    beyond: float = 3.0
    """if an hour has so many times the most of any hour before,"""
    larger: float = 4.0
    """and so many times the usual bytes a call."""
    unknown: float = 20.0
    """For a key with less than three days of history: how many times the most of an hour, and its bytes a call. So
    many times the bytes a call are medium from the least megabytes on."""
    lasting: float = 4.0
    """Over four hours of a day, so many times the usual bytes a call,"""
    each: float = 2.5
    """and so many in each of the four, are low."""
    calls: int = 12
    """They must have so many calls."""


class _Sent(NamedTuple):
    """Arrays of keys by hours."""

    p: Array
    """How likely a harmless hour is to be this heavy; 1 without the minimum effect."""
    expected: Array
    today: Array
    """Bytes of the day so far."""
    lasts: npt.NDArray[np.bool_]
    """Where nothing but that the answers have been larger for four hours is odd."""


@detector(
    id="bytes-out",
    severity=Severity.HIGH,
    kind="statistical",
    frames=("key_hours", "baselines"),
    settings=Settings,
    quiet=timedelta(hours=6),
    bucket=HOUR,
    attack=("T1567", "T1530"),
    owasp=("API3:2023", "API4:2023"),
    controls=("CC6.7", "CC7.2"),
)
def score(frames: Frames, window: Window, settings: Settings) -> pd.DataFrame:
    """A key is given far more data than usual, at a usual number of calls.

    The bytes of an hour against the key's own baseline, at the p-value that the budget allows; at least 3 times the
    expected and twice the most of any hour of four weeks, 1 MB more than expected, and twice the usual bytes a call
    (more calls of the usual size are told by volume-spike). Or, for data that is taken slowly: the day so far is 3
    times the most of any day of four weeks, and 5 MB more. A key of less than three days has no baseline yet; it must
    be 20 times its most. From 20 MB an hour on it is high, from 5 MB beyond the expected on medium (from 1 MB at 20
    times the usual bytes a call), else low; less than 1 MB is told from 0.1 MB, 3 times the most of any hour and 4
    times the bytes a call on. Low, too, are four hours of 4 times the usual bytes a call (2.5 in each, 12 calls), 3
    times what they expect and more than the most of any one hour.

    Why it matters: somebody copies what the key can read, in few large answers, and no count of calls shows it.

    False alarms: a first large export, a new report, a list whose pages became larger for all (then it is told for
    several keys at once).

    What to do: see which routes the bytes came from and which address took them. If the owner does not know of it,
    revoke the key and list what was read.
    """
    return to_frame(row for day in days(frames, window) for row in _of(day, settings))


def _of(day: Day, settings: Settings) -> Iterator[Scored]:
    sent = _judge(day, settings)
    for k, t in zip(*np.nonzero(sent.p[:, : day.passed] < 1), strict=True):
        yield _row(day, sent, int(k), int(t), settings)


def _judge(day: Day, settings: Settings) -> _Sent:
    centre, scale = day.of("sent_centre"), day.of("sent_scale")
    known = ~np.isnan(centre)
    expected = np.where(known, squared(centre), day.each("sent_highest"))
    least = settings.megabytes * _MB
    a_call = day.sent / np.maximum(day.calls, 1)
    larger = a_call >= settings.a_call * np.maximum(day.each("sent_a_call"), 1.0)
    hour = (day.sent >= settings.times * expected) & (day.sent - expected >= least)
    hour &= day.sent >= settings.highest * day.each("sent_highest")
    small = (day.sent >= settings.times * expected) & (day.sent - expected >= settings.little * _MB)
    small &= day.sent >= settings.beyond * day.each("sent_highest")
    small &= a_call >= settings.larger * np.maximum(day.each("sent_a_call"), 1.0)
    tail = day.tail("sent_")
    p = np.where(((hour & larger) | small) & known, tail.p((roots(day.sent) - centre) / scale), 1.0)
    # A key too new for a level of its own: what is far beyond all that it has done.
    far = hour & (day.sent >= settings.unknown * day.each("sent_highest")) & (day.each("age") >= 1)
    far &= a_call >= settings.unknown / 2 * np.maximum(day.each("sent_a_call"), 1.0)
    p = np.where(far & ~known & (day.each("called") >= _FEWEST), _FAR, p)
    today = day.sent.cumsum(axis=1)
    usual = day.each("sent_highest_day")
    # Three times its heaviest day, in larger answers: how many times that day it is is the score.
    total = (today >= settings.times * usual) & (today - usual >= 5 * least) & known & (day.sent >= 2 * expected)
    heavier = today / np.maximum(day.calls.cumsum(axis=1), 1) >= settings.a_call * np.maximum(
        day.each("sent_a_call"), 1.0
    )
    slow = np.where(total & heavier, tail.p(_AT_ONCE * today / np.maximum(usual, 1.0)), 1.0)
    p = np.minimum(p, slow)
    lasts = _lasting(day, expected, settings)
    return _Sent(np.where(lasts, np.minimum(p, _FAR), p), expected, today, lasts & (p > _SURE))


def _lasting(day: Day, expected: Array, settings: Settings) -> npt.NDArray[np.bool_]:
    """Where the answers have been larger for four hours, of a key with a level of its own."""
    sent, calls, due = (lately(values, _FOUR) for values in (day.sent, day.calls, expected))
    usual = np.maximum(day.each("sent_a_call"), 1.0)
    larger = day.sent >= settings.each * usual * np.maximum(day.calls, 1)
    lasts = (lately(larger * 1.0, _FOUR) >= _FOUR) & (calls >= settings.calls)
    lasts &= (sent >= settings.lasting * usual * calls) & (sent >= settings.times * due)
    lasts &= (sent >= day.each("sent_highest")) & (sent - due >= settings.little * _MB)
    return lasts & ~np.isnan(day.of("sent_centre"))


def _severity(given: float, beyond: float, times: float, settings: Settings) -> Severity | None:
    if given >= settings.much * _MB:
        return None
    least = settings.megabytes if times >= settings.unknown else settings.medium
    return Severity.MEDIUM if beyond >= least * _MB else Severity.LOW


def _row(day: Day, sent: _Sent, k: int, t: int, settings: Settings) -> Scored:
    bucket, given, calls = day.hour(t), float(day.sent[k, t]), int(day.calls[k, t])
    usual = float(day.of("sent_a_call")[k])
    beyond, times = given - float(sent.expected[k, t]), given / max(calls, 1) / max(usual, 1.0)
    return Scored(
        bucket=bucket,
        subject=f"key:{day.keys[k]}",
        key_ref=day.keys[k],
        score=given / max(float(sent.expected[k, t]), 1.0),
        p=float(sent.p[k, t]),
        tests=day.tests,
        count=calls,
        first_seen=bucket,
        last_seen=bucket + HOUR,
        title="Key {key} was given far more data than usual",
        summary=f"{given / _MB:,.1f} MB in {calls:,} calls in the hour from {bucket:%Y-%m-%d %H:%M} UTC "
        f"(expected {sent.expected[k, t] / _MB:,.1f} MB), {given / max(calls, 1):,.0f} bytes a call where "
        f"{usual:,.0f} are usual; {sent.today[k, t] / _MB:,.1f} MB that day.",
        severity=Severity.LOW if sent.lasts[k, t] else _severity(given, beyond, times, settings),
        detail={"bytes": int(given), "expected": int(sent.expected[k, t]), "bytes_a_call": int(given / max(calls, 1))},
    )

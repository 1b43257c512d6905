"""flatline: see the docstring of `score`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from detectors.baseline import MEMORY, Array, squared
from detectors.declare import HOUR, Frames, detector
from detectors.scores import Scored, to_frame
from detectors.shared.lifetimes import ALWAYS, dead_refs
from detectors.shared.reached import told_until
from detectors.usual.baselines import RESTLESS
from detectors.usual.day import Day, days
from detectors.usual.peers import many_at_once
from detectors.usual.silences import since_last_call
from model.finding import Severity
from model.window import Window

_OWN_WORST: Final = 1.5
_LONG: Final = 40
_WORTH: Final = 6
_TOGETHER: Final = 3  # keys that fell silent in one hour share a cause, and it is none of theirs
_RETIRED: Final = pd.Timedelta(days=7)
_SEEN: Final = 9.0  # days after which a key that rests has shown a weekend


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Its minimum effect; the line itself comes from the budget."""

    missing: int = 20
    """How many expected calls must be missing."""
    rarely: int = 3
    """Or how many hours in which a call was due, for a key with fewer calls than that,"""
    hours: int = 6
    """if its silence has lasted so many hours."""
    regular: float = 0.05
    """Which share of the hours that expect calls may be silent in a key's history."""
    history: int = 8
    """How many hours that expect calls its history must have."""
    longer: float = 3.0
    """Of a key that rests neither at night nor at weekends: so many times its longest silence of two weeks,"""
    least: int = 12
    """so many hours at least,"""
    days: int = 10
    """and so many days of history."""


class _Silence(NamedTuple):
    """Arrays of keys by hours about the silence that an hour is in (0 where there are calls)."""

    missing: Array
    """Expected calls that did not come since the last call."""
    due: Array
    """How many of those hours expect calls."""
    hours: Array
    """How many hours it has lasted."""


class _Ends(NamedTuple):
    """Until when silence means something."""

    told: pd.Timestamp | None
    """As far as the log has got."""
    dead: dict[str, pd.Timestamp]
    """key_ref to its end."""


@detector(
    id="flatline",
    severity=Severity.MEDIUM,
    kind="statistical",
    frames=("key_hours", "baselines", "keys", "key_refs", "sources", "telemetry"),
    settings=Settings,
    quiet=timedelta(hours=2),
    bucket=HOUR,
    waits=True,
    attack=("T1489", "T1562"),
    owasp=("API2:2023",),
    controls=("A1.1", "CC7.2"),
)
def score(frames: Frames, window: Window, settings: Settings) -> pd.DataFrame:
    """A key that is used regularly has fallen silent.

    An hour expects calls when the key had some in 95 % of the same hours of four weeks (of weekdays, or of weekends).
    If s of the h such hours of two weeks were silent, a silence over n of them has p = ((s + 0.5) / (h + 1))^(n / 2):
    hours remember one another, so that two count as one. At least 20 expected calls are missing, half again as many as
    in its worst silence before; or, for a key with fewer, calls are missing in three such hours (three nights of a
    nightly job) and never were for as long. Or, of a key that knows neither nights nor weekends, though none of its
    hours is sure of calls: 12 hours, three times its longest silence of two weeks, in which 20 calls are missing; of N
    gaps between calls chance makes one r times as long as the longest once in N^r. Medium from six due hours on; of a
    key that rests at nights or weekends only after 40 hours, since one silent day is a holiday as likely as not. What
    only the gaps say is low, and so is the silence of a key that ends within a week, for its owner may have replaced
    it. Three keys that fell silent in the same hour are low, too: they share a cause.

    Why it matters: an integration is broken and nobody has noticed, a key was revoked by mistake, or somebody who
    took over a system switched it off.

    False alarms: a public holiday, a planned stop. It is never raised while a source is late, at hours that the log
    has not reached, for a key that the inventory has ended, or when most regular keys are silent at once.

    What to do: ask the owner whether the system behind the key was stopped. If not, look at its last calls: did
    they fail, did another key take over, did the log's source change?
    """
    told = told_until(frames)
    dead = _dead(frames)
    return to_frame(row for day in days(frames, window) for row in _of(day, frames, _Ends(told, dead), settings))


def _of(day: Day, frames: Frames, ends: _Ends, settings: Settings) -> Iterator[Scored]:
    silence = _silence(day)
    missed, hours = day.each("due_missed"), day.each("due_hours")
    p = np.minimum((missed + 0.5) / (hours + 1), 1.0) ** (silence.due / 2)
    regular = (hours >= settings.history) & (missed <= settings.regular * hours)
    much = (silence.missing >= settings.missing) & (silence.missing >= _OWN_WORST * day.each("worst_missing"))
    longer = (silence.due >= _OWN_WORST * day.each("worst_due")) & (
        silence.hours >= _OWN_WORST * day.each("worst_hours")
    )
    rarely = (silence.due >= settings.rarely) & (silence.hours >= settings.hours) & longer
    steady, by_gaps = _by_gaps(day, silence, settings)
    struck = (regular & (silence.due >= 1)) | (steady & (by_gaps < 1))
    alone = ~many_at_once(day, hit=silence.due >= 1, regular=regular, frames=frames)
    alone &= ~many_at_once(day, hit=struck, regular=regular | steady, frames=frames)
    fires = ((regular & (much | rarely)) | (steady & (by_gaps < 1))) & alone & _reliable(day, ends)
    p = np.where(regular, np.minimum(p, by_gaps), by_gaps)
    for k, t in zip(*np.nonzero(fires[:, : day.passed]), strict=True):
        ending = ends.dead.get(day.keys[k])
        retired = ending is not None and ending - pd.Timestamp(day.hour(t)) <= _RETIRED
        together = int((fires[:, t] & (np.abs(silence.hours[:, t] - silence.hours[k, t]) <= 1)).sum()) >= _TOGETHER
        sure = bool(regular[k, 0]) and not retired and not together
        yield _row(day, silence, float(p[k, t]), int(k), int(t), sure=sure)


def _by_gaps(day: Day, silence: _Silence, settings: Settings) -> tuple[npt.NDArray[np.bool_], Array]:
    """Which keys never rest, and how likely a silence is by the longest one before it; 1 without the minimum effect."""
    called, age = day.each("called"), day.each("age")
    steady = (day.each("open_hours") >= RESTLESS) & (age >= settings.days)
    longest = np.maximum(day.each("worst_hours"), 1.0)
    an_hour = called / (24 * np.clip(age, 1.0, MEMORY.days))
    much = (silence.hours >= np.maximum(settings.least, settings.longer * longest)) & (
        silence.hours * an_hour >= settings.missing
    )
    return steady, np.where(much, (called + 1.0) ** (-silence.hours / longest / 2), 1.0)


def _silence(day: Day) -> _Silence:
    """The silences that the day's hours are in; one that began before goes on."""
    silent = day.calls <= 0
    due = day.of("due") * silent
    missing = due * np.nan_to_num(squared(day.of("centre")))
    untouched = np.logical_and.accumulate(silent, axis=1)
    carried = ("silent_missing", "silent_due", "silent_hours")
    parts = zip((missing, due, silent * 1.0), carried, strict=True)
    return _Silence(*(since_last_call(each, silent) + untouched * day.each(name) for each, name in parts))


def _dead(frames: Frames) -> dict[str, pd.Timestamp]:
    """key_ref to the moment from which it is no wonder that it is silent."""
    dead, refs = dead_refs(frames), frames["key_refs"]
    # Ended by other words than a date (inactive, removed), or replaced: it is right that it falls silent.
    replaced = set(frames["keys"].loc[frames["keys"]["successor"].notna(), "key_id"].dropna())
    refs = refs.assign(status=refs["status"].where(~refs["key_id"].isin(replaced), "removed"))
    gone = refs.loc[refs["status"].isin(["inactive", "removed"]), "key_ref"].dropna()
    return {**dict(zip(dead["key_ref"], dead["dead_at"], strict=True)), **dict.fromkeys(gone, ALWAYS)}


def _reliable(day: Day, ends: _Ends) -> npt.NDArray[np.bool_]:
    """Keys by hours at which silence means something: the log has got there, and the key lives."""
    told = ends.told if ends.told is not None else ALWAYS
    limits = pd.DatetimeIndex([min(ends.dead.get(key, told), told) for key in day.keys]).as_unit("s")
    hours = pd.DatetimeIndex([day.hour(t) + HOUR for t in range(day.calls.shape[1])]).as_unit("s")
    return np.asarray(hours.to_numpy()[None] <= limits.to_numpy()[:, None], dtype=np.bool_)


def _serious(day: Day, k: int, silence: _Silence, t: int) -> bool:
    """A service that was due for hours; an office only after its second day, for the first may be a holiday."""
    if day.of("open_hours")[k] < RESTLESS:
        if day.of("age")[k] < _SEEN:  # its first weekend, or the first of its owner's days off
            return False
        return bool(silence.hours[k, t] >= _LONG and silence.due[k, t] >= _OWN_WORST * day.of("due")[k].sum())
    return bool(silence.due[k, t] >= _WORTH)


def _row(day: Day, silence: _Silence, p: float, k: int, t: int, *, sure: bool) -> Scored:
    bucket, missing, lasted = day.hour(t), float(silence.missing[k, t]), int(silence.hours[k, t])
    since = bucket + HOUR - lasted * HOUR
    return Scored(
        bucket=bucket,
        subject=f"key:{day.keys[k]}",
        key_ref=day.keys[k],
        score=float(silence.due[k, t]),
        p=p,
        tests=day.tests,
        count=1,
        first_seen=since,
        last_seen=bucket + HOUR,
        severity=None if sure and _serious(day, k, silence, t) else Severity.LOW,
        title="Key {key} has fallen silent",
        summary=f"No call with key {{key}} since {since:%Y-%m-%d %H:%M} UTC, {lasted} hours, in which about "
        f"{missing:,.0f} were expected.",
        detail={"hours": lasted, "missing": round(missing, 1), "due": int(silence.due[k, t])},
    )

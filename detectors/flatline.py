"""flatline: see the docstring of `score`."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from detectors.baseline import Array
from detectors.declare import HOUR, Frames, detector
from detectors.hourly import Hourly, hourly, keys_a_day, rolling
from detectors.lifetimes import dead_refs
from detectors.scores import Scored, moment, to_frame
from model.finding import Severity
from model.window import Window

_WEEK: Final = 168
_OWN_WORST: Final = 1.5
_SEVERAL: Final = 4
_DUE: Final = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Its minimum effect; the line itself comes from the budget."""

    missing: int = 20
    """How many expected calls must be missing."""
    regular: float = 0.05
    """Which share of the hours that expect calls may be silent in a key's history."""
    hours: int = 40
    """How many hours that expect calls its history must have."""


class _Silence(NamedTuple):
    """Arrays of hours by keys about the silence that an hour is in (0 where there are calls)."""

    missing: Array
    """Expected calls that did not come since the last call."""
    busy: Array
    """How many of those hours expect calls."""
    hours: Array
    """How many hours it has lasted."""


@detector(
    id="flatline",
    severity=Severity.MEDIUM,
    kind="statistical",
    frames=("key_hours", "keys", "key_refs", "sources", "telemetry"),
    settings=Settings,
    quiet=timedelta(hours=2),
    bucket=HOUR,
    attack=("T1489", "T1562"),
    owasp=("API2:2023",),
    controls=("A1.1", "CC7.2"),
)
def score(frames: Frames, window: Window, settings: Settings) -> pd.DataFrame:
    """A key that is used regularly has fallen silent.

    An hour expects calls when the key's baseline and the same hour a week ago both have at least 3. The key is
    regular when at most 5 % of such hours of two weeks were silent; if s of h were, a silence over n such hours has p
    = ((s + 0.5) / (h + 1))^n. At least 20 expected calls are missing, half again as many as in its worst silence
    before.

    Why it matters: an integration is broken and nobody has noticed, a key was revoked by mistake, or somebody who
    took over a system switched it off.

    False alarms: a public holiday, a planned stop. It is never raised while a source is late, at hours that the log
    has not reached, for a key that the inventory has ended, or when most regular keys are silent at once.

    What to do: ask the owner whether the system behind the key was stopped. If not, look at its last calls: did
    they fail, did another key take over, did the log's source change?
    """
    hours = hourly(frames["key_hours"], window)
    if hours is None:
        return to_frame([])
    expected = _expected(hours)
    silence = _silence(hours, expected)
    s, h = _history(hours, expected, silence)
    p = ((s + 0.5) / (h + 1)) ** silence.busy
    worst = rolling(_ended(hours, silence.missing), "max")
    regular = (h >= settings.hours) & (s <= settings.regular * h)
    enough = (silence.missing >= settings.missing) & (silence.missing >= _OWN_WORST * worst)
    fires = regular & enough & ~_most_silent(expected, silence, regular)[:, None] & _reliable(hours, frames)
    return to_frame(_row(hours, silence, p, int(t), int(k)) for t, k in zip(*np.nonzero(fires & (p < 1)), strict=True))


def _expected(hours: Hourly) -> Array:
    """Calls an hour expects: the lesser of its baseline and the same time a week ago; 0 if that is less than 3.

    The look at the week before keeps a first weekend from being compared with working days. Of 3 expected calls chance
    alone makes none in one hour of twenty.
    """
    usual = np.nan_to_num(hours.levels().expected)
    calls = np.pad(hours.calls, ((_WEEK + 1, 1), (0, 0)))
    size = len(hours.calls)
    week_ago = (calls[:size] + calls[1 : size + 1] + calls[2 : size + 2]) / 3
    expected = np.minimum(usual, week_ago)
    return np.where(expected >= _DUE, expected, 0.0)


def _silence(hours: Hourly, expected: Array) -> _Silence:
    silent = hours.calls <= 0
    busy = (expected > 0).astype(np.float64)
    return _Silence(*(_since_last_call(np.where(silent, each, 0.0), silent) for each in (expected, busy, silent * 1.0)))


def _since_last_call(values: Array, silent: npt.NDArray[np.bool_]) -> Array:
    """The running sum of each key's values, begun anew at each hour with calls."""
    total = values.cumsum(axis=0)
    return total - np.maximum.accumulate(np.where(silent, 0.0, total), axis=0)


def _ended(hours: Hourly, running: Array) -> Array:
    """What a silence had come to, at the hour whose calls ended it; 0 elsewhere."""
    before = np.vstack([np.zeros((1, running.shape[1])), running[:-1]])
    return np.where(hours.calls > 0, before, 0.0)


def _history(hours: Hourly, expected: Array, silence: _Silence) -> tuple[Array, Array]:
    """Over two weeks: how many hours that expect calls were silent (silences that ended), and how many there were."""
    s = rolling(_ended(hours, silence.busy), "sum")
    h = rolling((expected > 0).astype(np.float64), "sum") - silence.busy
    return s, h


def _most_silent(expected: Array, silence: _Silence, regular: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """The hours in which at least half of the regular keys that are due are silent: that is not about one key."""
    due = regular & (expected > 0)
    silent = (due & (silence.hours > 0)).sum(axis=1)
    return np.asarray((silent >= _SEVERAL) & (2 * silent >= due.sum(axis=1)), dtype=np.bool_)


def _reliable(hours: Hourly, frames: Frames) -> npt.NDArray[np.bool_]:
    """Hours by keys at which silence means something: the log has got there, no source is late, and the key lives."""
    ends = pd.DatetimeIndex(hours.index + HOUR)
    sources, dead = frames["sources"], dead_refs(frames)
    limits = [frames["telemetry"]["until"], sources.loc[sources["late"], "last_event_at"]]
    reached = pd.concat(limits).min()
    late_unread = (sources["late"] & sources["last_event_at"].isna()).any()
    told = np.full(len(ends), not late_unread) if pd.isna(reached) else np.asarray(ends <= reached) & (not late_unread)
    # Ended by other words than a date (inactive, removed): the inventory's status has to do.
    refs = frames["key_refs"]
    gone = set(refs.loc[refs["status"].isin(["inactive", "removed"]), "key_ref"].dropna())
    dead_at = {**dict(zip(dead["key_ref"], dead["dead_at"], strict=True)), **dict.fromkeys(gone, ends[0])}
    alive = [np.asarray(ends <= dead_at[key]) if key in dead_at else np.ones(len(ends), bool) for key in hours.keys]
    return np.asarray(told[:, None] & np.column_stack(alive), dtype=np.bool_)


def _row(hours: Hourly, silence: _Silence, p: Array, t: int, k: int) -> Scored:
    bucket, missing, lasted = moment(hours.index[t]), silence.missing[t, k], int(silence.hours[t, k])
    since = bucket + HOUR - lasted * HOUR
    return Scored(
        bucket=bucket,
        subject=f"key:{hours.keys[k]}",
        key_ref=hours.keys[k],
        score=float(silence.busy[t, k]),
        p=float(p[t, k]),
        tests=keys_a_day(hours, hours.days[t]) * 24.0,
        count=1,
        first_seen=since,
        last_seen=bucket + HOUR,
        title="Key {key} has fallen silent",
        summary=f"No call with key {{key}} since {since:%Y-%m-%d %H:%M} UTC, {lasted} hours, in which about "
        f"{missing:,.0f} were expected.",
        detail={"hours": lasted, "missing": round(float(missing), 1)},
    )

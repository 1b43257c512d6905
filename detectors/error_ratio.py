"""error-ratio: see the docstring of `score`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import numpy as np
import pandas as pd

from detectors.baseline import Array
from detectors.declare import HOUR, Frames, detector
from detectors.scores import Scored, moment, to_frame
from detectors.usual.day import Day, days, lately
from detectors.usual.peers import many_at_once
from model.finding import Severity
from model.window import Window

_Z: Final = 2.576
"""Of a normal: 0.5 % lie beyond."""
_SEVERAL: Final = 3
_SPANS: Final = (1, 3, 12)
"""Hours of a day that are looked at together, the longer ones where an hour has too few calls."""
_RAISED: Final = 0.1
"""Of a platform that is at fault each key feels something, most of them less than would be told of one alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Its thresholds."""

    share: float = 0.5
    """Which share of an hour's calls must have failed at least, by the lower bound,"""
    times: float = 3.0
    """and how many times the key's own share of four weeks."""
    calls: int = 30
    """How many calls an hour must have."""
    less: float = 0.3
    """Or this share, if that is so many times the key's own:"""
    much: float = 10.0
    """its other calls of the hour may be as many;"""
    little: float = 0.15
    """or this share,"""
    very: float = 15.0
    """if that is so many times the key's own,"""
    failed: int = 20
    """and so many calls failed."""


@detector(
    id="error-ratio",
    severity=Severity.LOW,
    kind="rule",
    frames=("key_hours", "baselines", "key_refs"),
    settings=Settings,
    quiet=timedelta(hours=6),
    bucket=HOUR,
    attack=("T1595",),
    owasp=("API8:2023",),
    controls=("CC7.2",),
)
def score(frames: Frames, window: Window, settings: Settings) -> pd.DataFrame:
    """Most calls with a key fail.

    Of an hour's calls (30 at least, without those answered 401) so many were answered 5xx, or 4xx other than 403 and
    429, that the lower bound of Wilson's interval (99 %) is above 50 % and above three times the key's own share of
    four weeks; or above 30 % and ten times that share, for the attack of a quarter of an hour hides among the key's
    other calls, or above 15 % and fifteen times that share with twenty failures. Of a key that calls less, the same
    within 3 or 12 hours of a day. On a key's first day its hours before take the place of the four weeks, and only the
    first line counts.

    Why it matters: a client is broken by a change on either side, or somebody tries routes that he does not know, or
    sends what the service chokes on.

    False alarms: a client that asks for what may not be there. Where a tenth of the calls of a third of the keys in use
    fail at once, more than is usual for them, the platform is at fault and no key is told.

    What to do: see which routes fail. If they were never called before, or only this key gets server errors from them,
    somebody is exploring; else tell the owner that the client needs a change.
    """
    known = [*days(frames, window)]
    judged = {(key, day.day) for day in known for key in day.keys}
    rows = [row for day in known for row in _of(day, frames, settings)]
    return to_frame([*rows, *_of_new(frames["key_hours"], judged, window, settings)])


def _of(day: Day, frames: Frames, settings: Settings) -> Iterator[Scored]:
    heard = np.zeros(day.calls.shape, dtype=np.bool_)
    for hours in _SPANS:
        calls, failed = (lately(values, hours) for values in (day.calls, day.failed))
        lower = wilson(failed, calls)
        usual = (day.of("failed") + 1) / (day.of("called") + 30)
        most = np.minimum(np.maximum(settings.share, settings.times * usual), 1.0)
        limit = np.minimum(most, np.maximum(settings.less, settings.much * usual))[:, None]
        very = np.maximum(settings.little, settings.very * usual)[:, None]
        limit = np.where(failed >= settings.failed, np.minimum(limit, very), limit)
        enough = calls >= settings.calls
        # An hour with calls enough speaks for itself.
        fires = enough & (lower > limit) & ((hours == 1) | ((day.calls < settings.calls) & (day.failed > 0)))
        raised = enough & (failed > np.maximum(_RAISED, settings.times * usual)[:, None] * calls)
        alone = ~many_at_once(day, hit=raised, regular=enough, frames=frames)
        tells = fires & alone & ~heard
        heard |= tells
        for k, t in zip(*np.nonzero(tells[:, : day.passed]), strict=True):
            score = float(lower[k, t] / limit[k, t])
            told = (day.keys[k], day.hour(t), calls[k, t], failed[k, t])
            # What an hour before told of is not counted twice.
            new = day.failed[k, t] if t and heard[k, t - 1] else failed[k, t]
            yield _told(*told, new=new, score=score, usual=float(usual[k]), hours=min(hours, int(t) + 1))


def _of_new(
    key_hours: pd.DataFrame, judged: set[tuple[str, np.datetime64]], window: Window, settings: Settings
) -> Iterator[Scored]:
    """Keys without a baseline, on their first day: by their own hours before, and no more than a third of them."""
    rows = key_hours.assign(
        calls=key_hours["requests"] - key_hours["unauthenticated"],
        failed=key_hours["client_error"] + key_hours["server_error"],
    )
    rows = rows[["key_ref", "hour", "calls", "failed"]].dropna(subset=["key_ref"])
    rows = rows[(rows["hour"] >= pd.Timestamp(window.since).floor("D")) & (rows["hour"] + HOUR <= window.until)]
    many = rows[(rows["calls"] >= settings.calls) & (rows["failed"] > settings.share * rows["calls"])]
    rows = _without(rows[rows["hour"].isin(set(many["hour"])) | rows["key_ref"].isin(set(many["key_ref"]))], judged)
    if rows.empty:
        return
    rows = rows.sort_values(["key_ref", "hour"], ignore_index=True)
    before = (
        rows.groupby(["key_ref", rows["hour"].dt.floor("D")])[["calls", "failed"]].cumsum() - rows[["calls", "failed"]]
    )
    usual = (before["failed"] + 1) / (before["calls"] + 30)
    limit = np.minimum(np.maximum(settings.share, settings.times * usual), 1.0)
    rows = rows.assign(usual=usual, score=wilson(rows["failed"].to_numpy(float), rows["calls"].to_numpy(float)) / limit)
    enough = rows[rows["calls"] >= settings.calls]
    hit = enough["score"] > 1
    struck, held = (hit.groupby(enough["hour"]).transform(name) for name in ("sum", "size"))
    alone = enough[hit & ~((struck >= _SEVERAL) & (struck >= held / _SEVERAL))]
    each: Any
    for each in alone.itertuples(index=False):
        told = (each.key_ref, each.hour, each.calls, each.failed)
        yield _told(*told, new=each.failed, score=each.score, usual=each.usual)


def _without(rows: pd.DataFrame, judged: set[tuple[str, np.datetime64]]) -> pd.DataFrame:
    days = rows["hour"].dt.tz_localize(None).to_numpy().astype("datetime64[D]")
    return rows[[(key, day) not in judged for key, day in zip(rows["key_ref"], days, strict=True)]]


def wilson(failed: Array, calls: Array) -> Array:
    """The lower bound of the share failed of calls (Wilson 1927, 99 % two-sided); 0 without calls."""
    n = np.maximum(calls, 1)
    share = failed / n
    centre = share + _Z**2 / (2 * n)
    margin = _Z * np.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    return np.where(calls > 0, (centre - margin) / (1 + _Z**2 / n), 0.0)


def _told(
    key_ref: str,
    hour: Any,  # noqa: ANN401
    calls: Any,  # noqa: ANN401
    failed: Any,  # noqa: ANN401
    *,
    new: Any,  # noqa: ANN401
    score: float,
    usual: float,
    hours: int = 1,
) -> Scored:
    bucket, calls, failed = moment(hour), int(calls), int(failed)
    begin = bucket + HOUR - hours * HOUR
    span = "hour" if hours == 1 else f"{hours} hours"
    return Scored(
        bucket=bucket,
        subject=f"key:{key_ref}",
        key_ref=key_ref,
        score=float(score),
        count=int(new),
        first_seen=begin,
        last_seen=bucket + HOUR,
        title="{count} failed calls with key {key}, most of what it does",
        summary=f"In the {span} from {begin:%Y-%m-%d %H:%M} UTC {failed:,} of {calls:,} calls were answered with "
        f"an error ({failed / max(calls, 1):.0%}; {usual:.1%} are usual).",
        detail={"calls": calls, "failed": failed, "usual": round(float(usual), 4)},
    )

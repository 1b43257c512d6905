"""retry-loop: see the docstring of `score`."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import pandas as pd

from detectors.declare import Frames, detector
from detectors.scores import Scored, moment, to_frame
from detectors.shared.fives import FIVE, in_a_row
from model.finding import Severity
from model.window import Window

_REFUSED: Final = ("unauthenticated", "forbidden", "client_error")
_SAME: Final = ["key_ref", "method", "route", "outcome"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Its thresholds."""

    calls: int = 30
    """How many times the same call must be refused in five minutes,"""
    share: float = 0.8
    """and which share of the key's calls it must be,"""
    uneven: float = 2.0
    """and how many times the least of three such buckets the most may be: a machine keeps its pace."""


@detector(
    id="retry-loop",
    severity=Severity.LOW,
    kind="rule",
    frames=("refused_minutes",),
    settings=Settings,
    quiet=timedelta(hours=6),
    bucket=FIVE,
    attack=("T1499.003",),
    owasp=("API4:2023",),
    controls=("A1.1",),
)
def score(frames: Frames, _window: Window, settings: Settings) -> pd.DataFrame:
    """A program repeats a refused call at machine rate.

    One method and route, refused in one way (401, 403 or another 4xx), 30 times or more in each of three buckets of
    five minutes in a row, at an even pace, and four fifths of all that the key does. Calls answered 429 are told by
    throttled.

    Why it matters: something is broken and does not give up; it costs, and it hides who else fails.

    False alarms: a poll that waits for something to appear. It can wait.

    What to do: tell the owner which call is refused and why; the program should give up, or wait longer each time.
    """
    rows = frames["refused_minutes"].dropna(subset=["key_ref"])
    rows = rows.assign(bucket=rows["minute"].dt.floor(FIVE))
    total = rows.groupby(["bucket", "key_ref"], as_index=False).agg(total=("requests", "sum"))
    refused = rows[rows["outcome"].isin(_REFUSED) & rows["route"].notna()].fillna({"method": ""})
    same = refused.groupby(["bucket", *_SAME], as_index=False)["requests"].sum()
    same = same.merge(total, on=["bucket", "key_ref"])
    same = same[(same["requests"] >= settings.calls) & (same["requests"] >= settings.share * same["total"])]
    running = in_a_row(same, _SAME, ["requests"])
    most = running[["requests", "requests_1", "requests_2"]].max(axis=1)
    running = running[most <= settings.uneven * running["requests_least"]]
    # At four fifths of all calls there is one such call of a key at a time.
    return to_frame(_row(row, settings) for row in running.itertuples(index=False))


def _row(row: Any, settings: Settings) -> Scored:  # noqa: ANN401 (a row of the frame)
    begin = moment(row.bucket)
    call = f"{row.method} {row.route}".strip()
    return Scored(
        bucket=begin,
        subject=f"key:{row.key_ref}",
        key_ref=row.key_ref,
        score=row.requests_least / settings.calls,
        count=int(row.requests),
        first_seen=begin,
        last_seen=begin + FIVE,
        title="{count} times the same refused call with key {key}",
        summary=f"{call} was refused ({row.outcome.replace('_', ' ')}) {row.requests_sum:,} times in the fifteen "
        f"minutes to {begin + FIVE:%Y-%m-%d %H:%M} UTC, evenly.",
        detail={"call": call, "outcome": row.outcome, "refused": int(row.requests_sum)},
    )

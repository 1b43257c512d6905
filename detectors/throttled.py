"""throttled: see the docstring of `score`."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pandas as pd

from detectors.declare import Frames, detector
from detectors.scores import Scored, moment, to_frame
from detectors.shared.fives import FIVE, RUNNING, in_a_row
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Its thresholds."""

    refused: int = 8
    """How many calls must be answered 429 in five minutes (half as many in each of three),"""
    share: float = 0.1
    """and which share of the key's calls."""


@detector(
    id="throttled",
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
    """A key runs against its rate limit.

    In three buckets of five minutes in a row 24 calls or more were answered 429, 4 in each, and they were a tenth of
    the key's calls at least (42Crunch asks for 20 in five minutes once).

    Why it matters: a loop does not back off, a limit is too small for what the key is for, or somebody copies as fast
    as the platform lets him.

    False alarms: a backfill that takes what it may. It can wait: the limit holds.

    What to do: see which routes are called. Ask the owner to back off as the answer's Retry-After says, or raise the
    limit; if the calls are not the owner's, revoke the key.
    """
    rows = frames["refused_minutes"].dropna(subset=["key_ref"])
    rows = rows.assign(
        bucket=rows["minute"].dt.floor(FIVE), throttled=rows["requests"].where(rows["outcome"] == "throttled", 0)
    )
    fives = rows.groupby(["bucket", "key_ref"], as_index=False)[["requests", "throttled"]].sum()
    half = fives["throttled"] >= settings.refused / 2
    fives = fives[half & (fives["throttled"] >= settings.share * fives["requests"])]
    running = in_a_row(fives, ["key_ref"], ["throttled", "requests"])
    running = running[running["throttled_sum"] >= RUNNING * settings.refused]
    return to_frame(_row(row, settings) for row in running.itertuples(index=False))


def _row(row: Any, settings: Settings) -> Scored:  # noqa: ANN401 (a row of the frame)
    begin, key, refused, requests = moment(row.bucket), row.key_ref, row.throttled_sum, row.requests_sum
    return Scored(
        bucket=begin,
        subject=f"key:{key}",
        key_ref=key,
        score=row.throttled_sum / (RUNNING * settings.refused),
        count=int(row.throttled),
        first_seen=begin,
        last_seen=begin + FIVE,
        title="{count} calls with key {key} beyond its rate limit",
        summary=f"{refused:,} of {requests:,} calls in the fifteen minutes to {begin + FIVE:%Y-%m-%d %H:%M} UTC were "
        "answered 429, and it went on.",
        detail={"throttled": int(refused), "requests": int(requests)},
    )

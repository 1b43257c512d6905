"""alerts-per-detector: see the docstring of `score`."""

from dataclasses import dataclass

import pandas as pd

from detectors.declare import DAY, HOUR, Frames, detector
from detectors.scores import Scored, moment, to_frame
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How much a detector may tell."""

    findings: int = 20
    """Findings of medium or more that opened within a day."""


@detector(
    id="alerts-per-detector",
    severity=Severity.LOW,
    kind="standing",
    frames=("told",),
    settings=Settings,
    quiet=HOUR,
    controls=("CC7.2", "CC7.3"),
)
def score(frames: Frames, window: Window, settings: Settings) -> pd.DataFrame:
    """A detector tells too much.

    More than 20 findings of medium or more, about as many subjects, opened within the last 24 hours (Elastic cut one of
    its rules from 2.6 million alerts to 2,400 once telemetry had shown it).

    Why it matters: nobody reads the twenty-first, and the one that counts is among them.

    False alarms: an attack on many keys at once. Then the findings are right, and this one says so as well.

    What to do: look at what they have in common (`keywatch findings --detector NAME`). Set its line, or mute the
    harmless cause by a silence or an override.
    """
    told = frames["told"].dropna(subset=["detector"])
    at = pd.Timestamp(window.until)
    grave = told["severity"].isin(["medium", "high", "critical"])
    recent = told[grave & (told["opened"] > at - DAY) & (told["opened"] <= at)]
    groups = recent.groupby("detector").agg(count=("opened", "size"), first=("opened", "min"))
    many = groups[groups["count"] > settings.findings].reset_index()
    return to_frame(
        _row(str(name), int(count), moment(first), window, settings)
        for name, count, first in many.itertuples(index=False, name=None)
    )


def _row(name: str, count: int, first: object, window: Window, settings: Settings) -> Scored:
    began = moment(first)
    return Scored(
        bucket=began,
        subject=f"source:{name}",
        score=round(count / max(settings.findings, 1), 1),
        count=count,
        first_seen=began,
        last_seen=max(began, window.until.replace(minute=0, second=0, microsecond=0)),
        title=f"The detector {name} told {{count}} findings within a day",
        summary=f"The line is {settings.findings}. Nobody reads so many.",
        detail={"findings": count},
    )

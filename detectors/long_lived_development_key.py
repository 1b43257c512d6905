"""long-lived-development-key: see the docstring of `score`."""

from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from detectors.declare import DAY, HOUR, Frames, detector
from detectors.scores import moment, to_frame
from detectors.shared.hygiene import each, fault, folded
from detectors.shared.lifetimes import alive, environment
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Its line."""

    longest: timedelta = timedelta(days=90)
    """The longest life of a development key."""


@detector(
    id="long-lived-development-key",
    severity=Severity.LOW,
    kind="standing",
    frames=("keys",),
    settings=Settings,
    quiet=HOUR,
    attack=("T1098.001",),
    owasp=("API2:2023",),
    controls=("CC6.1", "CC6.2"),
)
def score(frames: Frames, window: Window, settings: Settings) -> pd.DataFrame:
    """A development key that lives too long.

    An active development key that will live, or without an end has lived, for more than 90 days (Panther's Databricks
    rule: more than 90 days is medium). When most development keys do, that is one finding.

    Why it matters: development keys lie in notebooks, chats and repositories; a short life is what makes that bearable.

    False alarms: a shared test system that is set up once a year; set `longest` to your policy.

    What to do: give development keys an end of days or weeks; whoever still needs one makes another.
    """
    keys, at = frames["keys"][alive(frames["keys"], window.until)], pd.Timestamp(window.until)
    keys = keys[(keys["environment"].map(environment) == "development") & keys["created_at"].notna()]
    life = (keys["expires_at"] - keys["created_at"]).fillna(at - keys["created_at"])
    found = keys.assign(life=life)[life > settings.longest]
    rows = [
        fault(
            key.key_id,
            moment(key.created_at + (settings.longest if pd.isna(key.expires_at) else pd.Timedelta(0))),
            window.until,
            score=round(key.life / settings.longest, 2) if settings.longest else 1.0,
            title=f"The development key {{key}} lives for {'' if key.expires_at is not pd.NaT else 'over '}"
            f"{key.life.days} days",
            summary=f"It was made on {key.created_at:%Y-%m-%d}. The line is {settings.longest / DAY:.0f} days.",
            detail={"days": key.life.days},
        )
        for key in each(found)
    ]
    todo = "Give development keys a short life by default."
    return to_frame(folded(rows, len(keys), window.until, what="of development live too long", todo=todo))

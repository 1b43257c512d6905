"""over-age-key: see the docstring of `score`."""

import dataclasses
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pandas as pd

from detectors.declare import DAY, HOUR, Frames, detector
from detectors.scores import Scored, moment, to_frame
from detectors.shared.hygiene import fault, folded
from detectors.shared.lifetimes import alive
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Its lines."""

    after: timedelta = timedelta(days=90)
    """Age from which it is low."""
    much_after: timedelta = timedelta(days=180)
    """Age from which it is medium,"""
    medium: int = 1
    """unless this is 0: then it is low as before, and only its title says so."""


@detector(
    id="over-age-key",
    severity=Severity.LOW,
    kind="standing",
    frames=("keys",),
    settings=Settings,
    quiet=HOUR,
    attack=("T1078",),
    owasp=("API2:2023",),
    controls=("CC6.1", "CIS-1.14"),
)
def score(frames: Frames, window: Window, settings: Settings) -> pd.DataFrame:
    """A key that was not rotated for too long.

    An active key whose creation or last rotation is 90 days ago (CIS "rotated every 90 days", as in Panther and
    Prowler): low. From 180 days on the same finding is medium, and quiet otherwise. When more than five keys are that
    old, they stay low and one finding about all of them is medium; when most keys are over age, there is only one.

    Why it matters: the older a key, the more places it has been copied to, and the longer a leak has been of use.

    False alarms: a policy with a longer period; set `after` to yours.

    What to do: plan a rotation with the owner: issue the successor, move the callers, watch the old key's use fall
    to zero, revoke it.
    """
    keys = frames["keys"][alive(frames["keys"], window.until)]
    at = pd.Timestamp(window.until)
    rotated = keys["rotated_at"].where(keys["rotated_at"] <= at)
    since = keys["created_at"].where(~(rotated > keys["created_at"]) & keys["created_at"].notna(), rotated)
    found = keys.assign(since=since, rotated=since == rotated, age=at - since)[at - since >= settings.after]
    rows = found[["key_id", "since", "rotated", "age"]].itertuples(index=False, name=None)
    told = [_row(row, window, settings) for row in rows]
    grave = [row for row in told if row.severity is Severity.MEDIUM]
    todo = "Set a period of rotation that is kept, and begin with the oldest."
    # The step of so many is one thing to do, and is told once.
    step = folded(grave, len(keys), window.until, what="are far over age", todo=todo, severity=Severity.MEDIUM, most=0)
    worst = Severity.MEDIUM if grave else Severity.LOW
    whole = folded(told, len(keys), window.until, what="are over age", todo=todo, severity=worst)
    if step == grave or whole != told:
        return to_frame(whole)
    return to_frame([*(dataclasses.replace(row, severity=Severity.LOW) for row in told), *step])


def _row(row: tuple[Any, ...], window: Window, settings: Settings) -> Scored:
    key_id, began, rotated, age_time = row
    since, age = moment(began), pd.Timedelta(age_time)
    opened = since + settings.after
    verb = "rotated" if rotated else "created"
    much = age >= settings.much_after
    return fault(
        key_id,
        opened,
        window.until,
        severity=Severity.MEDIUM if much and settings.medium else Severity.LOW,
        score=round(age.days / max(settings.after / DAY, 1e-9), 2),
        title=f"Key {{key}} is {age.days} days old" + (", far over age" if much else ""),
        summary=f"It was {verb} on {since:%Y-%m-%d}. The line is {settings.after.days} days.",
        detail={"age_days": age.days, "since": since.isoformat(), "basis": verb},
    )

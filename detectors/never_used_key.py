"""never-used-key: see the docstring of `score`."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pandas as pd

from detectors.declare import DAY, HOUR, Frames, detector
from detectors.scores import Scored, moment, to_frame
from detectors.shared.hygiene import fault, folded
from detectors.shared.last_use import last_uses
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Its line."""

    after: timedelta = timedelta(days=14)
    """How old a key must be."""


@detector(
    id="never-used-key",
    severity=Severity.LOW,
    kind="standing",
    frames=("keys", "key_refs", "network_days", "sources", "telemetry"),
    settings=Settings,
    quiet=HOUR,
    attack=("T1078",),
    owasp=("API9:2023",),
    controls=("CC6.2", "CC6.3", "CIS-1.12"),
)
def score(frames: Frames, window: Window, settings: Settings) -> pd.DataFrame:
    """A key that was never used.

    An active key, 14 days old or more, without any use: telemetry covers all the time since it was created, or the
    inventory's source tells last uses and has none for it. (Prowler passes such keys, since it has no last use to
    compare.) When most keys were never used, that is one finding.

    Why it matters: somebody was given a key they do not need; it lies in a mail, a chat or a file.

    False alarms: a key made in advance for a launch.

    What to do: ask the owner whether it is needed, and revoke it otherwise; a new one is made in a minute.
    """
    keys = last_uses(frames, window.until)
    age = keys["judged"] - keys["created_at"]
    found = keys.assign(age=age)[(keys["basis"] == "never") & (age >= settings.after)]
    rows = found[["key_id", "created_at", "age"]].itertuples(index=False, name=None)
    told = [_row(row, window, settings) for row in rows]
    todo = "See whether keys are made for people who do not ask for them."
    return to_frame(folded(told, len(keys), window.until, what="were never used", todo=todo))


def _row(row: tuple[Any, ...], window: Window, settings: Settings) -> Scored:
    key_id, created_at, age_time = row
    created, age = moment(created_at), pd.Timedelta(age_time)
    opened = created + settings.after
    return fault(
        key_id,
        opened,
        window.until,
        score=round(age.days / max(settings.after / DAY, 1e-9), 2),
        title=f"Key {{key}} was never used in the {age.days} days of its life",
        summary=f"It was created on {created:%Y-%m-%d}. The line is {settings.after.days} days.",
        detail={"age_days": age.days, "created_at": created.isoformat()},
    )

"""unused-key: see the docstring of `score`."""

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
    """Its lines."""

    after: timedelta = timedelta(days=45)
    """Idle time from which it is low."""
    medium_after: timedelta = timedelta(0)
    """Idle time from which it is medium; 0 means never: nobody has to look on the very day."""


@detector(
    id="unused-key",
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
    """A key that nobody uses any more.

    An active key without a successful call for 45 days (CIS, Prowler's iam_user_accesskey_unused; Panther's
    AWS.AccessKey.Unused has 90). The last use is the later of what the logs and the inventory's source say. A key that
    was not used since telemetry began is told when that is longer ago than the line; if less is known, nothing is
    told. When most keys are unused, that is one finding.

    Why it matters: an unused key is only of use to whoever finds it, and its misuse is noticed by nobody.

    False alarms: jobs that run once a quarter or a year. Raise `after` for all, or use such a key once a quarter on
    purpose.

    What to do: ask the owner; without an answer within a week, deactivate it, and delete it after another month.
    """
    keys = last_uses(frames, window.until)
    since = keys["last_use"].where(keys["basis"] == "used", keys["began"])
    idle = keys["judged"] - since
    chosen = keys["basis"].isin(["used", "telemetry"]) & (idle >= settings.after)
    found = keys.assign(since=since, idle=idle)[chosen]
    rows = found[["key_id", "basis", "since", "idle"]].itertuples(index=False, name=None)
    told = [_row(row, window, settings) for row in rows]
    todo = "See whether the logs of the callers are read at all, then clean up with the owners."
    return to_frame(folded(told, len(keys), window.until, what="are unused", todo=todo))


def _row(row: tuple[Any, ...], window: Window, settings: Settings) -> Scored:
    key_id, basis, began, idle_time = row
    since, idle = moment(began), pd.Timedelta(idle_time)
    used = basis == "used"
    opened = since + settings.after
    words = f"Its last use was on {since:%Y-%m-%d}." if used else f"No use since telemetry began on {since:%Y-%m-%d}."
    medium = bool(settings.medium_after) and idle >= settings.medium_after
    return fault(
        key_id,
        opened,
        window.until,
        severity=Severity.MEDIUM if medium else Severity.LOW,
        score=round(idle.days / max(settings.after / DAY, 1e-9), 2),
        title=f"Key {{key}} has not been used for {idle.days} days",
        summary=f"{words} The line is {settings.after.days} days.",
        detail={"idle_days": idle.days, "basis": str(basis), "last_use": since.isoformat() if used else None},
    )

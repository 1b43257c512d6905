"""expired-but-active: see the docstring of `score`."""

from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from detectors.declare import HOUR, Frames, detector
from detectors.scores import moment, to_frame
from detectors.shared.hygiene import each, fault, folded
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Its line."""

    grace: timedelta = timedelta(days=1)
    """How long after its end the status may still be active."""


@detector(
    id="expired-but-active",
    severity=Severity.LOW,
    kind="standing",
    frames=("keys",),
    settings=Settings,
    quiet=HOUR,
    attack=("T1078",),
    owasp=("API2:2023",),
    controls=("CC6.2", "CC6.3"),
)
def score(frames: Frames, window: Window, settings: Settings) -> pd.DataFrame:
    """A key is past its end and still called active.

    `expires_at` is a day or more ago, and an inventory that was pulled after that still says active (Prowler's
    entra_app_registration_credential_not_expired). Its use is the business of `revoked-or-expired-key-used`.

    Why it matters: either the end is not enforced, or nobody cleans up; both show only when such a key works.

    False alarms: a provider that refuses expired keys and leaves their status as it was.

    What to do: try whether the key still works. Delete it, and if it worked, enforce the end at the gateway.
    """
    keys, at = frames["keys"], pd.Timestamp(window.until)
    over = keys["expires_at"] + settings.grace
    found = keys[(keys["status"] == "active") & (over <= at) & (keys["pulled_at"] >= over)]
    rows = [
        fault(
            key.key_id,
            moment(key.expires_at + settings.grace),
            window.until,
            score=round(1 + (at - key.expires_at).days / 30, 2),
            title="Key {key} is past its end and still called active",
            summary=f"It ended on {key.expires_at:%Y-%m-%d}; the inventory still says active.",
            detail={"expires_at": moment(key.expires_at).isoformat()},
        )
        for key in each(found)
    ]
    todo = "The inventory seems not to know that keys end: check whether the gateway does."
    return to_frame(folded(rows, len(keys), window.until, what="are past their end and still called active", todo=todo))

"""rotated-key-unused: see the docstring of `score`."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pandas as pd

from detectors.declare import DAY, HOUR, Frames, detector
from detectors.scores import Scored, moment, to_frame
from detectors.shared.hygiene import each, fault, folded
from detectors.shared.lifetimes import alive
from detectors.shared.rotations import rotations
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Its line."""

    after: timedelta = timedelta(days=7)
    """How long after it was issued a successor may lie unused."""


@detector(
    id="rotated-key-unused",
    severity=Severity.LOW,
    kind="standing",
    frames=("keys", "key_refs", "network_days", "sources", "telemetry"),
    settings=Settings,
    quiet=HOUR,
    attack=("T1078",),
    owasp=("API2:2023",),
    controls=("CC6.1", "CIS-1.14"),
)
def score(frames: Frames, window: Window, settings: Settings) -> pd.DataFrame:
    """A key was replaced, and its replacement was never used.

    The successor is 7 days old or more and was never used, while the old key was used within the last 7 days (the CIS
    benchmark's check of AWS compares last use and last rotation). Nothing is told when nobody can know of its use.

    Why it matters: two keys open the door now, and the new one lies in a mail or a chat instead of a service.

    False alarms: a roll-out that begins later.

    What to do: hand the new key to the service, or revoke it and begin again.
    """
    pairs = rotations(frames, window.until, settings.after)
    old = pd.Timestamp(window.until) - pairs["issued"] >= settings.after
    found = pairs[old & pairs["busy"].astype(bool) & (pairs["new_basis"] == "never")]
    rows = [_row(pair, window, settings) for pair in each(found)]
    todo = "Check how new keys reach the services."
    # Completed rotations are in no frame, so it is all living keys of which these are a share.
    living = int(alive(frames["keys"], window.until).sum())
    return to_frame(folded(rows, living, window.until, what="replace others and were never used", todo=todo))


def _row(pair: Any, window: Window, settings: Settings) -> Scored:  # noqa: ANN401 (a row of a frame)
    since = pd.Timestamp(window.until) - pair.issued
    return fault(
        pair.successor,
        moment(pair.issued + settings.after),
        window.until,
        score=round(since / max(settings.after, DAY), 2),
        title=f"The new key {{key}} was not used in the {since.days} days since it was issued",
        summary=f"It replaces {pair.key_id}, which was used on {pair.last_use:%Y-%m-%d}.",
        detail={"replaces": str(pair.key_id), "days": since.days},
    )

"""no-expiry: see the docstring of `score`."""

from dataclasses import dataclass

import pandas as pd

from detectors.declare import HOUR, Frames, detector
from detectors.scores import to_frame
from detectors.shared.hygiene import began, each, fault, folded
from detectors.shared.lifetimes import alive
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """It has none."""


@detector(
    id="no-expiry",
    severity=Severity.LOW,
    kind="standing",
    frames=("keys",),
    settings=Settings,
    quiet=HOUR,
    attack=("T1098.001",),
    owasp=("API2:2023",),
    controls=("CC6.1", "CC6.2"),
)
def score(frames: Frames, window: Window, _settings: Settings) -> pd.DataFrame:
    """A key without an end.

    An active key that no date ends, whatever its environment: low (Panther's Databricks rule takes a life of more than
    a year for high; nobody has to act on the day, so it is not more here). When most keys have no end, that is one
    finding.

    Why it matters: a key that leaks and has no end stays good for as long as nobody notices.

    False alarms: keys that are rotated by a schedule of their own, which `over-age-key` watches; an inventory that
    does not say when keys end.

    What to do: give it an end a little beyond your rotation period, and let new keys have one by default.
    """
    keys = frames["keys"][alive(frames["keys"], window.until)]
    rows = [
        fault(
            key.key_id,
            began(key, window.until),
            window.until,
            title="Key {key} never expires",
            summary="The inventory says no end for it.",
        )
        for key in each(keys[keys["expires_at"].isna()])
    ]
    todo = "Set a default life for new keys, and check that the inventory tells when keys end."
    return to_frame(folded(rows, len(keys), window.until, what="never expire", todo=todo))

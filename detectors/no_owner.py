"""no-owner: see the docstring of `score`."""

from dataclasses import dataclass

import pandas as pd

from detectors.declare import HOUR, Frames, detector
from detectors.scores import to_frame
from detectors.shared.hygiene import began, blank, each, fault, folded
from detectors.shared.lifetimes import alive
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """It has none."""


@detector(
    id="no-owner",
    severity=Severity.LOW,
    kind="standing",
    frames=("keys",),
    settings=Settings,
    quiet=HOUR,
    attack=("T1078",),
    owasp=("API9:2023",),
    controls=("CC6.1", "CC6.2"),
)
def score(frames: Frames, window: Window, _settings: Settings) -> pd.DataFrame:
    """A key that belongs to nobody.

    An active key for which the inventory has neither an owner nor a team (OWASP API9:2023, improper inventory). When
    most keys have none, that is one finding.

    Why it matters: when it misbehaves there is nobody to ask, and when people leave nobody hands it over.

    False alarms: an inventory that keeps owners elsewhere; map that column at import.

    What to do: find out by its name, routes and addresses who uses it, and write the owner down; revoke it when nobody
    claims it.
    """
    keys = frames["keys"][alive(frames["keys"], window.until)]
    rows = [
        fault(
            key.key_id,
            began(key, window.until),
            window.until,
            title="Key {key} has no owner",
            summary="The inventory names neither an owner nor a team.",
        )
        for key in each(keys[blank(keys["owner"]) & blank(keys["team"])])
    ]
    todo = "Import owners with the keys, or name a team for each group of keys."
    return to_frame(folded(rows, len(keys), window.until, what="have no owner", todo=todo))

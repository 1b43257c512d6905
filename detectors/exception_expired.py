"""exception-expired: see the docstring of `score`."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pandas as pd

from detectors.declare import HOUR, Frames, detector
from detectors.scores import Scored, moment, to_frame
from detectors.shared.hygiene import each
from detectors.shared.lifetimes import alive
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """When it is told."""

    before: timedelta = timedelta(0)
    """So long before the end already."""


@detector(
    id="exception-expired",
    severity=Severity.LOW,
    kind="standing",
    frames=("keys", "exceptions"),
    settings=Settings,
    quiet=HOUR,
    attack=("T1078",),
    owasp=("API9:2023",),
    controls=("CC6.2", "CC6.3"),
)
def score(frames: Frames, window: Window, settings: Settings) -> pd.DataFrame:
    """An exception for a key has run out.

    Somebody excused a key, or the keys with a label, from rules until a day that has come (`keywatch keys ignore`), and
    neither ended the exception nor made a new one. What it muted is told again. An exception for a key that is dead is
    not told.

    Why it matters: an exception was a promise to do something by that day.

    False alarms: none; the day was chosen by a person.

    What to do: do what was promised and end it with `keywatch keys unignore NUMBER`, or have it approved anew.
    """
    keys, exceptions = frames["keys"], frames["exceptions"]
    living = set(keys.loc[alive(keys, window.until), "key_id"])
    over = exceptions[exceptions["until"] - settings.before <= pd.Timestamp(window.until)]
    newer = exceptions[exceptions["until"] - settings.before > pd.Timestamp(window.until)]
    renewed = {_place(one) for one in each(newer)}
    found = (one for one in each(over) if _place(one) not in renewed)
    return to_frame(_row(one, window, settings) for one in found if pd.isna(one.key_id) or one.key_id in living)


def _place(exception: Any) -> tuple[str, tuple[str, ...]]:  # noqa: ANN401 (a row of a frame)
    """What it is about; another one of the same that still holds has renewed it."""
    about = f"label {exception.label}" if pd.isna(exception.key_id) else f"key {exception.key_id}"
    return about, tuple(sorted(map(str, exception.rules)))


def _row(exception: Any, window: Window, settings: Settings) -> Scored:  # noqa: ANN401 (a row of a frame)
    by_label = pd.isna(exception.key_id)
    opened = moment(exception.until - settings.before)
    rules = ", ".join(map(str, exception.rules)) or "all rules"
    about = f"keys with the label {exception.label}" if by_label else "{key}"
    return Scored(
        bucket=opened,
        subject=f"source:exception {exception.id}" if by_label else f"key:{exception.key_id}",
        key_id=None if by_label else str(exception.key_id),
        score=1.0,
        count=1,
        first_seen=opened,
        last_seen=max(opened, window.until.replace(hour=0, minute=0, second=0, microsecond=0)),
        title=f"The exception of {about} from {rules} has run out",
        summary=f"It held until {exception.until:%Y-%m-%d}, approved by {exception.approver}: {exception.reason}",
        detail={"exception": int(exception.id), "approver": str(exception.approver)},
    )

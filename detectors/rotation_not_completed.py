"""rotation-not-completed: see the docstring of `score`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pandas as pd

from detectors.declare import DAY, HOUR, Frames, detector
from detectors.scores import Scored, moment, to_frame
from detectors.shared.hygiene import each, fault, folded
from detectors.shared.lifetimes import alive
from detectors.shared.rotations import in_place, rotations
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How long both keys may live."""

    grace: timedelta = timedelta(days=7)
    """How long after its successor was issued the old key may be used."""
    both: timedelta = timedelta(days=30)
    """How long both may be active."""


@detector(
    id="rotation-not-completed",
    severity=Severity.MEDIUM,
    kind="standing",
    frames=("keys", "key_refs", "network_days", "sources", "telemetry"),
    settings=Settings,
    quiet=HOUR,
    attack=("T1078",),
    owasp=("API2:2023",),
    controls=("CC6.1", "CIS-1.13", "CIS-1.14"),
)
def score(frames: Frames, window: Window, settings: Settings) -> pd.DataFrame:
    """A rotation was begun and not completed.

    A key whose successor was issued more than 7 days ago is still used (medium; a week is the grace that key managers
    such as LiteLLM's offer), or lies unused beside its successor for more than 30 days (low; CIS "only one active
    key"). A key that was given a new secret under its own id, and whose old secret still works after that week, is
    medium too. A key that was used before and not since counts as unused. When most keys are such, that is one
    finding.

    Why it matters: until the old key is revoked the rotation has changed nothing: whoever had the old secret has it
    still.

    False alarms: callers that are moved one by one over weeks; set `grace` to your plan.

    What to do: see from which addresses the old key is still used, move those callers, and revoke it once it has been
    silent for a day.
    """
    pairs = rotations(frames, window.until, settings.grace)
    rows = [row for pair in each(pairs) for row in _rows(pair, window, settings)]
    told = {row.key_id for row in rows}
    again = in_place(frames, window.until, settings.grace)
    rows += [_secret(key, window, settings) for key in each(again) if key.key_id not in told]
    todo = "Set an end for the old keys with their owners."
    # Completed rotations are in no frame, so it is all living keys of which these are a share.
    living = int(alive(frames["keys"], window.until).sum())
    return to_frame(folded(rows, living, window.until, what="are old ones beside their successors", todo=todo))


def _rows(pair: Any, window: Window, settings: Settings) -> Iterator[Scored]:  # noqa: ANN401 (a row of a frame)
    since = pd.Timestamp(window.until) - pair.issued
    used = bool(pair.busy) and pair.last_use > pair.issued + settings.grace
    if not used and since <= settings.both:
        return
    line = settings.grace if used else settings.both
    verb = "still used" if used else "still active"
    last = "never as far as is known" if pd.isna(pair.last_use) else f"on {pair.last_use:%Y-%m-%d}"
    yield fault(
        pair.key_id,
        moment(pair.issued + line),
        window.until,
        severity=None if used else Severity.LOW,
        score=round(since / max(line, DAY), 2),
        title=f"The old key {{key}} is {verb} {since.days} days after its successor was issued",
        summary=f"Its successor {pair.successor} was issued on {pair.issued:%Y-%m-%d}; it was last used {last}.",
        detail={"successor": str(pair.successor), "days": since.days, "used": used},
    )


def _secret(key: Any, window: Window, settings: Settings) -> Scored:  # noqa: ANN401 (a row of a frame)
    since = pd.Timestamp(window.until) - key.issued
    return fault(
        key.key_id,
        moment(key.issued + settings.grace),
        window.until,
        score=round(since / max(settings.grace, DAY), 2),
        title=f"The old secret of key {{key}} is still used {since.days} days after it got a new one",
        summary=f"Its new secret is there since {key.issued:%Y-%m-%d}; the old one was last used on "
        f"{key.last_use:%Y-%m-%d}.",
        detail={"days": since.days, "used": True, "in_place": True},
    )

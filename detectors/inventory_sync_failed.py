"""inventory-sync-failed: see the docstring of `score`."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pandas as pd

from detectors.declare import DAY, HOUR, Frames, detector
from detectors.scores import Scored, moment, to_frame
from detectors.shared.arrivals import told
from detectors.shared.hygiene import each
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """When it is grave."""

    grave: timedelta = DAY
    """So long without a complete pull it is medium: who was given a key today is unknown."""
    after: timedelta = timedelta(days=2)
    """So long without any try it is told too: nobody pulls."""


@detector(
    id="inventory-sync-failed",
    severity=Severity.LOW,
    kind="standing",
    frames=("inventory",),
    settings=Settings,
    quiet=HOUR,
    attack=("T1562",),
    owasp=("API9:2023",),
    controls=("CC6.1", "CC7.2"),
)
def score(frames: Frames, window: Window, settings: Settings) -> pd.DataFrame:
    """A source of the inventory cannot be pulled.

    The last pull of a source failed or was not whole, or nobody tried for 2 days. Medium after a day without a
    complete pull. Nothing that such a pull lacked was removed.

    Why it matters: new keys are called unregistered, revoked ones are taken for living, and a report rests on an old
    roster.

    False alarms: a provider that is down for an hour; it resolves with the next pull that is whole.

    What to do: `keywatch keys sources` shows the error; `keywatch keys sync NAME` tries again. Mostly a token has run
    out. If the source is gone, remove it from [inventory].
    """
    return to_frame(row for source in each(frames["inventory"]) if (row := _row(source, window, settings)))


def _row(source: Any, window: Window, settings: Settings) -> Scored | None:  # noqa: ANN401 (a row of a frame)
    if pd.isna(source.tried_at):
        return None
    at = pd.Timestamp(window.until)
    idle = at - source.tried_at
    if not source.failures and idle < settings.after:
        return None
    began = source.failed_since if source.failures else source.tried_at + settings.after
    since = source.complete_at if not pd.isna(source.complete_at) else began
    last = "never" if pd.isna(source.complete_at) else f"on {source.complete_at:%Y-%m-%d %H:%M} UTC"
    said = f" It said: {str(source.last_error)[:200]}" if source.failures else " Nobody has tried since."
    opened = moment(began)
    return Scored(
        bucket=opened,
        subject=f"source:{source.name}",
        severity=Severity.MEDIUM if at - since >= settings.grave else None,
        score=round(max(1.0, (at - since) / settings.grave), 1) if settings.grave else 1.0,
        count=max(1, int(source.failures)),
        first_seen=opened,
        last_seen=max(opened, window.until.replace(minute=0, second=0, microsecond=0)),
        title=f"The inventory source {source.name} "
        + ("cannot be pulled" if source.failures else f"was not pulled for {told(idle.to_pytimedelta())}"),
        summary=f"Its last complete pull was {last}; its keys stay as they were.{said}",
        detail={
            "failures": int(source.failures),
            "last_error": None if not source.failures else str(source.last_error),
        },
    )

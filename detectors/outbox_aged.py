"""outbox-aged: see the docstring of `score`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from detectors.declare import DAY, HOUR, Frames, detector
from detectors.scores import Scored, moment, to_frame
from detectors.shared.arrivals import told
from detectors.shared.hygiene import each
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How long an alert may wait."""

    after: timedelta = timedelta(minutes=15)
    """So long it may be tried."""
    grave: timedelta = timedelta(hours=4)
    """From then it is high."""


@detector(
    id="outbox-aged",
    severity=Severity.MEDIUM,
    kind="standing",
    frames=("outbox",),
    settings=Settings,
    quiet=HOUR,
    attack=("T1562",),
    owasp=("API9:2023",),
    controls=("CC7.2", "CC7.3"),
)
def score(frames: Frames, window: Window, settings: Settings) -> pd.DataFrame:
    """Alerts do not arrive.

    An alert has waited for its delivery to a target for 15 minutes or more (high from 4 hours), or one was given up in
    the last 24 hours. A delivery that waits for its digest or for the end of a quiet time is not late.

    Why it matters: what is found and not told might as well not have been found.

    False alarms: a target that is being serviced; it resolves when the alerts have arrived.

    What to do: `keywatch alerts list --status dead` and `keywatch alerts test` show what the target answers. Mend the
    address or the network, then `keywatch alerts replay`. As long as a target is dead, this finding may reach you only
    through the others: give grave alerts two.
    """
    return to_frame(row for target in each(frames["outbox"]) for row in _rows(target, window, settings))


def _rows(target: object, window: Window, settings: Settings) -> Iterator[Scored]:
    at = pd.Timestamp(window.until)
    name, waiting, oldest = str(target.target), int(target.waiting), target.oldest  # type: ignore[attr-defined]
    dead, died, error = int(target.dead), target.died, target.last_error  # type: ignore[attr-defined]
    late = waiting > 0 and not pd.isna(oldest) and at - oldest >= settings.after
    lost = dead > 0 and not pd.isna(died) and at - DAY < died <= at
    if not late and not lost:
        return
    wait = (at - oldest).to_pytimedelta() if late else timedelta(0)
    began = min(moment(since) for since, holds in ((oldest, late), (died, lost)) if holds)
    opened = began + settings.after if late and began == moment(oldest) else began
    said = ([f"{waiting} wait, the oldest for {told(wait)}"] if late else []) + ([f"{dead} were given up"] * lost)
    yield Scored(
        bucket=opened,
        subject=f"source:{name}",
        severity=Severity.HIGH if wait >= settings.grave else None,
        score=round(max(1.0, wait / settings.after), 1) if settings.after else 1.0,
        count=(waiting if late else 0) + (dead if lost else 0),
        first_seen=opened,
        last_seen=max(opened, window.until.replace(minute=0, second=0, microsecond=0)),
        title=f"{{count}} alerts have not arrived at {name}",
        summary=f"{'; '.join(said)}." + ("" if pd.isna(error) else f" The last error: {str(error)[:200]}"),
        detail={"waiting": waiting, "dead": dead, "wait_seconds": int(wait.total_seconds())},
    )

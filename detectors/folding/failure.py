"""A detector that raises is itself a finding: a silent monitor is the worst failure."""

import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pandas as pd

from detectors.declare import HOUR, Detector, detector
from detectors.scores import Scored, to_frame
from model.finding import Severity
from model.window import Window


class _NoSettings:
    """It has none."""


@detector(
    id="detector-failed",
    severity=Severity.MEDIUM,
    kind="standing",
    frames=(),
    settings=_NoSettings,
    quiet=HOUR,
    attack=("T1562",),
    controls=("CC7.1", "CC7.2"),
)
def failing(_frames: Mapping[str, pd.DataFrame], _window: Window, _settings: Any) -> pd.DataFrame:  # noqa: ANN401 (it has none)
    """A detector failed.

    Why it matters: what it looks for is not looked for until it works again.

    False alarms: none; it resolves with the first run in which the detector works.

    What to do: read the error in the summary. After an upgrade, run `keywatch doctor`; otherwise report it with that
    line. The window is judged again once the detector works and `keywatch detect --since` names the time it opened.
    """
    return to_frame([])


FAILED: Final[Detector] = failing


def failed_row(name: str, error: Exception, until: datetime) -> Scored:
    """The row that says that the detector `name` raised `error` while it judged a window that ends at `until`."""
    hour = until.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    last = traceback.extract_tb(error.__traceback__)[-1:]
    where = f" ({Path(last[0].filename).name}, line {last[0].lineno})" if last else ""
    return Scored(
        bucket=hour,
        subject=f"source:{name}",
        score=1.0,
        count=1,
        first_seen=hour,
        last_seen=hour,
        title=f"The detector {name} failed",
        summary=f"{type(error).__name__}: {error}{where}. Nothing was judged by it up to {until:%Y-%m-%d %H:%M} UTC.",
        detail={"error": type(error).__name__},
    )

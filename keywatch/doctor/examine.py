"""All that the doctor looks at, in order; a thing that cannot be looked at is a remark, and the rest goes on."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from keywatch.checking import check_config
from keywatch.doctor import alerting, files, reading, standing
from keywatch.doctor.remark import Remark, fine, wrong
from keywatch.workspace import Workspace
from model.errors import KeywatchError

Look = Callable[[Workspace, datetime], Iterator[Remark]]
_LOOKS: Final[tuple[tuple[str, Look], ...]] = (
    ("files", files.permissions),
    ("disk", files.disk),
    ("state", standing.state),
    ("events", standing.events),
    ("keys", standing.keys),
    ("sources", reading.sources),
    ("detection", reading.detection),
    ("alerts", alerting.routes),
    ("alerts", alerting.deliveries),
)


def examine(path: Path, now: datetime) -> list[Remark]:
    """Every remark about the workspace of a config file. Nothing is changed, and nothing is sent."""
    remarks: list[Remark] = []
    try:
        remarks += [fine("config", sentence) for sentence in check_config(path)]
    except KeywatchError as error:
        remarks.append(wrong("config", error.what, error.hint))
    try:
        workspace = Workspace.at(path)
    except KeywatchError as error:
        first = wrong("config", error.what, error.hint)
        return remarks if first in remarks else [*remarks, first]
    try:
        for about, look in _LOOKS:
            try:
                remarks += look(workspace, now)
            except KeywatchError as error:
                remarks.append(wrong(about, error.what, error.hint))
    finally:
        workspace.close()
    return remarks

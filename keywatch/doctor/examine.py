"""All that the doctor looks at, in order; a thing that cannot be looked at is a remark, and the rest goes on."""

from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from keywatch.checking import check_config
from keywatch.doctor import alerting, callers, clock, files, reaching, reading, standing, writing
from keywatch.doctor.remark import Remark, fine, wrong
from keywatch.workspace import Workspace
from model.errors import KeywatchError

Look = Callable[[Workspace, datetime], Iterator[Remark]]
_LOOKS: Final[tuple[tuple[str, Look], ...]] = (
    ("files", files.permissions),
    ("files", writing.limits),
    ("disk", files.disk),
    ("state", standing.state),
    ("clock", clock.clock),
    ("events", standing.events),
    ("writing", writing.written),
    ("keys", standing.keys),
    ("callers", callers.callers),
    ("sources", reading.readable),
    ("sources", reading.sources),
    ("detection", reading.detection),
    ("alerts", alerting.routes),
    ("alerts", alerting.deliveries),
    ("alerts", reaching.reached),
    ("dashboard", reaching.logins),
    ("backup", standing.backup),
)
STORE: Final = frozenset({"disk", "state", "events"})
"""What the store is about."""


def examine(path: Path, now: datetime) -> list[Remark]:
    """Every remark about the workspace of a config file. Nothing is changed, and no message is sent."""
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
        remarks += remarks_of(workspace, now)
    finally:
        workspace.close()
    return remarks


def remarks_of(workspace: Workspace, now: datetime, only: Collection[str] | None = None) -> list[Remark]:
    """The remarks about an open workspace; with `only`, about these things alone."""
    remarks: list[Remark] = []
    for about, look in _LOOKS:
        if only is not None and about not in only:
            continue
        try:
            remarks += look(workspace, now)
        except KeywatchError as error:
            remarks.append(wrong(about, error.what, error.hint))
    return remarks

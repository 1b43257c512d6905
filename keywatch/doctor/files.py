"""Who may read what, who holds the workspace, and how much room is left."""

import shutil
import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from keywatch.doctor.remark import Remark, fine, warning, wrong
from keywatch.process import work
from keywatch.workspace import Workspace
from model.errors import WorkspaceLocked

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_ROOM: Final = 0.05
"""Of the disk: below it, ingest of a busy day may not find room."""
_LEAST: Final = 200 << 20
"""Bytes, below which the next ingest may fail: a block's drafts, a sort, SQLite's log."""


def permissions(workspace: Workspace, _now: datetime) -> Iterator[Remark]:
    """Files that hold secrets or personal data belong to their owner alone; the lock is free."""
    events = workspace.root / workspace.config.store.events
    open_to_others = [path for path in (*_private(workspace), events) if path.exists() and _mode(path) & _OTHERS]
    for path in open_to_others:
        mode = "0700" if path.is_dir() else "0600"
        yield warning("files", f"{path} can be read by others ({_mode(path):04o}).", f"chmod {mode} {path}")
    if not open_to_others:
        yield fine("files", "Config, state and events can be read by their owner only.")
    try:
        with workspace.lock(work.SEGMENTS):
            pass
    except WorkspaceLocked as error:
        yield fine("files", error.what)


def disk(workspace: Workspace, _now: datetime) -> Iterator[Remark]:
    """The room that is left where the events lie."""
    usage = shutil.disk_usage(workspace.root)
    said = f"{usage.free >> 20:,} MB of {usage.total >> 20:,} MB are free."
    remedy = "Make room, or let [retention] keep events for a shorter time."
    if usage.free < _LEAST:
        yield wrong("disk", said, remedy)
    elif usage.free < usage.total * _ROOM:
        yield warning("disk", said, remedy)
    else:
        yield fine("disk", said)


def _private(workspace: Workspace) -> Iterator[Path]:
    yield workspace.root / "keywatch.toml"
    url = workspace.state_url
    if url.startswith("sqlite:///"):
        yield Path(url.removeprefix("sqlite:///"))


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)

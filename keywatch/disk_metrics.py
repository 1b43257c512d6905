"""What the store takes of this machine's disks, and what they have left: none of it stands in the state."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from keywatch.exposition import Metric
from keywatch.workspace import Workspace

_SQLITE: Final = "sqlite:///"
_BESIDE: Final = ("", "-wal", "-shm")
"""A SQLite database is these files."""


def state_bytes(workspace: Workspace) -> int | None:
    """Bytes of the state's files; None where it is on a server."""
    url = workspace.state_url
    if not url.startswith(_SQLITE):
        return None
    path = url.removeprefix(_SQLITE)
    return sum(found.stat().st_size for name in _BESIDE if (found := Path(path + name)).is_file())


def free_bytes(workspace: Workspace) -> int | None:
    """What this user may still write to the disk of the workspace; None where it cannot be told."""
    try:
        return shutil.disk_usage(workspace.root).free
    except OSError:
        return None


def disk_metrics(workspace: Workspace) -> Iterator[Metric]:
    """The same as metrics."""
    for name, meaning, value in (
        ("store_state_size_bytes", "Bytes of the state's own files.", state_bytes(workspace)),
        ("store_free_bytes", "Bytes that are left on the disk of the workspace.", free_bytes(workspace)),
    ):
        if value is not None:
            yield Metric(name=name, kind="gauge", help=meaning, samples=[({}, value)])

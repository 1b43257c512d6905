"""Whether what keywatch has to write can be written, and whether it may open the files that it needs."""

import os
import resource
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from keywatch.doctor.remark import Remark, fine, warning
from keywatch.workspace import Workspace
from store.state import health

_FILES: Final = 256
"""Open files: a question over a busy month opens a hundred segments at once."""
_INODES: Final = 10_000
"""A segment is up to three files, and a day in tails may be thousands."""


def written(workspace: Workspace, now: datetime) -> Iterator[Remark]:
    """The state takes a row, and the place of the events a file, which is removed again."""
    with workspace.store.transaction() as tx:
        health.mark(tx, health.PROBE, now)
    workspace.store.events.probe(now)
    yield fine("writing", "State and events can be written.")


def limits(workspace: Workspace, _now: datetime) -> Iterator[Remark]:
    """The limits of this user and of the disk's file table."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if most < _FILES:
        said = f"This user may have {most} files open."
        yield warning("files", said, f"ulimit -n {_FILES * 4}, or LimitNOFILE= in the unit.")
    left = os.statvfs(workspace.root)
    if left.f_files and left.f_favail < _INODES:
        said = f"The disk has room for {left.f_favail:,} more files, however small."
        yield warning("disk", said, "Remove small files there, or let keywatch work on a disk of its own.")

"""What the disk of the workspace has left: it does not stand in the state."""

import shutil
from collections.abc import Iterator

from keywatch.metrics.exposition import Metric
from keywatch.workspace import Workspace


def free_bytes(workspace: Workspace) -> int | None:
    """Bytes that this user may still write; None where it cannot be told."""
    try:
        return shutil.disk_usage(workspace.root).free
    except OSError:
        return None


def disk_metrics(workspace: Workspace) -> Iterator[Metric]:
    """The same as a metric."""
    free = free_bytes(workspace)
    if free is not None:
        meaning = "Bytes that are left on the disk of the workspace."
        yield Metric(name="store_free_bytes", kind="gauge", help=meaning, samples=[({}, free)])

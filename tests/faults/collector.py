"""A process that ingests a workspace's sources in a child of its own each time it is told to.

For tests that kill hundreds of them: everything is imported once. Reads `go` lines; writes the child's number, then how
it ended. Arguments: the config file, the folder of logs.
"""

import os
import sys
from pathlib import Path

from keywatch.collecting.ingesting import ingest_source
from keywatch.config.root import SourceConfig
from keywatch.workspace import Workspace
from model.clock import SystemClock


def main(config: Path, logs: Path) -> None:
    """Until there are no more lines."""
    for _ in sys.stdin:
        child = os.fork()
        if not child:
            _ingest(config, logs)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _ingest(config: Path, logs: Path) -> None:
    code = 1
    try:
        workspace = Workspace.at(config)
        with workspace.lock("test"):
            ingest_source(workspace, SourceConfig(name="edge", path=str(logs)), clock=SystemClock())
        code = 0
    finally:
        os._exit(code)


if __name__ == "__main__":
    # The first ingest's imports, too: many are inside functions.
    main(Path(sys.argv[1]), Path(sys.argv[2]))

"""The process that `curve.py` measures: one ingest of a source for each line on standard input.

What it prints for each, as JSON: wall and processor seconds of that ingest, and the lines and events that it stored.
"""

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from keywatch.collecting.ingesting import ingest_source
from keywatch.workspace import Workspace
from model.clock import SystemClock


def main() -> None:
    """Read until the input ends; the first argument is the config."""
    workspace = Workspace.at(Path(sys.argv[1]))
    (source,) = workspace.config.sources
    try:
        for _ in sys.stdin:
            wall, processor = time.perf_counter(), time.process_time()
            done = ingest_source(workspace, source, clock=SystemClock())
            told = {
                "seconds": time.perf_counter() - wall,
                "processor": time.process_time() - processor,
                "lines": done.lines,
                "events": done.events,
                "errors": done.errors,
            }
            print(json.dumps(told), flush=True)
    finally:
        workspace.close()


if __name__ == "__main__":
    main()

"""A process that delivers in a child of its own each time it is told to; for tests that kill hundreds of them.

Reads lines with the moment that the child takes as now (ISO 8601), so that the lease of one that died has run out for
the next; writes the child's number, then how it ended. Arguments: the database, then name=url of each target.
"""

import os
import sys
from datetime import datetime
from pathlib import Path

from alerts.config import Target
from alerts.delivery import deliver
from model.clock import FixedClock
from store.handle import Store


def main(database: Path, targets: list[Target]) -> None:
    """Until there are no more lines."""
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _deliver(database, targets, datetime.fromisoformat(line.strip()))
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _deliver(database: Path, targets: list[Target], now: datetime) -> None:
    code = 1
    try:
        store = Store.open(f"sqlite:///{database}", database.parent / "events")
        deliver(store, targets, FixedClock(now), f"w{os.getpid()}")
        code = 0
    finally:
        os._exit(code)


if __name__ == "__main__":
    pairs = (pair.split("=", 1) for pair in sys.argv[2:])
    main(Path(sys.argv[1]), [Target(name=name, url=url) for name, url in pairs])

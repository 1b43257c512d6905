"""A process that looks what is stored on ClickHouse, ingests, and dies where it is told to; then it looks again.

The engine is inside the process (chDB over a folder), so a kill takes writer and server together, as a power cut does.
Arguments: the config file, the log, and one of POINTS. Writes what it saw, one JSON object a line.
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from keywatch.collecting.ingesting import ingest_source
from keywatch.config.root import SourceConfig
from keywatch.workspace import Workspace
from model.clock import SystemClock
from store.events.clickhouse.connecting import Server
from store.handle import Store
from store.state import intents, segments

POINTS = ("none", "intent", "noted", "half", "inserted")
"""Nowhere; behind the intent; behind the note of the batch; in the middle of the insert; before the commit."""


class Deadly:
    """The driver's client, until it comes to a point."""

    def __init__(self, client: Any, point: str) -> None:  # noqa: ANN401 (the driver's client)
        self._client, self._point = client, point

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 (whatever the client has)
        return getattr(self._client, name)

    def insert_arrow(self, table: str, rows: Any, **options: Any) -> None:  # noqa: ANN401 (as the client's)
        if self._point == "intent" or (table == "arriving" and self._point == "noted"):
            die()
        if table == "arriving" and self._point == "half":
            self._client.insert_arrow(table, rows[: len(rows) // 2], **options)
            die()
        self._client.insert_arrow(table, rows, **options)
        if table == "arriving" and self._point == "inserted":
            die()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(config: Path, log: Path, point: str) -> None:
    """Look, ingest, look."""
    plain = Server.client
    Server.client = lambda self: Deadly(plain(self), point)  # type: ignore[assignment, method-assign]
    workspace = Workspace.at(config)
    _tell(workspace.store)
    with workspace.lock("test"):
        ingest_source(workspace, SourceConfig(name="edge", path=str(log)), clock=SystemClock())
    _tell(workspace.store)
    os._exit(0)


def _tell(store: Store) -> None:
    """What everybody sees, what lies on the server beside it, and what is intended."""
    queries = {
        "events": "SELECT count(*) FROM events",
        "paths": "SELECT count(DISTINCT path) FROM events",
        "usage": "SELECT sum(requests) FROM usage",
        "addresses": "SELECT sum(requests) FROM facets WHERE kind = 'ip'",
    }
    with store.reader() as reader:
        seen = {name: reader.connection.exec_driver_sql(query).scalar() for name, query in queries.items()}
    with store.reading() as tx:
        known, left = segments.ids(tx), [one.rows for one in intents.intents(tx)]
    told = {**seen, "strangers": len(store.events.stored() - known), "intents": left}
    sys.stdout.write(f"{json.dumps(told)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])

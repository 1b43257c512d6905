"""A reader of segments on ClickHouse: a session that knows which segments it shows."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.pool import StaticPool

from model.segment import Segment
from store.events.clickhouse.connecting import Client, Server
from store.events.clickhouse.views import SHOWN, expressions
from store.events.reader import EventsReader

_WITH = "WITH "


@contextmanager
def open_reader(
    server: Server, manifest: Sequence[Segment], kept: Sequence[str], only: Sequence[str] | None
) -> Iterator[EventsReader]:
    """A reader over the manifest's segments; as `store.events.reader.open_reader`. Raises StoreError."""
    session = server.session()
    try:
        with server.told("read"):
            fill(session.client, manifest, kept if any(not one.sealed for one in manifest) else (), only or ())
            engine = create_engine("clickhousedb://", creator=lambda: session, poolclass=StaticPool)
            with engine.connect() as connection:
                _begin_with(connection, expressions(server.database, manifest, chosen=only is not None))
                yield EventsReader(connection)
    finally:
        session.close()


def fill(client: Client, manifest: Sequence[Segment], kept: Sequence[str], only: Sequence[str]) -> None:
    """The temporary tables of a session."""
    for statement in SHOWN:
        client.command(statement)
    segments = {
        "segment": [str(one.id) for one in manifest],
        "sealed": [one.sealed for one in manifest],
        "has_events": [one.events_dropped_at is None for one in manifest],
    }
    for name, columns in (("shown", segments), ("kept", {"key_ref": list(kept)}), ("chosen", {"key_ref": list(only)})):
        if next(iter(columns.values())):
            client.insert_arrow(name, pa.table(columns))


def _begin_with(connection: Connection, expressions: str) -> None:
    @event.listens_for(connection, "before_cursor_execute", retval=True)
    def begin(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> tuple[str, Any]:  # noqa: ANN401 (as SQLAlchemy calls it)
        rest = statement.lstrip()
        own = f", {rest[len(_WITH) :]}" if rest.upper().startswith(_WITH) else f" {rest}"
        return f"WITH {expressions}{own}", parameters

"""One view over sealed segments and tails: what every question about events is asked of."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import duckdb
from sqlalchemy import Connection, RowMapping, Select, create_engine
from sqlalchemy.pool import StaticPool

from model.event import EVENT_COLUMNS
from model.segment import Segment
from store.dialect import DUCKDB
from store.events import aggregate
from store.events.files import Files, quoted

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class EventsReader:
    """A snapshot of the events; selects over `store.events.tables` run on it."""

    connection: Connection
    """DuckDB with the views events, usage and facets; or ClickHouse."""
    newest: datetime | None = None
    """No event in it is later; None where nobody knows."""

    def frame(self, query: Select[*tuple[Any, ...]]) -> "pd.DataFrame":
        """The query's rows; columns as it labels them."""
        if self.connection.dialect.name == DUCKDB:
            from store.events.arrow import by_arrow

            return by_arrow(query, self.connection)
        import pandas as pd

        return pd.read_sql(query, self.connection)

    def rows(self, query: Select[*tuple[Any, ...]]) -> list[RowMapping]:
        """The same for a few rows, as the driver gives them."""
        return list(self.connection.execute(query).mappings())


@contextmanager
def open_reader(
    files: Files,
    manifest: Sequence[Segment],
    kept: Sequence[str],
    only: Sequence[str] | None = None,
    shared: duckdb.DuckDBPyConnection | None = None,
) -> Iterator[EventsReader]:
    """A reader over the manifest's segments; `kept` are the key_refs that tails do not fold.

    With `only`, events, usage and facets hold the rows of these key_refs and no others. `shared` is a connection of
    `connect` whose instance is used; its own one takes 13 ms of processor time to open.
    """
    import duckdb_engine  # with a dialect of PostgreSQL's, which an ingest need not load

    duck = connect(files) if shared is None else shared.cursor()
    try:
        duck.execute("SET TimeZone = 'UTC'")
        if only is not None:
            duck.execute("CREATE TEMP TABLE chosen AS SELECT unnest(CAST(? AS VARCHAR[])) AS key_ref", [list(only)])
        _make_views(duck, files, manifest, kept, _CHOSEN if only is not None else "")
        engine = create_engine(
            "duckdb:///:memory:",
            creator=lambda: duckdb_engine.ConnectionWrapper(duck),
            poolclass=StaticPool,
        )
        with engine.connect() as connection:
            yield EventsReader(connection, max((one.max_ts for one in manifest), default=None))
    finally:
        duck.close()


def connect(files: Files) -> duckdb.DuckDBPyConnection:
    """A DuckDB that reads the files; it keeps no bytes of theirs, so its memory does not grow with what was asked."""
    duck = duckdb.connect(":memory:", config={"threads": 2, "temp_directory": ""})
    duck.execute("SET enable_external_file_cache = false")
    files.attach(duck)
    return duck


_CHOSEN = " WHERE key_ref IN (SELECT key_ref FROM chosen)"


def _make_views(
    duck: duckdb.DuckDBPyConnection, files: Files, manifest: Sequence[Segment], kept: Sequence[str], chosen: str
) -> None:
    sealed = [segment for segment in manifest if segment.sealed]
    tails = [segment for segment in manifest if not segment.sealed]
    nothing = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in EVENT_COLUMNS.items())
    duck.execute(f"CREATE TEMP TABLE no_events AS SELECT {nothing} LIMIT 0")
    # Only tails are folded here.
    duck.execute(
        "CREATE TEMP TABLE kept AS SELECT unnest(CAST(? AS VARCHAR[])) AS key_ref", [list(kept) if tails else []]
    )
    _view(
        duck,
        "events",
        (_read(files, [one for one in manifest if one.events_dropped_at is None], "events") or "no_events") + chosen,
    )
    _view(duck, "tails", (_read(files, tails, "events") or "no_events") + chosen)
    _view_of(duck, "folded_tails", aggregate.folded("tails", f"({aggregate.known('tails', 'kept')})"))
    for name, of_tails in (("usage", aggregate.usage), ("facets", aggregate.facets)):
        parts = [of_tails("folded_tails")] if tails or not sealed else []
        if sealed:
            parts.append(f"SELECT * FROM {_read(files, sealed, name)}{chosen}")
        _view_of(duck, name, " UNION ALL BY NAME ".join(f"({part})" for part in parts))


def _view(duck: duckdb.DuckDBPyConnection, name: str, source: str) -> None:
    _view_of(duck, name, f"SELECT * FROM {source}")


def _view_of(duck: duckdb.DuckDBPyConnection, name: str, select: str) -> None:
    duck.execute(f"CREATE TEMP VIEW {name} AS {select}")


def _read(files: Files, segments: Sequence[Segment], kind: str) -> str:
    return f"read_parquet({quoted(files.name(one.id, kind) for one in segments)})" if segments else ""

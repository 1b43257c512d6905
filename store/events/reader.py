"""One view over sealed segments and tails: what every question about events is asked of."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import duckdb
from sqlalchemy import Connection, RowMapping, Select, create_engine
from sqlalchemy.pool import StaticPool

from model.event import EVENT_COLUMNS
from model.segment import Segment
from store.dialect import DUCKDB
from store.events.files import KINDS, Files, quoted
from store.events.tails import Tails, count, keep

if TYPE_CHECKING:
    import pandas as pd


_FEW: Final = 50
_MANY: Final = 50_000
"""Events that are not held: they take some 300 bytes each."""


@dataclass(frozen=True, slots=True)
class EventsReader:
    """A snapshot of the events; selects over `store.events.tables` run on it."""

    connection: Connection
    """DuckDB with the views events, usage and facets; or ClickHouse."""
    newest: datetime | None = None
    """No event in it is later; None where nobody knows."""
    kept: Sequence[str] = ()
    """The key_refs that are never folded."""

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

    def keep(self) -> None:
        """Have the table `kept`, for a select that asks for it; DuckDB alone has to be told."""
        if (duck := self._duck()) is not None:
            keep(duck, self.kept)

    def hold_counts(self) -> None:
        """Read usage and facets once, for many questions to a reader of few keys; DuckDB alone has to be told."""
        if (duck := self._duck()) is not None:
            for name in KINDS[1:]:
                _hold(duck, name)

    def hold_events(self, since: datetime) -> None:
        """The same of the events from `since` on, unless they are many; earlier ones are read when somebody asks."""
        if (duck := self._duck()) is None:
            return
        moment = f"'{since.astimezone(UTC).isoformat()}'"
        late = f"ts >= {moment}"
        asked = f"SELECT coalesce(sum(requests), 0) > {_MANY} FROM usage WHERE {late.replace('ts', 'hour', 1)}"
        [(many,)] = duck.execute(asked).fetchall()
        if not many:
            duck.execute(f"CREATE TEMP TABLE late_events AS SELECT * FROM events WHERE {late}")
            duck.execute("ALTER VIEW events RENAME TO all_events")
            _view_of(duck, "events", f"FROM late_events UNION ALL FROM all_events WHERE ts < {moment}")

    def _duck(self) -> Any:  # noqa: ANN401 (DuckDB's connection; None for ClickHouse)
        return self.connection.connection.dbapi_connection if self.connection.dialect.name == DUCKDB else None


@contextmanager
def open_reader(
    files: Files,
    manifest: Sequence[Segment],
    kept: Sequence[str],
    only: Sequence[str] | None = None,
    *,
    duck: duckdb.DuckDBPyConnection | None = None,
    ahead: Tails | None = None,
) -> Iterator[EventsReader]:
    """A reader over the manifest's segments; `kept` are the key_refs that tails do not fold.

    With `only`, events, usage and facets hold the rows of these key_refs and no others. `duck` is a cursor of `connect`
    that is closed at the end, instead of a connection of its own, and `ahead` keeps what was counted of tails.
    """
    import duckdb_engine  # with a dialect of PostgreSQL's, which an ingest need not load

    duck = connect(files) if duck is None else duck
    try:
        duck.execute("SET TimeZone = 'UTC'")
        chosen = "" if only is None else _choose(duck, only)
        _make_views(duck, files, manifest, kept, chosen=chosen, ahead=ahead)
        engine = create_engine(
            "duckdb:///:memory:",
            creator=lambda: duckdb_engine.ConnectionWrapper(duck),
            poolclass=StaticPool,
        )
        with engine.connect() as connection:
            yield EventsReader(connection, max((one.max_ts for one in manifest), default=None), kept)
    finally:
        duck.close()


def connect(files: Files) -> duckdb.DuckDBPyConnection:
    """A DuckDB that reads the files; it keeps no bytes of theirs, so its memory does not grow with what was asked."""
    duck = duckdb.connect(":memory:", config={"threads": 2, "temp_directory": ""})
    duck.execute("SET enable_external_file_cache = false")
    files.attach(duck)
    return duck


def _choose(duck: duckdb.DuckDBPyConnection, only: Sequence[str]) -> str:
    """Few plain names are written out: then row groups without them are not read."""
    if 0 < len(only) <= _FEW and all(ref.isascii() and ref.isprintable() for ref in only):
        return f" WHERE key_ref IN ({quoted(only)[1:-1]})"
    duck.execute("CREATE TEMP TABLE chosen AS SELECT unnest(CAST(? AS VARCHAR[])) AS key_ref", [list(only)])
    return " WHERE key_ref IN (SELECT key_ref FROM chosen)"


def _make_views(
    duck: duckdb.DuckDBPyConnection,
    files: Files,
    manifest: Sequence[Segment],
    kept: Sequence[str],
    *,
    chosen: str,
    ahead: Tails | None,
) -> None:
    sealed = [segment for segment in manifest if segment.sealed]
    tails = [segment for segment in manifest if not segment.sealed]
    nothing = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in EVENT_COLUMNS.items())
    duck.execute(f"CREATE TEMP TABLE no_events AS SELECT {nothing} LIMIT 0")
    events = [one for one in manifest if one.events_dropped_at is None]
    _view_of(duck, "events", f"SELECT * FROM {_read(files, events, 'events')}{chosen}")
    source, empty = _read(files, tails, "events"), not manifest
    counted = count(duck, source, tails, kept, chosen=chosen, ahead=ahead) if tails or empty else {}
    for name in KINDS[1:]:
        parts = [counted[name]] if counted else []
        if sealed:
            parts.append(f"SELECT * FROM {_read(files, sealed, name)}{chosen}")
        _view_of(duck, name, " UNION ALL BY NAME ".join(f"({part})" for part in parts))


def _hold(duck: duckdb.DuckDBPyConnection, name: str) -> None:
    duck.execute(f"CREATE TEMP TABLE held_{name} AS SELECT * FROM {name}")
    duck.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT * FROM held_{name}")


def _view_of(duck: duckdb.DuckDBPyConnection, name: str, select: str) -> None:
    duck.execute(f"CREATE TEMP VIEW {name} AS {select}")


def _read(files: Files, segments: Sequence[Segment], kind: str) -> str:
    """What stands behind FROM."""
    return f"read_parquet({quoted(files.name(one.id, kind) for one in segments)})" if segments else "no_events"

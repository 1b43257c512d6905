"""Rows of a database, by a column that grows. The transaction only reads, and is rolled back.

Rows whose cursor equals the last one are read again, since a page may end between two of them; ids keep rows single.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from ingest.sources.records import Page, Position, Record, as_line
from ingest.sources.values import Value, earlier, number, plain, read_back, written
from ingest.sources.wire import CONNECT
from model.errors import ConfigError, IngestError
from model.window import Window

_GROWTH: Final = 2
_MOST: Final = 1_000_000


@dataclass(slots=True, kw_only=True)
class Sql:
    """A query, and the column that it goes on by. Raises ConfigError for a URL without a driver."""

    url: str
    query: str
    cursor: str
    first: int | str
    id: str | None
    line: str | None
    overlap: timedelta | float | None
    batch: int
    timed: bool = False
    _engine: sa.Engine = field(init=False)

    def __post_init__(self) -> None:
        if not self.query.lstrip(" (\n\t").lower().startswith(("select", "with")):
            msg = "The query of [sources.sql] is no SELECT."
            raise ConfigError(msg, hint="It is only read from.")
        try:
            self._engine = sa.create_engine(self.url, pool_pre_ping=True, connect_args=_patience(self.url))
        except (ArgumentError, ModuleNotFoundError, NoSuchModuleError, ValueError) as error:
            msg = f"The database of [sources.sql] cannot be opened: {type(error).__name__}."
            hint = "Write postgresql+psycopg://…, sqlite:///…, or another URL of SQLAlchemy, and install its driver."
            raise ConfigError(msg, hint=hint) from None

    def pages(self, span: Window | None, position: Position) -> Iterator[Page]:
        """The rows after the cursor; `position` holds it with its type, and how many rows there were."""
        del span
        last = read_back(position["cursor"]) if "cursor" in position else None
        count, batch = int(position.get("count", 0)), self.batch
        at = earlier(last, self.overlap) if last is not None else None
        while True:
            rows = self._rows(at, batch)
            made = [self._record(row, count + place) for place, row in enumerate(rows)]
            count += len(rows)
            if rows:
                reached = self._cursor(rows[-1])
                last = _later(last, reached)
                keep_from = number(earlier(last, self.overlap), count - _GROWTH * batch)
                yield Page(records=made, position={"cursor": written(last), "count": count}, keep_from=keep_from)
            if len(rows) < batch:
                return
            batch = self._longer(batch) if reached == at else self.batch
            at = reached

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    def _longer(self, batch: int) -> int:
        if batch >= _MOST:
            msg = f"More than {_MOST:,} rows have the same {self.cursor}."
            raise IngestError(msg, hint="Choose a cursor that tells rows apart better.")
        return batch * _GROWTH

    def _rows(self, at: Value | None, batch: int) -> Sequence[sa.RowMapping]:
        try:
            with self._engine.connect() as connection:
                only_read(connection)
                result = connection.execution_options(stream_results=True).execute(*self._select(at, batch))
                rows = result.mappings().fetchmany(batch)
                result.close()
                connection.rollback()
        except SQLAlchemyError as error:
            said = str(error.orig if isinstance(error, DBAPIError) else error).strip().splitlines() or [""]
            msg = f"The database of [sources.sql] did not answer: {said[0]}"
            raise IngestError(msg, hint="The next ingest goes on from here.") from None
        if any(_before(self._cursor(two), self._cursor(one)) for one, two in pairwise(rows)):
            msg = f"The rows of [sources.sql] do not come in the order of {self.cursor}."
            raise IngestError(msg, hint=f"Let the query end with ORDER BY {self.cursor}.")
        return rows

    def _select(self, at: Value | None, batch: int) -> tuple[sa.Executable, dict[str, Any]]:
        query = self.query.strip().rstrip(";")
        if ":cursor" in query:
            bound = {"cursor": self.first if at is None else at}
            return sa.text(query), bound | ({"batch": batch} if ":batch" in query else {})
        column: sa.ColumnClause[Any] = sa.column(self.cursor)
        inner = sa.text(query).columns(column).subquery("q")
        select = sa.select(sa.text("*")).select_from(inner).order_by(column).limit(batch)
        return (select if at is None else select.where(column >= at)), {}

    def _cursor(self, row: sa.RowMapping) -> Value:
        found = row.get(self.cursor)
        if found is None:
            msg = f"The rows of [sources.sql] have no {self.cursor}."
            raise IngestError(msg, hint=f"They have: {', '.join(map(str, row))}. Leave rows without it out.")
        if isinstance(found, Value):
            return found
        return str(found)

    def _record(self, row: sa.RowMapping, count: int) -> Record:
        document = {str(name): plain(value) for name, value in row.items()}
        line = document.get(self.line) if self.line else document
        own = document.get(self.id) if self.id else None
        identity = json.dumps(document, sort_keys=True) if own is None else str(own)
        return Record(
            id=identity, line=as_line(document if line is None else line), at=number(self._cursor(row), count)
        )


def _patience(url: str) -> dict[str, Any]:
    """How long the driver waits for a server, where it would wait for minutes and the URL does not say."""
    parts = sa.make_url(url)
    asks = parts.get_backend_name() == "postgresql" and parts.get_driver_name() in {"psycopg", "psycopg2"}
    return {"connect_timeout": round(CONNECT)} if asks and "connect_timeout" not in parts.query else {}


def only_read(connection: sa.Connection) -> None:
    """Let nothing be written through this connection, where the database knows how."""
    name = connection.dialect.name
    if name == "sqlite":
        connection.exec_driver_sql("PRAGMA query_only = ON")
    elif name in {"postgresql", "mysql", "mariadb"}:
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")


def _before(one: Value, other: Value) -> bool:
    """Whether a number or time lies before another; texts come in the database's own order."""
    return not isinstance(one, str) and type(one) is type(other) and one < other  # type: ignore[operator]


def _later(one: Value | None, other: Value) -> Value:
    """Rows of the overlap lie before the cursor, and do not take it back."""
    return one if one is not None and _before(other, one) else other

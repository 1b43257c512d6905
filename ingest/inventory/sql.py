"""Keys in a table of a database, by a SELECT; the transaction only reads, and is rolled back."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from ingest.inventory.interface import Row
from ingest.sources.sql import only_read
from ingest.sources.values import plain
from model.errors import ConfigError, InventoryError

_AT_ONCE: Final = 10_000


@dataclass(slots=True, kw_only=True)
class SqlTable:
    """A query. Raises ConfigError for one that is no SELECT, and for a URL without a driver."""

    url: str
    query: str
    shifts: bool = False
    _engine: sa.Engine = field(init=False)

    def __post_init__(self) -> None:
        if not self.query.lstrip(" (\n\t").lower().startswith(("select", "with")):
            msg = "The query of an inventory source is no SELECT."
            raise ConfigError(msg, hint="It is only read from.")
        try:
            self._engine = sa.create_engine(self.url, pool_pre_ping=True)
        except (ArgumentError, ModuleNotFoundError, NoSuchModuleError, ValueError) as error:
            msg = f"The database of an inventory source cannot be opened: {type(error).__name__}."
            hint = "Write postgresql+psycopg://…, sqlite:///…, or another URL of SQLAlchemy, and install its driver."
            raise ConfigError(msg, hint=hint) from None

    def rows(self) -> Iterator[Row]:
        """Every row. What a database says of a failure is left out: it may quote values."""
        try:
            with self._engine.connect() as connection:
                only_read(connection)
                result = connection.execution_options(yield_per=_AT_ONCE).execute(sa.text(self.query))
                for row in result.mappings():
                    yield {str(name): plain(value) for name, value in row.items()}
                connection.rollback()
        except SQLAlchemyError as error:
            msg = f"The database did not answer the query ({type(error).__name__})."
            raise InventoryError(msg, hint="Try the query by hand, and check the url.") from None

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

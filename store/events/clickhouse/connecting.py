"""The URL of a ClickHouse database to connections, and what its errors become.

`clickhouse://user:password@host:8123/database`, `clickhouses://…` for TLS; `chdb:///folder` and `chdb://memory/database`
are the same engine inside this process, for one process at a time.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from model.errors import ConfigError, StoreAway, StoreError
from store.events.clickhouse.tables import SESSION, ddl

Client = Any
"""The driver's client, which has no useful types."""

SCHEMES: Final = ("clickhouse", "clickhouses", "chdb")
_DATABASE: Final = "keywatch"
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_SECONDS: Final = 3600
"""That a reader may do nothing before the server forgets its temporary tables; servers allow no more."""
_UNBOUNDED: Final = {"max_partitions_per_insert_block": 0}
"""A batch of an old log may touch the days of years."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where a database is. Use `of`."""

    dsn: str
    """As the driver takes it, without the database."""
    database: str
    is_embedded: bool
    options: tuple[tuple[str, Any], ...]

    @classmethod
    def of(cls, url: str) -> "Server":
        """The server and database of a URL. Raises ConfigError."""
        parts = urlsplit(url)
        given = {name: values[0] for name, values in parse_qs(parts.query).items()}
        path = parts.path.strip("/")
        embedded = parts.scheme == "chdb"
        # chdb:///folder has no room for a database behind its path.
        database = given.pop("database", _DATABASE if embedded and not parts.netloc else path or _DATABASE)
        if parts.scheme not in SCHEMES or _NAME.fullmatch(database) is None or not (parts.netloc or embedded):
            msg = "[store] events is no URL of a ClickHouse database."
            raise ConfigError(msg, hint='Write events = "clickhouse://user@host:8123/database".')
        place = parts.path if embedded and not parts.netloc else ""
        dsn = urlunsplit(("chdb" if embedded else "http", parts.netloc, place, urlencode(given), ""))
        interface = () if embedded else (("interface", "https" if parts.scheme == "clickhouses" else "http"),)
        return cls(dsn, database, embedded, interface)

    @property
    def shown(self) -> str:
        """Without user and password."""
        return f"{urlsplit(self.dsn).netloc.rpartition('@')[2] or urlsplit(self.dsn).path}/{self.database}"

    def session(self) -> Any:  # noqa: ANN401 (a DB-API connection)
        """A connection that keeps temporary tables, for one thread. Raises StoreError."""
        with self.told("opened"):
            import clickhouse_connect.dbapi

            kept: dict[str, Any] = {} if self.is_embedded else {"session_timeout": _SECONDS}
            return clickhouse_connect.dbapi.connect(dsn=self.dsn, **{**dict(self.options), **SESSION, **kept})

    def client(self) -> Client:
        """A connection for statements that stand by themselves; the tables are made if they are missing.

        Raises StoreError.
        """
        with self.told("opened"):
            import clickhouse_connect

            alone: dict[str, Any] = {} if self.is_embedded else {"autogenerate_session_id": False}
            settings = {**SESSION, **_UNBOUNDED}
            made = clickhouse_connect.get_client(dsn=self.dsn, settings=settings, **dict(self.options), **alone)
            known = made.query(f"SELECT count() FROM system.tables WHERE database = '{self.database}'").result_rows
            statements = ddl(self.database)
            if known[0][0] < len(statements):
                for statement in (f"CREATE DATABASE IF NOT EXISTS {self.database}", *statements):
                    made.command(statement)
            return made

    @contextmanager
    def told(self, what: str) -> Iterator[None]:
        """Turn what the driver raises into a StoreError: the events cannot be `what`."""
        try:
            yield
        except ModuleNotFoundError as error:
            msg = f"The events in {self.shown} cannot be {what}: {error}"
            raise StoreError(msg, hint="Install keywatch[clickhouse].") from None
        except Exception as error:
            said = _of_driver(error)
            if said is None:
                raise
            msg = f"The events in {self.shown} cannot be {what}: {said}"
            kind = StoreAway if _is_away(error) else StoreError
            raise kind(msg, hint="Check [store] events, and that the server is there and has room.") from None


def _is_away(error: BaseException | None) -> bool:
    """Whether nobody answered: what a server says against us has no error of the network behind it."""
    while error is not None:
        if type(error).__module__.startswith("urllib3."):
            return True
        error = getattr(error, "orig", None) or error.__cause__ or error.__context__
    return False


def _of_driver(error: BaseException | None) -> str | None:
    """The first line of the driver's own error behind what SQLAlchemy and pandas made of it."""
    while error is not None:
        if type(error).__module__.startswith(("clickhouse_connect.", "urllib3.")):
            return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        error = getattr(error, "orig", None) or error.__cause__ or error.__context__
    return None

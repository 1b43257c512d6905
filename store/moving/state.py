"""The state to another database, in one transaction: it is there whole, or not at all."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Engine, Table, func, insert, select, text

from model.errors import StoreError, UsageError
from store.handle import Store
from store.moving.checksums import RowSum
from store.state.engine import open_engine
from store.state.schema import Base, LeaseRow
from store.state.upgrade import upgrade

Told = Callable[[int, int], None]
_ROWS: Final = 1000


def move_state(store: Store, url: str, told: Told | None) -> dict[str, int]:
    """Copy all tables; returns how many rows each has. `told(done, of)` hears of progress in rows.

    The caller holds all work of the workspace. Raises UsageError for a target that is not empty or is this very state,
    StoreError when it cannot be written, or holds not what was copied; nothing of it is there then.
    """
    target = open_engine(url)
    try:
        if target.url == store.state.url:
            msg = f"The state is in {target.url.render_as_string()} already."
            raise UsageError(msg, hint="Name another database.")
        upgrade(target)
        with store.reading() as tx, Store(target, store.events).transaction() as there:
            source, written = tx.connection(), there.connection()
            _require_empty(written, target)
            counts = {table: source.scalar(select(func.count()).select_from(table)) or 0 for table in _tables()}
            done, total = 0, sum(counts.values())
            for table in _tables():
                own = _copy(source, written, table, _Bar(told, done, total))
                _compare(table, own, _sum(written, table))
                done += own.rows
            _number_on(written, target)
        return {table.name: count for table, count in counts.items()}
    finally:
        target.dispose()


def _tables() -> list[Table]:
    """In the order in which their rows may come; leases are of those who work now."""
    return [table for table in Base.metadata.sorted_tables if table.name != LeaseRow.__tablename__]


class _Bar:
    """Progress of one table in that of all."""

    def __init__(self, told: Told | None, before: int, total: int) -> None:
        self._told, self._before, self._total = told, before, total

    def __call__(self, rows: int) -> None:
        if self._told is not None:
            self._told(self._before + rows, self._total)


def _copy(source: Connection, target: Connection, table: Table, told: Callable[[int], None]) -> RowSum:
    found = RowSum()
    for part in _rows(source, table):
        for row in part:
            found.add(row)
        target.execute(insert(table), [dict(zip(table.columns.keys(), row, strict=True)) for row in part])
        told(found.rows)
    return found


def _sum(connection: Connection, table: Table) -> RowSum:
    found = RowSum()
    for part in _rows(connection, table):
        for row in part:
            found.add(row)
    return found


def _rows(connection: Connection, table: Table) -> Iterator[Sequence[tuple[Any, ...]]]:
    result = connection.execute(select(table), execution_options={"yield_per": _ROWS})
    for part in result.partitions(_ROWS):
        yield [tuple(row) for row in part]


def _compare(table: Table, own: RowSum, there: RowSum) -> None:
    if own != there:
        msg = f"{table.name} were copied wrong: {there.rows} of {own.rows} rows, or not with the same values."
        raise StoreError(msg, hint="Nothing of it was written, and the old state was not changed. Tell us.")


def _require_empty(connection: Connection, engine: Engine) -> None:
    held = {table.name for table in _tables() if connection.scalar(select(func.count()).select_from(table))}
    if held:
        msg = f"{engine.url.render_as_string()} is not empty: it has {', '.join(sorted(held))}."
        raise UsageError(msg, hint="Name a new database.")


def _number_on(connection: Connection, engine: Engine) -> None:
    """Rows to come are numbered behind those that were copied; SQLite does so by itself."""
    if engine.dialect.name != "postgresql":
        return
    for table in _tables():
        for column in table.primary_key.columns:
            sequence = connection.scalar(
                text("SELECT pg_get_serial_sequence(:t, :c)"), {"t": table.name, "c": column.name}
            )
            if sequence is not None:
                highest = connection.scalar(select(func.max(column)))
                if highest is not None:
                    connection.execute(text("SELECT setval(:s, :n)"), {"s": sequence, "n": highest})

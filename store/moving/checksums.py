"""Checksums that two engines work out alike, whatever the order of rows: 64 bits of MD5 a row, added up."""

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from model.segment import Segment
from store.dialect import CLICKHOUSE, DUCKDB
from store.events.reader import EventsReader
from store.events.tables import events, facets, usage

_NULL: Final = "∅"
_BETWEEN: Final = "·"
_THOUSANDTHS: Final = 1000
"""Of a measurement that count: engines add up doubles in different orders, so the last digits may differ."""
_MOMENTS: Final = {DUCKDB: "epoch_us({})", CLICKHOUSE: "toUnixTimestamp64Micro({})"}
_WHOLE: Final = {DUCKDB: "CAST(floor({}) AS BIGINT)", CLICKHOUSE: "toInt64(floor({}))"}
_TEXT: Final = {
    DUCKDB: "coalesce(CAST({} AS VARCHAR), '" + _NULL + "')",
    CLICKHOUSE: "ifNull(CAST({} AS Nullable(String)), '" + _NULL + "')",
}
_SUM: Final = {
    DUCKDB: "CAST(coalesce(sum(CAST(md5_number_lower({}) AS HUGEINT)), 0) AS VARCHAR)",
    CLICKHOUSE: "toString(ifNull(sum(toInt128(reinterpretAsUInt64(substring(MD5({}), 9, 8)))), 0))",
}
Sums = dict[str, tuple[int, str]]
"""Table to its rows and their checksum."""


class Checksum(FunctionElement[str]):
    """The sum of the rows' hashes over some columns, as a text."""

    type = sa.String()
    inherit_cache = True
    name = "checksum"


def _spell(dialect: str) -> None:
    @compiles(Checksum, dialect)
    def compiled(element: Checksum, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401
        parts = []
        for column in element.clauses:
            text = compiler.process(column, **options)
            if isinstance(column.type, sa.DateTime):
                text = _MOMENTS[dialect].format(text)
            elif isinstance(column.type, sa.Double):
                text = _WHOLE[dialect].format(f"{text} * {_THOUSANDTHS} + 0.5")
            parts.append(_TEXT[dialect].format(text))
        return _SUM[dialect].format(f" || '{_BETWEEN}' || ".join(parts))


for _dialect in (DUCKDB, CLICKHOUSE):
    _spell(_dialect)


def event_sums(reader: EventsReader, segments: Sequence[Segment]) -> Sums:
    """Rows and checksums of what a reader of these segments shows: all of them sealed, or none."""
    tables = (events, usage, facets) if segments[0].sealed else (events,)
    found = {}
    for table in tables:
        query = sa.select(sa.func.count().label("rows"), Checksum(*table.columns).label("checksum")).select_from(table)
        row = reader.frame(query).iloc[0]
        found[table.name] = (int(row["rows"]), str(row["checksum"]))
    return found


class RowSum:
    """The same for rows of Python values, of the state."""

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0

    def add(self, row: Sequence[object]) -> None:
        """Count a row."""
        self.rows += 1
        self._sum += int.from_bytes(hashlib.md5(repr(row).encode(), usedforsecurity=False).digest()[8:], "little")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RowSum) and (self.rows, self._sum) == (other.rows, other._sum)

    def __hash__(self) -> int:
        return hash((self.rows, self._sum))

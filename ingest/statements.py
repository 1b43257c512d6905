"""Statements that stay prepared from block to block: to parse and bind the one that takes lines apart costs 15 ms."""

from typing import Final

import duckdb
import pyarrow as pa

_HELD: Final = 8
"""Plans follow the samples of the blocks, which seldom differ."""


class Statements:
    """The statements of one connection."""

    def __init__(self, duck: duckdb.DuckDBPyConnection) -> None:
        self._duck = duck
        self._names: dict[str, str] = {}
        self._made = 0

    def run(self, query: str) -> pa.Table:
        """The rows of a SELECT, which is prepared the first time."""
        name = self._names.get(query)
        if name is None:
            if len(self._names) == _HELD:
                self._duck.execute(f"DEALLOCATE {self._names.pop(next(iter(self._names)))}")
            self._made += 1
            name = f"prepared_{self._made}"
            self._duck.execute(f"PREPARE {name} AS {query}")
            self._names[query] = name
        return self._duck.sql(f"EXECUTE {name}").to_arrow_table()

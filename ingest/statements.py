"""Statements that stay prepared from block to block: to parse, bind and plan one that takes lines apart costs 28 ms.

One that reads a file or a table is planned anew at each run all the same, for half of that; one that is given its lines
is not.
"""

from typing import Final

import duckdb
import pyarrow as pa

from ingest.redact import quoted

GIVEN: Final = (
    "(SELECT unnest(CAST($1 AS INTEGER[])) AS n, unnest(CAST($2 AS VARCHAR[])) AS text,"
    " unnest(CAST($3 AS VARCHAR[])) AS envelope)"
)
"""Where a statement reads the lines that it is given."""

_HELD: Final = 8
"""Plans follow the samples of the blocks, which seldom differ."""
_FEW: Final = 1_000
_SMALL: Final = 1 << 16
"""Lines, and bytes of them, that a statement is given: they become part of its text."""


class Statements:
    """The statements of one connection."""

    def __init__(self, duck: duckdb.DuckDBPyConnection) -> None:
        self._duck = duck
        self._names: dict[str, str] = {}
        self._made = 0

    def run(self, query: str, given: str = "") -> pa.Table:
        """The rows of a SELECT, which is prepared the first time; `given` is what `as_given` makes of its lines."""
        name = self._names.get(query)
        if name is None:
            if len(self._names) == _HELD:
                self._duck.execute(f"DEALLOCATE {self._names.pop(next(iter(self._names)))}")
            self._made += 1
            name = f"prepared_{self._made}"
            self._duck.execute(f"PREPARE {name} AS {query}")
            self._names[query] = name
        return self._duck.sql(f"EXECUTE {name}{given}").to_arrow_table()


def as_given(numbered: pa.Table) -> str | None:
    """The lines of a table (n, text, envelope) for a statement over GIVEN; None when they are too many for it."""
    if numbered.num_rows > _FEW or numbered.nbytes > _SMALL:
        return None
    lines = ", ".join(map(str, numbered["n"].to_pylist()))
    texts, times = (_listed(numbered[name].to_pylist()) for name in ("text", "envelope"))
    # Of the types that the statement was prepared for: others would have it planned anew.
    made = f"([{lines}]::INTEGER[], {texts}::VARCHAR[], {times}::VARCHAR[])"
    return None if "\0" in made else made  # which would end the statement


def _listed(texts: list[str | None]) -> str:
    return f"[{', '.join('NULL' if text is None else quoted(text) for text in texts)}]"

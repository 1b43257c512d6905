"""What the tails count, for a reader; made once for all readers of a process that asks again and again."""

from collections.abc import Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Final

import duckdb

from model.segment import Segment
from store.events import aggregate

if TYPE_CHECKING:
    import pyarrow as pa

MOST: Final = 100_000
"""Events of tails that are counted ahead; the counts of more might be more than a process should hold."""
_COUNTED: Final = {"usage": aggregate.usage, "facets": aggregate.facets}


class Tails:
    """The counts of the tails that were asked for last; who reads holds what he reads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._of: object = None
        self._counts: Mapping[str, pa.Table] = {}

    def counts(
        self, duck: duckdb.DuckDBPyConnection, source: str, tails: Sequence[Segment], kept: Sequence[str]
    ) -> "Mapping[str, pa.Table]":
        """`usage` and `facets` of the tails, which `source` reads. Raises duckdb.Error."""
        of = (tuple(tail.id for tail in tails), hash(tuple(kept)))
        with self._lock:
            if of != self._of:
                _fold(duck, source, kept)
                duck.execute("CREATE TEMP TABLE once AS FROM folded_tails")
                self._counts = {name: duck.sql(made("once")).to_arrow_table() for name, made in _COUNTED.items()}
                self._of = of
            return self._counts


def count(
    duck: duckdb.DuckDBPyConnection,
    source: str,
    tails: Sequence[Segment],
    kept: Sequence[str],
    *,
    chosen: str,
    ahead: Tails | None,
) -> dict[str, str]:
    """Name to SELECT: usage and facets of the tails that `source` reads, of the rows that `chosen` (WHERE …) leaves.

    Credentials are folded, since only sealed segments hold them so. `ahead` keeps the counts. Raises duckdb.Error.
    """
    if ahead is not None and sum(tail.rows for tail in tails) <= MOST:
        for name, counted in ahead.counts(duck, source, tails, kept).items():
            duck.register(f"tails_{name}", counted)
        return {name: f"SELECT * FROM tails_{name}{chosen}" for name in _COUNTED}
    _fold(duck, source + chosen, kept)
    return {name: made("folded_tails") for name, made in _COUNTED.items()}


def keep(duck: duckdb.DuckDBPyConnection, kept: Sequence[str]) -> None:
    """The table `kept`, unless it is there."""
    made = "SELECT unnest(CAST(? AS VARCHAR[])) AS key_ref"
    duck.execute(f"CREATE TEMP TABLE IF NOT EXISTS kept AS {made}", [list(kept)])


def _fold(duck: duckdb.DuckDBPyConnection, source: str, kept: Sequence[str]) -> None:
    keep(duck, kept)
    duck.execute(f"CREATE TEMP VIEW tails AS SELECT * FROM {source}")
    folded = aggregate.folded("tails", f"({aggregate.known('tails', 'kept')})")
    duck.execute(f"CREATE TEMP VIEW folded_tails AS {folded}")

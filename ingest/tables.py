"""Small tables beside `raw` in a parser's connection, and the enumerations that make their texts numbers."""

from collections.abc import Sequence
from typing import Any, Final

import duckdb

TYPES: Final = {
    "key_ref": "key_refs",
    "key_hint": "key_hints",
    "ip": "ips",
    "network": "networks",
    "country": "countries",
    "asn": "asns",
    "user_agent": "user_agents",
    "client": "clients",
    "route": "routes",
    "method": "method_names",
    "host": "host_names",
    "source": "sources",
    "outcome": "outcomes",
}
"""Column of an event to the enumeration of its values in a block."""


def values(duck: duckdb.DuckDBPyConnection, query: str) -> list[Any]:
    """The one column of a query."""
    return [row[0] for row in duck.execute(query).fetchall()]


def table(duck: duckdb.DuckDBPyConnection, name: str, **columns: Sequence[object]) -> None:
    """Make a table of equally long columns; of texts, but for those that begin with a boolean."""
    kinds = {c: "BOOLEAN" if found and isinstance(found[0], bool) else "VARCHAR" for c, found in columns.items()}
    listed = ", ".join(f"unnest(CAST(${column} AS {kind}[])) AS {column}" for column, kind in kinds.items())
    duck.execute(f"CREATE TEMP TABLE {name} AS SELECT {listed}", {c: list(found) for c, found in columns.items()})


def enumerate_columns(duck: duckdb.DuckDBPyConnection, name: str, *columns: str, also: str = "") -> None:
    """Make columns of a small table enumerations of their values, in alphabetical order, so that they sort as texts.

    An enumeration of nothing is none: the text `also` is always in it.
    """
    for column in columns:
        found = f"SELECT {column} AS v FROM {name} WHERE v IS NOT NULL UNION SELECT '{also}' ORDER BY v"
        duck.execute(f"CREATE TYPE {TYPES[column]} AS ENUM ({found})")
        duck.execute(f"ALTER TABLE {name} ALTER {column} TYPE {TYPES[column]}")


def drop(duck: duckdb.DuckDBPyConnection, *, but: Sequence[str] = ()) -> None:
    """Drop all tables but those; without any, their enumerations too."""
    for name in values(duck, "SELECT table_name FROM duckdb_tables() WHERE temporary"):
        if name not in but:
            duck.execute(f"DROP TABLE {name}")
    if not but:
        for kind in TYPES.values():
            duck.execute(f"DROP TYPE IF EXISTS {kind}")

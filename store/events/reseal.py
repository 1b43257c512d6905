"""Unfolding: what was counted as an unknown credential is counted again as itself, once the inventory knows it.

A sealed segment's usage and facets are written anew from its events and take the old files' place by rename; its events
are never touched, and a reader that holds an old file keeps it.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import duckdb

from model.segment import Segment
from store.events import aggregate
from store.events.files import PARQUET, draft_of, path_of, publish

Activity = tuple[str, str | None, datetime, datetime, datetime | None]
"""(key_ref, hint, first seen, last seen, last success)."""


def reseal(root: Path, manifest: Sequence[Segment], refs: Sequence[str], kept: Sequence[str]) -> list[Activity]:
    """Unfold `refs` in the aggregates of all sealed segments that hold them; `kept` are the refs known before.

    Returns when the logs saw each of `refs`, in sealed segments and tails alike.
    """
    if not manifest or not refs:
        return []
    with duckdb.connect(":memory:", config={"threads": 2, "temp_directory": ""}) as duck:
        duck.execute("SET TimeZone = 'UTC'")
        _refs_table(duck, "wanted", refs)
        _refs_table(duck, "kept", [*kept, *refs])
        events = ", ".join(_quoted(path_of(root, segment.id, "events")) for segment in manifest)
        seen = f"read_parquet([{events}], filename = true) SEMI JOIN wanted USING (key_ref)"
        touched = {row[0] for row in duck.execute(f"SELECT DISTINCT filename FROM {seen}").fetchall()}
        for segment in manifest:
            if segment.sealed and str(path_of(root, segment.id, "events")) in touched:
                _aggregate_again(duck, root, segment)
        return duck.execute(
            "SELECT key_ref, max(key_hint), min(ts), max(ts), max(ts) FILTER (WHERE outcome = 'ok')"
            f" FROM {seen} GROUP BY 1 ORDER BY 1",
        ).fetchall()


def _aggregate_again(duck: duckdb.DuckDBPyConnection, root: Path, segment: Segment) -> None:
    source = f"read_parquet({_quoted(path_of(root, segment.id, 'events'))})"
    known = f"({aggregate.known(source, 'kept')})"
    duck.execute(f"CREATE OR REPLACE TEMP TABLE folded AS {aggregate.folded(source, known)}")
    for kind, select in (("usage", aggregate.usage), ("facets", aggregate.facets)):
        final = path_of(root, segment.id, kind)
        duck.execute(f"COPY ({select('folded')}) TO {_quoted(draft_of(final))} ({PARQUET})")
        publish([final])


def _refs_table(duck: duckdb.DuckDBPyConnection, name: str, refs: Sequence[str]) -> None:
    duck.execute(f"CREATE TEMP TABLE {name} AS SELECT DISTINCT unnest(CAST(? AS VARCHAR[])) AS key_ref", [list(refs)])


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"

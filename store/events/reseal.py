"""Unfolding: what was counted as an unknown credential is counted again as itself, once the inventory knows it.

A sealed segment that holds one gets a successor: the same events, with usage and facets counted anew from them. The old
one's files are not touched: who reads them goes on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import duckdb

from model.segment import Segment
from store.events import aggregate
from store.events.files import KINDS, PARQUET, copy, draft_of, path_of, publish
from store.events.segments import new_id

Activity = tuple[str, str | None, datetime, datetime, datetime | None]
"""(key_ref, hint, first seen, last seen, last success)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfolded:
    """What became of segments, and what they say of the refs."""

    successors: Sequence[tuple[Segment, Segment]]
    """A segment and the one that is to take its place; its files are published."""
    activity: Sequence[Activity]
    """When the logs saw each ref, in sealed segments and tails alike."""


def reseal(
    root: Path, manifest: Sequence[Segment], refs: Sequence[str], kept: Sequence[str], now: datetime
) -> Unfolded:
    """Unfold `refs` in the aggregates of all sealed segments that hold them; `kept` are the refs known before."""
    if not manifest or not refs:
        return Unfolded(successors=(), activity=())
    with duckdb.connect(":memory:", config={"threads": 2, "temp_directory": ""}) as duck:
        duck.execute("SET TimeZone = 'UTC'")
        _refs_table(duck, "wanted", refs)
        _refs_table(duck, "kept", [*kept, *refs])
        events = ", ".join(_quoted(path_of(root, segment.id, "events")) for segment in manifest)
        seen = f"read_parquet([{events}], filename = true) SEMI JOIN wanted USING (key_ref)"
        touched = {row[0] for row in duck.execute(f"SELECT DISTINCT filename FROM {seen}").fetchall()}
        successors = [
            (segment, _counted_again(duck, root, segment, now))
            for segment in manifest
            if segment.sealed and str(path_of(root, segment.id, "events")) in touched
        ]
        activity = duck.execute(
            "SELECT key_ref, max(key_hint), min(ts), max(ts), max(ts) FILTER (WHERE outcome = 'ok')"
            f" FROM {seen} GROUP BY 1 ORDER BY 1",
        ).fetchall()
        return Unfolded(successors=successors, activity=activity)


def _counted_again(duck: duckdb.DuckDBPyConnection, root: Path, segment: Segment, now: datetime) -> Segment:
    source = f"read_parquet({_quoted(path_of(root, segment.id, 'events'))})"
    known = f"({aggregate.known(source, 'kept')})"
    duck.execute(f"CREATE OR REPLACE TEMP TABLE folded AS {aggregate.folded(source, known)}")
    successor = new_id(now)
    finals = [path_of(root, successor, kind) for kind in KINDS]
    copy(path_of(root, segment.id, "events"), draft_of(finals[0]))
    for final, select in zip(finals[1:], (aggregate.usage("folded"), aggregate.facets("folded")), strict=True):
        duck.execute(f"COPY ({select}) TO {_quoted(draft_of(final))} ({PARQUET})")
    size = sum(draft_of(final).stat().st_size for final in finals)
    publish(finals)
    return replace(segment, id=successor, bytes=size)


def _refs_table(duck: duckdb.DuckDBPyConnection, name: str, refs: Sequence[str]) -> None:
    duck.execute(f"CREATE TEMP TABLE {name} AS SELECT DISTINCT unnest(CAST(? AS VARCHAR[])) AS key_ref", [list(refs)])


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"

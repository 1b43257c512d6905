"""Unfolding: what was counted as an unknown credential is counted again as itself, once the inventory knows it.

A sealed segment that holds one gets a successor: the same events, with usage and facets counted anew from them. The old
one's files are not touched: who reads them goes on. Some keys are counted after another, so no more events are held at
once than `store.events.sorting` sorts at once.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import duckdb

from model.segment import Segment
from store.events import aggregate
from store.events.files import KINDS, PARQUET, Files, quoted
from store.events.ids import new_id
from store.events.interface import Unfolded
from store.events.sorting import AT_ONCE, ranges


def reseal(
    files: Files,
    manifest: Sequence[Segment],
    refs: Sequence[str],
    kept: Sequence[str],
    now: datetime,
    *,
    at_once: int = AT_ONCE,
) -> Unfolded:
    """Unfold `refs` in the aggregates of all sealed segments that hold them; `kept` are the refs known before."""
    if not manifest or not refs:
        return Unfolded(successors=(), activity=())
    with duckdb.connect(":memory:", config={"threads": 2, "temp_directory": ""}) as duck:
        duck.execute("SET TimeZone = 'UTC'")
        files.attach(duck)
        _refs_table(duck, "wanted", refs)
        _refs_table(duck, "kept", [*kept, *refs])
        events = quoted(files.name(segment.id, "events") for segment in manifest)
        seen = f"read_parquet({events}, filename = true) SEMI JOIN wanted USING (key_ref)"
        touched = {row[0] for row in duck.execute(f"SELECT DISTINCT filename FROM {seen}").fetchall()}
        successors = [
            (segment, _counted_again(duck, files, segment, now, at_once))
            for segment in manifest
            if segment.sealed and files.name(segment.id, "events") in touched
        ]
        activity = duck.execute(
            "SELECT key_ref, max(key_hint), min(ts), max(ts), max(ts) FILTER (WHERE outcome = 'ok')"
            f" FROM {seen} GROUP BY 1 ORDER BY 1",
        ).fetchall()
        return Unfolded(successors=successors, activity=activity)


def _counted_again(
    duck: duckdb.DuckDBPyConnection, files: Files, segment: Segment, now: datetime, at_once: int
) -> Segment:
    source = f"read_parquet({quoted([files.name(segment.id, 'events')])})"
    duck.execute(f"CREATE OR REPLACE TEMP TABLE known AS {aggregate.known(source, 'kept')}")
    counted: set[str] = set()
    for condition, names in ranges(duck, source, at_once):
        part = f"(SELECT * FROM {source} WHERE {condition})"
        duck.execute(f"CREATE OR REPLACE TEMP TABLE folded AS {aggregate.folded(part, 'known')}", names)
        for kind, select in (("usage", aggregate.usage("folded")), ("facets", aggregate.facets("folded"))):
            begin = f"INSERT INTO {kind}" if kind in counted else f"CREATE OR REPLACE TEMP TABLE {kind} AS"
            duck.execute(f"{begin} {select}")
            counted.add(kind)
    duck.execute("DROP TABLE folded")
    successor = new_id(now)
    size = files.copy(segment.id, "events", successor)
    for kind in KINDS[1:]:
        draft = files.draft(successor, kind)
        target = str(draft).replace("'", "''")
        duck.execute(f"COPY ({aggregate.added_up(kind, kind)}) TO '{target}' ({PARQUET})")
        size += draft.stat().st_size
    files.publish(successor, KINDS[1:])
    return replace(segment, id=successor, bytes=size)


def _refs_table(duck: duckdb.DuckDBPyConnection, name: str, refs: Sequence[str]) -> None:
    duck.execute(f"CREATE TEMP TABLE {name} AS SELECT DISTINCT unnest(CAST(? AS VARCHAR[])) AS key_ref", [list(refs)])

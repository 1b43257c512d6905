"""What stands before every question: `events`, `usage` and `facets` as those segments that a reader shows.

They are common table expressions, which ClickHouse takes apart and plans with the question: its window and its keys
still choose the parts and granules that are read.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from model.event import EVENT_COLUMNS, UNKNOWN_PREFIX
from model.segment import Segment
from store.events import tables
from store.events.clickhouse.tables import COUNTED, facets, usage

_SPANS: Final = 50
"""Stretches of time that unsealed events are looked for in."""
_CHOSEN: Final = "key_ref IN (SELECT key_ref FROM chosen)"
SHOWN: Final = (
    "CREATE TEMPORARY TABLE shown (segment String, sealed Bool, has_events Bool)",
    "CREATE TEMPORARY TABLE kept (key_ref String)",
    "CREATE TEMPORARY TABLE chosen (key_ref String)",
)
"""What a reader's session has to have: its segments, the key_refs that are never folded, and those it is asked for."""


def expressions(database: str, manifest: Sequence[Segment], *, chosen: bool) -> str:
    """`name AS (SELECT …), …` for a question to begin with; `chosen`: of some key_refs alone."""
    tails = [one for one in manifest if not one.sealed]
    sealed = len(tails) < len(manifest)
    also = f" AND {_CHOSEN}" if chosen else ""
    made = {
        "events": f"SELECT {', '.join(EVENT_COLUMNS)} FROM {database}.events WHERE {_of(database, 'has_events')}{also}"
    }
    if tails:
        source = f"{database}.events WHERE {_of(database, 'NOT sealed')} AND {within(tails)}{also}"
        made |= folded(source)
    for name, of_tails, table in (("usage", usage, tables.usage), ("facets", facets, tables.facets)):
        columns = ", ".join(column.name for column in table.columns)
        own = f"segment IN (SELECT segment FROM shown WHERE sealed){also}"
        parts = [f"SELECT {columns} FROM {database}.{name} WHERE {own}"] if sealed or not tails else []
        parts += [f"SELECT {columns} FROM ({of_tails('folded_tails')})"] if tails else []
        made[name] = " UNION ALL ".join(parts)
    return ", ".join(f"{name} AS ({select})" for name, select in made.items())


def folded(source: str) -> dict[str, str]:
    """Expressions up to `folded_tails`: the columns COUNTED of `source`, unknown credentials folded.

    What stands in the table `kept` stays itself, and so does what succeeded somewhere in the source.
    """
    rest = [name for name in COUNTED if name != "key_ref"]
    unknown = f"concat('{UNKNOWN_PREFIX}', ifNull(CAST(network AS Nullable(String)), '-'))"
    own = "key_ref IS NULL OR key_ref IN (SELECT key_ref FROM known)"
    return {
        "tails": f"SELECT {', '.join(COUNTED)} FROM {source}",
        "known": (
            "SELECT CAST(key_ref AS Nullable(String)) AS key_ref FROM tails"
            " WHERE outcome = 'ok' AND key_ref IS NOT NULL UNION DISTINCT"
            " SELECT CAST(key_ref AS Nullable(String)) AS key_ref FROM kept"
        ),
        "folded_tails": (
            f"SELECT {', '.join(rest)}, if({own}, CAST(key_ref AS Nullable(String)), {unknown}) AS key_ref FROM tails"
        ),
    }


def within(segments: Iterable[Segment]) -> str:
    """Where in time the events of some segments are: it chooses days and parts, where a batch's name chooses none."""
    spans = _joined(sorted((one.min_ts, one.max_ts) for one in segments))
    return "(" + " OR ".join(f"ts BETWEEN {moment(low)} AND {moment(high)}" for low, high in spans) + ")"


def moment(at: datetime) -> str:
    """A moment as ClickHouse spells it."""
    return f"toDateTime64('{at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}', 6, 'UTC')"


def _of(database: str, which: str) -> str:
    return f"batch IN (SELECT batch FROM {database}.batches WHERE segment IN (SELECT segment FROM shown WHERE {which}))"


def _joined(spans: Sequence[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Few stretches that hold all: those nearest to each other become one."""
    gap = timedelta(0)
    while True:
        found: list[tuple[datetime, datetime]] = []
        for low, high in spans:
            if found and low - found[-1][1] <= gap:
                found[-1] = (found[-1][0], max(found[-1][1], high))
            else:
                found.append((low, high))
        if len(found) <= _SPANS:
            return found
        gap = max(gap * 4, timedelta(hours=1))

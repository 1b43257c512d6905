"""The tables of a ClickHouse database, and what every session there has to set.

A batch comes in by one insert into `arriving`, which keeps nothing: materialized views spread it over `events` and,
when it is sealed at once, over `usage` and `facets`. What is sealed later goes through `sealing` in the same way. Rows
of `usage` and `facets` carry the segment that they count, and `batches` says which batches a segment holds: no row
counts whose segment is not in the manifest.
"""

from typing import Any, Final

from model.event import EVENT_COLUMNS, FACET_KINDS

SESSION: Final[dict[str, Any]] = {"join_use_nulls": 1, "aggregate_functions_null_for_empty": 1}
"""Without these, ClickHouse fills unmatched joins and empty aggregates with '', 0 and 1970 instead of null."""

TABLES: Final = ("events", "usage", "facets", "batches")
"""Those that keep rows."""

_MOMENT: Final = "DateTime64(6, 'UTC')"
_TEXT: Final = "Nullable(String)"
_WORD: Final = "LowCardinality(Nullable(String))"
_NAME: Final = "LowCardinality(String)"
_TYPES: Final = {
    "ts": _MOMENT,
    "ip": _TEXT,
    "path": _TEXT,
    "status": "Nullable(Int16)",
    "outcome": _NAME,
    "bytes_out": "Nullable(Int64)",
    "bytes_in": "Nullable(Int64)",
    "duration_ms": "Nullable(Float64)",
    "user_agent": _TEXT,
    "request_id": _TEXT,
    "batch": _NAME,
    "line": "Int32",
}
"""Of an event's columns; all others are words that repeat."""
_CODECS: Final = {"ts": "Delta, ZSTD(1)", "line": "Delta, ZSTD(1)"}
_ZSTD: Final = "ZSTD(1)"
"""A third less than LZ4, which is the default (docs/clickhouse.md)."""
COUNTERS: Final = {
    "requests": ("sum", "Int64"),
    "bytes_out": ("sum", "Nullable(Int64)"),
    "duration_sum": ("sum", "Nullable(Float64)"),
    "duration_max": ("max", "Nullable(Float64)"),
    "timed": ("sum", "Int64"),
}
"""Counter to how rows of one group become one, and its type."""
TIMES: Final = {"first_ts": ("min", _MOMENT), "last_ts": ("max", _MOMENT)}
"""The same of a facet's times."""
GROUPS: Final = {
    "usage": ("hour", "key_ref", "host", "outcome"),
    "facets": ("day", "key_ref", "kind", "value", "outcome"),
}
"""Columns that partial counts are grouped by, beside the segment."""
COUNTED: Final = (
    *("ts", "key_ref", "host", "outcome", "bytes_out", "duration_ms", "ip", "network", "asn", "country", "client"),
    *("method", "route"),
)
"""Columns of events that usage and facets are made of; key_ref is the folded one."""
DEDUPLICATED: Final = 1000
"""Inserts that a repetition is known by: the second line of defence, since a batch that was tried again has another
name anyway."""

_KEYS: Final = f"allow_nullable_key = 1, non_replicated_deduplication_window = {DEDUPLICATED}"
_COUNTS: Final = (
    "toInt64(count()) AS requests, sum(bytes_out) AS bytes_out, sum(duration_ms) AS duration_sum,"
    " max(duration_ms) AS duration_max, toInt64(count(duration_ms)) AS timed"
)
_VALUE: Final = {"route": "concat(ifNull(concat(method, ' '), ''), route)"}


def ddl(database: str) -> list[str]:
    """The statements that make what is missing in a database that is there."""
    tables = {
        "events": (_columns(EVENT_COLUMNS), "MergeTree PARTITION BY toDate(ts) ORDER BY (key_ref, ts)"),
        "usage": (
            _partials("usage", {"hour": _MOMENT}),
            "AggregatingMergeTree PARTITION BY toYYYYMM(hour) ORDER BY (key_ref, hour, host, outcome, segment)",
        ),
        "facets": (
            _partials("facets", {"day": _MOMENT, "kind": _NAME, "value": _TEXT}) + _merged(TIMES),
            "AggregatingMergeTree PARTITION BY toYYYYMM(day) ORDER BY (kind, key_ref, day, value, outcome, segment)",
        ),
        "batches": (
            ["segment String", "batch String", f"since {_MOMENT}", f"until {_MOMENT}"],
            "MergeTree ORDER BY (segment, batch)",
        ),
    }
    made = [
        f"CREATE TABLE IF NOT EXISTS {database}.{name} ({', '.join(columns)}) ENGINE = {engine} SETTINGS {_KEYS}"
        for name, (columns, engine) in tables.items()
    ]
    arriving = [*_columns(EVENT_COLUMNS), f"counted_as {_WORD}", f"segment {_NAME}", "sealed Bool"]
    counted = [*_columns(COUNTED), f"segment {_NAME}"]
    return [
        *made,
        f"CREATE TABLE IF NOT EXISTS {database}.arriving ({', '.join(arriving)}) ENGINE = Null",
        f"CREATE TABLE IF NOT EXISTS {database}.sealing ({', '.join(counted)}) ENGINE = Null",
        _view(database, "arriving_events", "events", f"SELECT {', '.join(EVENT_COLUMNS)} FROM {database}.arriving"),
        _view(database, "arriving_sealed", "sealing", _sealed(database)),
        _view(database, "sealing_usage", "usage", usage(f"{database}.sealing", also="segment")),
        _view(database, "sealing_facets", "facets", facets(f"{database}.sealing", also="segment")),
    ]


def usage(source: str, also: str = "") -> str:
    """A SELECT of the columns of `store.events.tables.usage` from rows of COUNTED, and of the column `also`."""
    plus = f", {also}" if also else ""
    return (
        f"SELECT toDateTime64(toStartOfHour(ts), 6, 'UTC') AS hour, key_ref, host, outcome, {_COUNTS}{plus}"
        f" FROM {source} GROUP BY hour, key_ref, host, outcome{plus}"
    )


def facets(source: str, also: str = "") -> str:
    """A SELECT of the columns of `store.events.tables.facets`, as `usage`."""
    plus = f", {also}" if also else ""
    pairs = ", ".join(f"('{kind}', CAST({_VALUE.get(kind, kind)} AS {_TEXT}))" for kind in FACET_KINDS)
    return (
        "SELECT toDateTime64(toStartOfDay(ts), 6, 'UTC') AS day, key_ref, pair.1 AS kind, pair.2 AS value, outcome,"
        f" {_COUNTS}, min(ts) AS first_ts, max(ts) AS last_ts{plus} FROM {source}"
        f" ARRAY JOIN [{pairs}] AS pair WHERE pair.2 IS NOT NULL GROUP BY day, key_ref, kind, value, outcome{plus}"
    )


def _sealed(database: str) -> str:
    own = ", ".join("counted_as AS key_ref" if name == "key_ref" else name for name in COUNTED)
    return f"SELECT {own}, segment FROM {database}.arriving WHERE sealed"


def _view(database: str, name: str, target: str, select: str) -> str:
    return f"CREATE MATERIALIZED VIEW IF NOT EXISTS {database}.{name} TO {database}.{target} AS {select}"


def _columns(names: "dict[str, str] | tuple[str, ...]") -> list[str]:
    return [f"{name} {_TYPES.get(name, _WORD)} CODEC({_CODECS.get(name, _ZSTD)})" for name in names]


def _partials(name: str, types: dict[str, str]) -> list[str]:
    groups = [f"{column} {types.get(column, _TYPES.get(column, _WORD))} CODEC({_ZSTD})" for column in GROUPS[name]]
    return [*groups, f"segment {_NAME} CODEC({_ZSTD})", *_merged(COUNTERS)]


def _merged(columns: dict[str, tuple[str, str]]) -> list[str]:
    return [f"{name} SimpleAggregateFunction({how}, {kind}) CODEC({_ZSTD})" for name, (how, kind) in columns.items()]

"""The event tables on a single ClickHouse node, and what every session there has to set."""

from typing import Final

SESSION: Final = ("SET join_use_nulls = 1", "SET aggregate_functions_null_for_empty = 1")
"""Without these, ClickHouse fills unmatched joins and empty aggregates with '', 0 and 1970 instead of null."""

_MOMENT: Final = "DateTime64(6, 'UTC')"
_TEXT: Final = "Nullable(String)"
_WORD: Final = "LowCardinality(Nullable(String))"
_COUNTERS: Final = """
    requests Int64,
    bytes_out Nullable(Int64),
    duration_sum Nullable(Float64),
    duration_max Nullable(Float64),
    timed Int64"""

DDL: Final[dict[str, str]] = {
    "events": f"""
CREATE TABLE IF NOT EXISTS events (
    ts {_MOMENT},
    source {_WORD},
    key_ref {_WORD},
    key_hint {_WORD},
    ip {_TEXT},
    method {_WORD},
    route {_WORD},
    path {_TEXT},
    host {_WORD},
    status Nullable(Int16),
    outcome LowCardinality(String),
    bytes_out Nullable(Int64),
    bytes_in Nullable(Int64),
    duration_ms Nullable(Float64),
    user_agent {_TEXT},
    client {_WORD},
    network {_WORD},
    country {_WORD},
    asn {_WORD},
    request_id {_TEXT},
    flags {_WORD},
    batch LowCardinality(String),
    line Int32
) ENGINE = MergeTree PARTITION BY toYYYYMM(ts) ORDER BY ts""",
    "usage": f"""
CREATE TABLE IF NOT EXISTS usage (
    hour {_MOMENT},
    key_ref {_WORD},
    host {_WORD},
    outcome LowCardinality(String),{_COUNTERS}
) ENGINE = MergeTree PARTITION BY toYYYYMM(hour) ORDER BY hour""",
    "facets": f"""
CREATE TABLE IF NOT EXISTS facets (
    day {_MOMENT},
    key_ref {_WORD},
    kind LowCardinality(String),
    value {_TEXT},
    outcome LowCardinality(String),{_COUNTERS},
    first_ts {_MOMENT},
    last_ts {_MOMENT}
) ENGINE = MergeTree PARTITION BY toYYYYMM(day) ORDER BY (kind, day)""",
}
"""Table to the statement that makes it; columns as `store.events.tables`."""

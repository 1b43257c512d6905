"""The three event tables as SQLAlchemy sees them, the same on DuckDB and ClickHouse."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Double,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    column,
    table,
)

metadata: Final = MetaData()

_MOMENT = DateTime(timezone=True)

events: Final = Table(
    "events",
    metadata,
    Column("ts", _MOMENT),
    Column("source", String),
    Column("key_ref", String),
    Column("key_hint", String),
    Column("ip", String),
    Column("method", String),
    Column("route", String),
    Column("path", String),
    Column("host", String),
    Column("status", SmallInteger),
    Column("outcome", String),
    Column("bytes_out", BigInteger),
    Column("bytes_in", BigInteger),
    Column("duration_ms", Double),
    Column("user_agent", String),
    Column("client", String),
    Column("network", String),
    Column("country", String),
    Column("asn", String),
    Column("request_id", String),
    Column("flags", String),
    Column("batch", String),
    Column("line", Integer),
)
"""One row a request; columns as `model.event.EVENT_COLUMNS`."""

usage: Final = Table(
    "usage",
    metadata,
    Column("hour", _MOMENT),
    Column("key_ref", String),
    Column("host", String),
    Column("outcome", String),
    Column("requests", BigInteger),
    Column("bytes_out", BigInteger),
    Column("duration_sum", Double),
    Column("duration_max", Double),
    Column("timed", BigInteger),
)
"""Partial counts by (hour, key_ref, host, outcome); several rows may stand for one group: sum them."""

facets: Final = Table(
    "facets",
    metadata,
    Column("day", _MOMENT),
    Column("key_ref", String),
    Column("kind", String),
    Column("value", String),
    Column("outcome", String),
    Column("requests", BigInteger),
    Column("bytes_out", BigInteger),
    Column("duration_sum", Double),
    Column("duration_max", Double),
    Column("timed", BigInteger),
    Column("first_ts", _MOMENT),
    Column("last_ts", _MOMENT),
)
"""Partial counts by (day, key_ref, kind, value, outcome), for kinds in `model.event.FACET_KINDS`."""

kept: Final = table("kept", column("key_ref", String))
"""The key_refs that are never folded: the inventory's, and those that succeeded once. See `EventsReader.keep`."""

"""The SQL that turns events into usage and facets, for segments being sealed and for the tails of a view alike."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from model.event import FACET_KINDS, UNKNOWN_PREFIX

_HOUR_US = 3_600_000_000
_DAY_US = 24 * _HOUR_US
_COUNTS = (
    "count(*) AS requests, CAST(sum(bytes_out) AS BIGINT) AS bytes_out, sum(duration_ms) AS duration_sum,"
    " max(duration_ms) AS duration_max, count(duration_ms) AS timed"
)

GROUPS: Final = {
    "usage": ("hour", "key_ref", "host", "outcome"),
    "facets": ("day", "key_ref", "kind", "value", "outcome"),
}
"""What the counts are by."""
_SUMS: Final = (
    "CAST(sum(requests) AS BIGINT) AS requests, CAST(sum(bytes_out) AS BIGINT) AS bytes_out,"
    " sum(duration_sum) AS duration_sum, max(duration_max) AS duration_max, CAST(sum(timed) AS BIGINT) AS timed"
)
_FIRST_LAST: Final = {"usage": "", "facets": ", min(first_ts) AS first_ts, max(last_ts) AS last_ts"}


class Value(NamedTuple):
    """What facets of a kind are counted by."""

    columns: str
    """Of an event, comma-separated."""
    present: str
    """The one that an event must have."""
    text: str
    """The value, as an expression over the columns."""


VALUES: Final[Mapping[str, Value]] = {kind: Value(kind, kind, f"CAST({kind} AS VARCHAR)") for kind in FACET_KINDS} | {
    "route": Value("method, route", "route", "coalesce(CAST(method AS VARCHAR) || ' ', '') || CAST(route AS VARCHAR)")
}
"""Of events whose columns are texts or enumerations."""


def known(source: str, kept: str) -> str:
    """A SELECT of the credentials of `source` that stay themselves.

    They stand in the table `kept` (column key_ref), or succeeded in this batch.
    """
    return f"""
    SELECT key_ref FROM {source} WHERE outcome = 'ok' AND key_ref IS NOT NULL
    UNION SELECT s.key_ref FROM (SELECT DISTINCT key_ref FROM {source}) s JOIN {kept} k
        ON CAST(s.key_ref AS VARCHAR) = k.key_ref"""


def folded(source: str, known: str) -> str:
    """A SELECT of `source` whose other credentials are folded into one key_ref per address network.

    `known` is a table or subquery as `known` gives it. Only the columns that usage and facets need are selected.
    """
    return f"""
    SELECT e.ts, e.key_hint, e.host, e.outcome, e.bytes_out, e.duration_ms, e.ip, e.network, e.asn, e.country, e.client,
        e.method, e.route, {REF} AS key_ref
    FROM {source} e LEFT JOIN {known} k ON e.key_ref = k.key_ref"""


REF: Final = (
    f"CASE WHEN e.key_ref IS NULL OR k.key_ref IS NOT NULL THEN CAST(e.key_ref AS VARCHAR)"
    f" ELSE '{UNKNOWN_PREFIX}' || coalesce(CAST(e.network AS VARCHAR), '-') END"
)
"""The folded key_ref of an event `e` beside the known credential `k`."""


def added_up(kind: str, source: str) -> str:
    """A SELECT of partial counts, `usage` or `facets`, as one row a group."""
    groups = ", ".join(GROUPS[kind])
    return f"SELECT {groups}, {_SUMS}{_FIRST_LAST[kind]} FROM {source} GROUP BY {groups}"


def usage(source: str) -> str:
    """A SELECT of the columns of `store.events.tables.usage` from folded events."""
    return f"""
    SELECT make_timestamptz(bucket * {_HOUR_US}) AS hour, key_ref, host, outcome, requests, bytes_out, duration_sum,
        duration_max, timed
    FROM (SELECT epoch_us(ts) // {_HOUR_US} AS bucket, key_ref, host, outcome, {_COUNTS} FROM {source} GROUP BY ALL)"""


def facets(source: str, values: Mapping[str, Value] = VALUES) -> str:
    """A SELECT of the columns of `store.events.tables.facets` from folded events, for the kinds of `values`."""
    return " UNION ALL ".join(_facet(source, kind, value) for kind, value in values.items())


def _facet(source: str, kind: str, value: Value) -> str:
    return f"""
    SELECT make_timestamptz(bucket * {_DAY_US}) AS day, key_ref, '{kind}' AS kind, {value.text} AS value, outcome,
        requests, bytes_out, duration_sum, duration_max, timed, first_ts, last_ts
    FROM (SELECT epoch_us(ts) // {_DAY_US} AS bucket, key_ref, {value.columns}, outcome, {_COUNTS},
        min(ts) AS first_ts, max(ts) AS last_ts FROM {source} WHERE {value.present} IS NOT NULL GROUP BY ALL)"""

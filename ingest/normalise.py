"""Raw columns to event columns: routes, networks, clients, outcomes, and the last redaction before writing."""

import ipaddress
from collections.abc import Sequence
from typing import Final

import duckdb
import pyarrow as pa

from ingest.formats.sql import outcome_of_status
from ingest.redact import MARK, look, quoted, redact_sql
from model.event import Flag

_IPV4_NETWORK: Final = r"^(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}$"
_V4_BITS: Final = 24
_V6_BITS: Final = 48

_IDENTIFIER: Final = (
    r"/(?:[0-9]+|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|[0-9a-fA-F]{16,}"
    r"|[0-9A-HJKMNP-TV-Z]{26}|[A-Za-z]{1,12}_[A-Za-z0-9]*[0-9][A-Za-z0-9]*|[^/\s]+@[^/\s]+|\[redacted\])(/|$)"
)
"""Path segments that name one thing: numbers, UUIDs, hashes, ULIDs, prefixed ids, e-mail addresses, redacted ones."""

_CLIENT: Final = (
    "CASE WHEN user_agent LIKE 'Mozilla/%' THEN coalesce("
    r"nullif(regexp_extract(user_agent, '(Edg|OPR|Firefox|SamsungBrowser|Googlebot|bingbot|Chrome|CriOS)/(\d+)'), ''),"
    r"nullif(regexp_extract(user_agent, '(Version/\d+|MSIE \d+|Trident/\d+)'), ''), 'Mozilla')"
    r" ELSE coalesce(nullif(regexp_extract(user_agent, '^[^/\s]{1,60}(/v?\d+)?'), ''), left(user_agent, 40)) END"
)
"""Product and major version: `python-requests/2`, `Firefox/133`, `curl/8`."""


def networks_sql() -> str:
    """The table `networks` (ip, network): /24 of IPv4; the others follow by `map_other_networks`."""
    return (
        "CREATE OR REPLACE TEMP TABLE networks AS SELECT ip, nullif(regexp_extract(ip, "
        f"'{_IPV4_NETWORK}', 1), '') || '.0/{_V4_BITS}' AS network"
        " FROM (SELECT DISTINCT ip FROM raw WHERE ip IS NOT NULL)"
    )


def map_other_networks(duck: duckdb.DuckDBPyConnection) -> None:
    """Give IPv6 addresses their /48 (an IPv4-mapped one its /24); a host name is its own network."""
    others = [row[0] for row in duck.execute("SELECT ip FROM networks WHERE network IS NULL").fetchall()]
    if not others:
        return
    found = pa.table({"ip": pa.array(others), "network": pa.array([network_of(ip) for ip in others])})
    duck.register("found", found)
    duck.execute("UPDATE networks SET network = found.network FROM found WHERE networks.ip = found.ip")
    duck.unregister("found")


def network_of(ip: str) -> str:
    """/24 or /48 of an address; a text that is none is its own network."""
    try:
        address = ipaddress.ip_address(ip.partition("%")[0].strip("[]"))
    except ValueError:
        return ip
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    bits = _V4_BITS if address.version == 4 else _V6_BITS  # noqa: PLR2004 (IP versions)
    return str(ipaddress.ip_network((address, bits), strict=False))


def agents_sql(prefixes: Sequence[str]) -> str:
    """The table `agents` (raw, user_agent, client): the distinct user agents, redacted, at most 400 characters."""
    return (
        f"CREATE OR REPLACE TEMP TABLE agents AS SELECT raw, user_agent, {_CLIENT} AS client FROM ("
        f"SELECT user_agent AS raw, {redact_sql('left(user_agent, 400)', prefixes)} AS user_agent"
        " FROM (SELECT DISTINCT user_agent FROM raw WHERE user_agent IS NOT NULL))"
    )


def events_sql(source: str, prefixes: Sequence[str], *, request_id: bool, path_is_name: bool) -> str:
    """The table `events` from `raw` and the maps beside it.

    Step by step, so that each expression over the path is computed once. With `path_is_name` the path is an operation's
    name (CloudTrail), in which a long word is no token.
    """
    kept_id = "left(r.request_id, 64)" if request_id else "CAST(NULL AS VARCHAR)"
    joined = f"""
    SELECT r.ts, coalesce(c.key_ref, 'id:' || r.key_id) AS key_ref, coalesce(c.key_hint, r.key_id) AS key_hint, r.ip,
        left(r.method, 20) AS method, r.target, lower(left(r.host, 255)) AS host, r.outcome,
        nullif(TRY_CAST(r.status AS SMALLINT), 0) AS status, TRY_CAST(r.bytes_out AS BIGINT) AS bytes_out,
        TRY_CAST(r.bytes_in AS BIGINT) AS bytes_in, CAST(r.duration_ms AS DOUBLE) AS duration_ms, a.user_agent,
        a.client, w.network, {kept_id} AS request_id, {_flags()} AS flags, r.n AS line, c.bare
    FROM raw r LEFT JOIN credentials c ON r.secret = c.secret LEFT JOIN networks w ON r.ip = w.ip
        LEFT JOIN agents a ON r.user_agent = a.raw WHERE r.reason IS NULL AND r.skipped IS NULL"""
    relative = "regexp_replace(target, '^https?://[^/]+', '')"
    steps = (
        f"CASE WHEN starts_with(target, 'http') THEN {relative} ELSE target END AS path",
        "left(split_part(split_part(path, '?', 1), '#', 1), 4000) AS path",
        ", ".join(f"{_without_own_secret(name)} AS {name}" for name in ("path", "user_agent", "client")),
        # What a cut would split must be gone before it.
        f"left({'path' if path_is_name else _redacted('path', prefixes)}, 1000) AS path",
        f"{_route('path')} AS route",
    )
    taken = f"SELECT *, target AS path, target AS route FROM ({joined})"
    for step in steps:
        taken = f"SELECT * REPLACE ({step}) FROM ({taken})"
    return f"""
    CREATE OR REPLACE TEMP TABLE events AS SELECT CAST(ts AS TIMESTAMPTZ) AS ts, {quoted(source)} AS source, key_ref,
        key_hint, ip, method, route, path, host, status, coalesce(outcome, {outcome_of_status("status")}) AS outcome,
        bytes_out, bytes_in, duration_ms, user_agent, client, network, CAST(NULL AS VARCHAR) AS country,
        CAST(NULL AS VARCHAR) AS asn, request_id, flags, line FROM ({taken})"""


def _redacted(path: str, prefixes: Sequence[str]) -> str:
    looked = f"regexp_matches({path}, {quoted(look(prefixes))})"
    return f"CASE WHEN {looked} THEN {redact_sql(path, prefixes)} ELSE {path} END"


def _without_own_secret(expression: str) -> str:
    """What the request's own credential also stands in, without it: no family of tokens need know it.

    Shorter ones than six characters stay: replacing them would tear words apart.
    """
    own = f"length(bare) >= 6 AND contains({expression}, bare)"
    return f"CASE WHEN {own} THEN replace({expression}, bare, '{MARK}') ELSE {expression} END"


def _route(path: str) -> str:
    # Two identifiers in a row share the slash between them: doubled, each has its own.
    replaced = f"regexp_replace(replace({path}, '/', '//'), {quoted(_IDENTIFIER)}, '/{{id}}\\1', 'g')"
    single = f"replace({replaced}, '//', '/')"
    return f"CASE WHEN regexp_matches({path}, '[0-9@\\[]') THEN {single} ELSE {path} END"


def _flags() -> str:
    url = f"CASE WHEN {_holds_secret('r.target')} THEN '{Flag.KEY_IN_URL}' END"
    referer = f"CASE WHEN {_holds_secret('r.referer')} THEN '{Flag.KEY_IN_REFERER}' END"
    return f"nullif(concat_ws(',', {url}, {referer}), '')"


def _holds_secret(text: str) -> str:
    decoded = f"contains({text}, '%') AND contains(TRY(url_decode({text})), c.bare)"
    return f"c.bare IS NOT NULL AND (contains({text}, c.bare) OR ({decoded}))"

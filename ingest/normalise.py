"""Raw rows to events: one join with the small tables, which hold what was looked at once a block."""

from collections.abc import Sequence

from ingest.distinct import address_key, by_method
from ingest.formats.sql import outcome_of_status
from ingest.redact import MARK, issued_sql, quoted
from ingest.treatment import Treatment
from model.event import EVENT_COLUMNS, Flag


def events_sql(columns: Sequence[str], treatment: Treatment, *, several: bool) -> str:
    """The table `events` from `raw` (which has `columns`) and the small tables beside it.

    With `several` the table of that name tells of rows that carried more than one secret.
    """
    values = _values(columns, treatment) | {"flags": _flags(columns, several=several)}
    values |= {name: _credential(name, columns, several=several) for name in ("key_ref", "key_hint")}
    listed = ", ".join(
        f"{values.get(name) or f'CAST(NULL AS {kind})'} AS {name}"
        for name, kind in EVENT_COLUMNS.items()
        if name != "batch"
    )
    joins = _joins(columns, treatment) + (" LEFT JOIN several s ON r.rowid = s.place" if several else "")
    return f"CREATE TEMP TABLE events AS SELECT {listed} FROM raw r{joins} WHERE r.reason IS NULL AND r.skipped IS NULL"


def _values(columns: Sequence[str], treatment: Treatment) -> dict[str, str | None]:
    has = columns.__contains__
    status = "r.status" if has("status") else "CAST(NULL AS SMALLINT)"
    outcome = f"coalesce(r.outcome, {outcome_of_status(status)})" if has("outcome") else outcome_of_status(status)
    place = treatment.geo is not None and address_key(columns, treatment) is not None
    country = (
        ["CASE WHEN regexp_matches(r.country, '^[A-Za-z]{2}$') THEN upper(r.country) END"] if has("country") else []
    )
    number = "regexp_extract(r.asn, '^(?:(?i)AS)?([0-9]{1,10})', 1)"
    asn = [f"'AS' || nullif({number}, '')"] if has("asn") else []
    # Random by nature, so no long run of it is suspect; but a client may send a key for one.
    issued = issued_sql("r.request_id", treatment.prefixes)
    request_id = f"CASE WHEN {issued} THEN {quoted(MARK)} ELSE left(r.request_id, 64) END"
    address = address_key(columns, treatment) is not None
    return {
        "ts": "CAST(r.ts AS TIMESTAMPTZ)",
        "source": f"CAST({quoted(treatment.source)} AS sources)",
        "ip": "w.ip" if address else None,
        "method": "m.method" if has("method") else None,
        "route": "p.route" if has("path") else None,
        "path": "p.path" if has("path") else None,
        "host": "h.host" if has("host") else None,
        "status": status,
        "outcome": f"CAST({outcome} AS outcomes)",
        "bytes_out": "r.bytes_out" if has("bytes_out") else None,
        "bytes_in": "r.bytes_in" if has("bytes_in") else None,
        "duration_ms": "r.duration_ms" if has("duration_ms") else None,
        "user_agent": "a.user_agent" if has("user_agent") else None,
        "client": "a.client" if has("user_agent") else None,
        "network": "w.network" if address else None,
        # What the log itself says comes first.
        "country": _first([*country, *(["w.country"] if place else [])]),
        "asn": _first([*asn, *(["w.asn"] if place else [])]),
        "request_id": request_id if treatment.request_id and has("request_id") else None,
        "line": "CAST(coalesce(r.n, r.rowid + 1) AS INTEGER)",
    }


def _joins(columns: Sequence[str], treatment: Treatment) -> str:
    key = address_key(columns, treatment)
    joins = f" LEFT JOIN addresses w ON {key} = w.raw" if key else ""
    for table, short, column in (("agents", "a", "user_agent"), ("methods", "m", "method"), ("hosts", "h", "host")):
        joins += f" LEFT JOIN {table} {short} ON r.{column} = {short}.raw" if column in columns else ""
    if "path" in columns:
        method = " AND r.method IS NOT DISTINCT FROM p.method" if by_method(columns, treatment) else ""
        joins += f" LEFT JOIN paths p ON r.path = p.raw{method}"
    joins += " LEFT JOIN credentials c ON r.secret = c.raw AND NOT c.is_id" if "secret" in columns else ""
    return joins + (" LEFT JOIN credentials i ON r.key_id = i.raw AND i.is_id" if "key_id" in columns else "")


def _credential(name: str, columns: Sequence[str], *, several: bool) -> str | None:
    # Where an id stands before the secrets, it counts.
    tables = [("c", "secret" in columns), ("i", "key_id" in columns), ("s", several)]
    return _first([f"{table}.{name}" for table, there in tables if there])


def _first(expressions: Sequence[str]) -> str | None:
    if len(expressions) > 1:
        return f"coalesce({', '.join(expressions)})"
    return expressions[0] if expressions else None


def _flags(columns: Sequence[str], *, several: bool) -> str | None:
    """The remarks, comma-separated; None where the lines can carry none."""
    parts: list[str] = []
    tables = [table for table, of in (("c", "secret"), ("i", "key_id")) if of in columns]
    if "secret" in columns and "target" in columns:
        parts.append(f"CASE WHEN {_holds_secret('r.target')} THEN '{Flag.KEY_IN_URL}' END")
    elif "secret" in columns and "path" in columns:
        # The only places of a credential are in the URL.
        parts.append(f"CASE WHEN c.key_ref IS NOT NULL THEN '{Flag.KEY_IN_URL}' END")
    if "secret" in columns and "referer" in columns:
        parts.append(f"CASE WHEN {_holds_secret('r.referer')} THEN '{Flag.KEY_IN_REFERER}' END")
    parts += [f"CASE WHEN {table}.unverified THEN '{Flag.UNVERIFIED_TOKEN}' END" for table in tables]
    parts += [f"CASE WHEN s.many THEN '{Flag.SEVERAL_KEYS}' END"] if several else []
    return f"nullif(concat_ws(',', {', '.join(parts)}), '')" if parts else None


def _holds_secret(text: str) -> str:
    decoded = f"contains({text}, '%') AND contains(TRY(url_decode({text})), c.bare)"
    return f"c.bare IS NOT NULL AND {text} IS NOT NULL AND (contains({text}, c.bare) OR ({decoded}))"

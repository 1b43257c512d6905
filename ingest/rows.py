"""The columns of a block's rows that events are made of, as SQL over raw ones; what no event needs is never built."""

from collections.abc import Sequence
from typing import Final

from ingest.formats.sql import outcome_of_status
from ingest.redact import MARK, issued_sql, quoted
from ingest.treatment import Treatment

BETWEEN: Final = "\x1f"
"""Stands between the peer and what proxies say, in a text that tells one client from another."""
TEXTS: Final = ("address", "user_agent", "method", "host", "secret", "key_id", "also", "outcome", "country", "asn")
"""Columns whose values repeat."""
_AS_THEY_ARE: Final = ("ts", "status", "bytes_out", "bytes_in", "duration_ms")
_LONGEST_ID: Final = 64


def rows_sql(raw: str, columns: Sequence[str], treatment: Treatment) -> str:
    """A SELECT of rows from one of raw rows: n, skipped, reason, and those of the columns below that there are.

    ts, status, bytes_out, bytes_in, duration_ms; the texts of TEXTS; path; target (where it is not the path) and
    referer where a secret could stand in them; request_id. `address` is the peer, with what proxies say where that
    counts. `also` is a JSON list.
    """
    parts = {name: f"r.{name}" for name in (*_AS_THEY_ARE, *TEXTS, "path") if name in columns}
    if "secret" in columns:
        parts |= {"referer": "r.referer"} if "referer" in columns else {}
        # Most have no query, and to hand a text over costs 0.05 µs.
        parts |= {"target": "CASE WHEN r.target <> r.path THEN r.target END"} if "target" in columns else {}
    if "also" in columns:
        parts["also"] = "CAST(to_json(r.also) AS VARCHAR)"
    address = _address(columns, behind_proxies=bool(treatment.proxies))
    if address is not None:
        parts["address"] = address
    if "outcome" in columns:
        status = "r.status" if "status" in columns else "CAST(NULL AS SMALLINT)"
        parts["outcome"] = f"coalesce(r.outcome, {outcome_of_status(status)})"
    if "country" in columns:
        parts["country"] = "CASE WHEN regexp_matches(r.country, '^[A-Za-z]{2}$') THEN upper(r.country) END"
    if "asn" in columns:
        parts["asn"] = "'AS' || nullif(regexp_extract(r.asn, '^(?:(?i)AS)?([0-9]{1,10})', 1), '')"
    if treatment.request_id and "request_id" in columns:
        # Random by nature, so no long run of it is suspect; but a client may send a key for one.
        issued = issued_sql("r.request_id", treatment.prefixes, anywhere=True)
        parts["request_id"] = f"CASE WHEN {issued} THEN {quoted(MARK)} ELSE left(r.request_id, {_LONGEST_ID}) END"
    listed = ", ".join(f"{expression} AS {name}" for name, expression in parts.items())
    return f"SELECT n, skipped, reason, {listed} FROM ({raw}) r"


def _address(columns: Sequence[str], *, behind_proxies: bool) -> str | None:
    if "forwarded" not in columns:
        return "r.ip" if "ip" in columns else None
    if "ip" not in columns:
        return f"chr({ord(BETWEEN)}) || r.forwarded"
    both = f"coalesce(r.ip, '') || chr({ord(BETWEEN)}) || coalesce(r.forwarded, '')"
    return both if behind_proxies else f"CASE WHEN r.ip IS NULL THEN {both} ELSE r.ip END"

"""Pieces of DuckDB SQL that several formats share: moments, outcomes, nulls, credentials in a query."""

import re
from collections.abc import Iterable
from typing import Final

from ingest.redact import quoted

CLF_TIME = "%d/%b/%Y:%H:%M:%S %z"

_API_KEYS = "x[-_]api[-_](?:key|token)|api[-_]?(?:key|token|secret)"
_URL_KEYS = (
    _API_KEYS + "|(?:access|auth|oauth|id|private|bearer)[-_]?token"
    "|(?:access|app|user|license|subscription|client|consumer|secret|hapi)[-_]?key|client_secret|jwt"
    "|x-(?:amz|goog)-credential|AWSAccessKeyId|token|key"
)
"""Parameters that carry a credential; of two in one query the left one counts."""


def query_pattern(name: str | None) -> str:
    """The pattern of a query parameter that carries a credential, by its name or a well-known one."""
    return rf"(?i)[?&](?:{_URL_KEYS if name is None else re.escape(name)})=[^&#\s]+"


def api_key_pattern(names: Iterable[str]) -> str:
    """The pattern of a query parameter of one of these names (_ for - too), or one that says API key."""
    own = (re.escape(name).replace("_", "[-_]") for name in names if name not in _COMMON)
    return rf"(?i)[?&](?:{'|'.join((*own, _API_KEYS))})=[^&#\s]+"


_COMMON = {"authorization", "token", "key", "id", "user", "remote_user", "cookie"}
"""Names of places that as a parameter's name may be anything."""

NOW: Final = "CAST(getvariable('now') AS TIMESTAMPTZ)"
"""The newest moment that the lines can be of, as the parser was told; for times without a year. May be null."""
EARLIEST: Final = "TIMESTAMP '1969-12-31 00:00:00'"
"""No log was written before."""


_LOW: Final = "TIMESTAMPTZ '1969-12-31 00:00:00+00'"
_HIGH: Final = "TIMESTAMPTZ '9999-01-01 00:00:00+00'"


def present(expression: str) -> str:
    """The text, or null where the log wrote nothing or a dash."""
    return f"nullif(nullif({expression}, ''), '-')"


def first(expressions: Iterable[str]) -> str:
    """The first of the texts that is present; SQL null for none."""
    options = [present(expression) for expression in expressions]
    if not options:
        return "NULL"
    return options[0] if len(options) == 1 else f"coalesce({', '.join(options)})"


def clf_moment(expression: str) -> str:
    """`26/Jan/2019:19:45:25 +0330` as TIMESTAMP in UTC, null when it is none."""
    found = f"try_strptime({expression}, '{CLF_TIME}')"
    return _in_utc(_possible(found))


def any_moment(expression: str) -> str:
    """ISO 8601, CLF, or an epoch whose unit (s, ms, us, ns) its magnitude tells, as TIMESTAMP in UTC."""
    number = f"TRY_CAST({expression} AS DOUBLE)"
    scaled = (
        f"CASE WHEN {number} > 9e18 OR {number} < 0 THEN NULL"
        f" WHEN {number} > 1e17 THEN {number} / 1e3 WHEN {number} > 1e14 THEN {number}"
        f" WHEN {number} > 1e11 THEN {number} * 1e3 ELSE {number} * 1e6 END"
    )
    # ISO 8601 first, since most logs write it: the others are looked at only where it is none.
    found = (
        f"coalesce(TRY_CAST({expression} AS TIMESTAMPTZ), try_strptime({expression}, '{CLF_TIME}'),"
        f" to_timestamp({scaled} / 1e6))"
    )
    return _in_utc(_possible(found))


def iso_moment(expression: str) -> str:
    """ISO 8601 as TIMESTAMP in UTC; null for all else that `any_moment` reads. Half of its time."""
    found = f"TRY_CAST({expression} AS TIMESTAMPTZ)"
    return _in_utc(f"CASE WHEN {found} > {_LOW} AND {found} < {_HIGH} THEN {found} END")


def _in_utc(moment: str) -> str:
    """A TIMESTAMPTZ as TIMESTAMP in UTC. A cast would ask for the zone's rules, for 0.1 µs a line."""
    return f"make_timestamp(epoch_us({moment}))"


def _possible(moment: str) -> str:
    """Null for infinity, and for years that Python's datetime does not have or that no log was written in."""
    # greatest and least pass nulls over, so the expression stands in the statement once.
    return f"nullif(least(nullif(greatest({moment}, {_LOW}), {_LOW}), {_HIGH}), {_HIGH})"


WORDS: Final = (
    "string_split(request, ' ') AS words",
    (
        # The list alone becomes a join, for three times as much.
        "len(words) = 3 AND (words[1] = 'GET' OR words[1] IN ('POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'))"
        " AND starts_with(words[3], 'HTTP/') AS plain"
    ),
)
"""The steps before the two below: nearly all request lines are three words, the first a common method, and need no
pattern. Splitting takes 0.17 µs a line, cutting by places (`substr`, which counts characters) 0.5."""

TARGET_OF_REQUEST: Final = (
    "CASE WHEN plain THEN words[2] ELSE coalesce("
    "nullif(regexp_extract(request, '^[A-Z][A-Z_-]{0,19} (.*?)(?: HTTP/[0-9.]+)? *$', 1), ''),"
    " nullif(regexp_replace(request, '^- - HTTP/[0-9.]+$', ''), '')) END"
)
"""The target of a request line (`GET /path HTTP/1.1`); what is no request line is its own target, but for dashes."""

METHOD_OF_REQUEST: Final = (
    "CASE WHEN plain THEN words[1] ELSE nullif(regexp_extract(request, '^([A-Z][A-Z_-]{0,19}) ', 1), '') END"
)
"""The method of a request line, or null where there is none."""


def in_query(target: str, pattern: str) -> str:
    """The parameter of a query that carries a credential, with its name; `pattern` as `query_pattern` gives it.

    Without a group RE2 needs its fast automaton only: a quarter of the time.
    """
    return f"CASE WHEN contains({target}, '=') THEN regexp_extract({target}, {quoted(pattern)}) END"


def value_of_parameter(parameter: str) -> str:
    """The value of `name=value`, decoded, or null."""
    raw = f"substr({parameter}, instr({parameter}, '=') + 1)"
    # Escapes that are no UTF-8 (%FF) make url_decode fail: such a value is taken as it stands.
    decoded = f"coalesce(TRY(url_decode({raw})), {raw})"
    value = f"CASE WHEN contains({parameter}, '%') THEN {decoded} ELSE {raw} END"
    return f"CASE WHEN {parameter} <> '' THEN {value} END"


def outcome_of_status(status: str) -> str:
    """The outcome of an HTTP status (a SMALLINT expression)."""
    return (
        f"CASE WHEN {status} IS NULL THEN 'unknown' WHEN {status} = 401 THEN 'unauthenticated'"
        f" WHEN {status} = 403 THEN 'forbidden' WHEN {status} = 429 THEN 'throttled'"
        f" WHEN {status} BETWEEN 100 AND 399 THEN 'ok' WHEN {status} BETWEEN 400 AND 499 THEN 'client_error'"
        f" WHEN {status} BETWEEN 500 AND 599 THEN 'server_error' ELSE 'unknown' END"
    )

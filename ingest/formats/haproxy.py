r"""HAProxy's HTTP and HTTPS log; its TCP log, connection errors and notices are skipped by class.

`203.0.113.9:40112 [01/Oct/2026:09:30:00.123] web~ api/one 0/0/1/40/42 200 512 - - ---- 1/1/0/0/0 0/0 {…} "GET / …"`,
with or without `haproxy[123]: ` before it. Captured headers stand in the order of the configuration: they are the
fields `request_header_1`, `request_header_2`, `response_header_1`, … of `keys` and `fields`; the captured cookies are
`request_cookie` and `response_cookie`. Lines of HAProxy 1.2 (four timers, no
queues) are read too. The time is the host's own: see `local_time`.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from ingest.formats import held, local_time, text
from ingest.formats.addresses import host_of_request, without_port
from ingest.formats.interface import RAW_COLUMNS, Credential, Format, Options, Plan
from ingest.formats.share import share
from ingest.formats.sql import present

_PREFIX: Final = r"^(?:[^\"{]*?[\w./-]+\[\d+\]: +)?"
_ACCEPTED: Final = r"(?P<ip>\S+:\d+) +\[(?P<time>[^\]]+)\] +"
PATTERN: Final = (
    _PREFIX + _ACCEPTED + r"(?P<frontend>\S+) +(?P<backend>\S+) +(?:\S+ +)?(?P<timers>(?:-?\d+/){3,4}\+?-?\d+)"
    r" +(?P<status>-?\d+|-) +(?P<bytes>\+?\d+|-) +(?P<cookie>\S+) +(?P<set_cookie>\S+) +(?P<state>\S{2,4})"
    r" +[\d/+]+(?: +\d+/\d+)?(?P<captures>(?: +\{[^}]*\}){0,2})(?: +\"(?P<request>[^\"]*)\"?)?"
)

_TCP: Final = r"\] +\S+ +\S*/\S* +(?:\S+ +)?-?\d+/-?\d+/\+?-?\d+ +\+?\d+ +[A-Za-z-]{2} "
_CONNECTION: Final = r"\S:\d+ \[\d+/\w+/[^\]]+\] +[^ ]+: |(?:^|: )Connect from "
_NOTICE: Final = (
    r"(?:^|\]: )(?:\[(?:NOTICE|WARNING|ALERT)\]|Proxy \S+ |Stopping |Pausing |Enabling |Server \S+ |Backend \S+ "
    r"|backend \S+ |Health check |Loading |New worker |Current worker |Former worker )"
)
_OTHER: Final = (("tcp", _TCP), ("connection", _CONNECTION), ("notice", _NOTICE))
_TELLING: Final = r"\bhaproxy\[\d+\]: |^Proxy \S+ (?:started|stopped)"

_SPLITS: Final = (
    "string_split(text, '\"') AS q",
    "string_split(CASE WHEN contains(q[1], ']: ') THEN substr(q[1], strpos(q[1], ']: ') + 3) ELSE q[1] END, ' ') AS p",
)
_FITS: Final = (
    "len(p) >= 13 AND starts_with(p[2], '[') AND ends_with(p[2], ']') AND len(string_split(p[5], '/')) = 5"
    " AND length(p[6]) = 3 AND contains(p[12], '/') AND (len(p) = 13 OR starts_with(p[13], '{'))"
)
_PIECES: Final = {
    "ip": "p[1]",
    "time": "substr(p[2], 2, length(p[2]) - 2)",
    "frontend": "p[3]",
    "backend": "p[4]",
    "timers": "p[5]",
    "status": "p[6]",
    "bytes": "p[7]",
    "cookie": "p[8]",
    "set_cookie": "p[9]",
    "state": "p[10]",
    "captures": "CASE WHEN len(p) > 13 THEN array_to_string(p[13:], ' ') ELSE '' END",
    "request": "rtrim(q[2], E'\\r\\n')",
}

_CAPTURES: Final = {
    "request_header": r"regexp_extract({captures}, '^ *\{([^}]*)\}', 1)",
    "response_header": r"regexp_extract({captures}, '\} +\{([^}]*)\}', 1)",
}
_CAPTURE = re.compile(r"(request|response)_header_(\d{1,2})$")
_NAMES: Final = {"request_cookie": "{cookie}", "response_cookie": "{set_cookie}"}

_REQUEST: Final = f"nullif({text.field('request')}, '<BADREQ>')"
_LOCAL: Final = "coalesce(try_strptime({time}, '%d/%b/%Y:%H:%M:%S.%g'), try_strptime({time}, '%d/%b/%Y:%H:%M:%S'))"
_TOTAL: Final = "TRY_CAST(ltrim(string_split({timers}, '/')[-1], '+') AS DOUBLE)"
"""Milliseconds; with a plus where the log was written before the end of the response."""


def _captured(name: str) -> str | None:
    """The expression of `request_header_2` and the like; None for another name."""
    found = _CAPTURE.match(name)
    if found is None:
        return _NAMES.get(name)
    return f"string_split({_CAPTURES[f'{found[1]}_header']}, '|')[{int(found[2])}]"


def _columns(options: Options) -> Mapping[str, str]:
    columns = {
        "ts": local_time.in_utc(_LOCAL, lasted=f"{_TOTAL} / 1000"),
        "ip": without_port("{ip}"),
        "request": _REQUEST,
        "host": host_of_request("{request}"),
        "status": "nullif(nullif({status}, '-1'), '-')",
        # Sessions that ended before there was a response: the first letter says who ended it, S the server.
        "outcome": "CASE WHEN length({status}) < 3 AND upper(left({state}, 1)) = 'S' THEN 'server_error' END",
        "bytes_out": present("ltrim({bytes}, '+')"),
        "duration_ms": f"CASE WHEN {_TOTAL} >= 0 THEN {_TOTAL} END",
    }
    mapped = {column: _captured(name) for column, name in options.fields.items() if column in RAW_COLUMNS}
    return columns | {column: present(found) for column, found in mapped.items() if found is not None}


def _credentials(options: Options) -> tuple[Credential, ...]:
    named = {header.lower(): name for header, name in options.fields.items()}

    def header(name: str) -> str | None:
        return _captured(named.get(name.lower(), ""))

    found = held.credentials(options, read=_captured, header=header, cookies="{cookie}")
    if options.keys:
        return found
    # An Authorization header tells itself, wherever among the captures it stands.
    scheme = "nullif(regexp_extract({captures}, '[{|]((?i:bearer|basic|token) [^|}]+)', 1), '')"
    return (Credential(expression=f"CASE WHEN {{captures}} <> '' THEN {scheme} END"), *found)


def _confidence(sample: Sequence[str], _options: Options) -> float:
    return share(sample, PATTERN, _TCP, _CONNECTION, _TELLING)


def _plan(_sample: Sequence[str], options: Options) -> Plan:
    return text.plan(
        "haproxy",
        PATTERN,
        _columns(options),
        credentials=_credentials(options),
        quickly=(_SPLITS, _FITS, _PIECES),
        skips=tuple((f"regexp_matches(text, '{pattern}')", kind) for kind, pattern in _OTHER),
    )


FORMAT: Final = Format(name="haproxy", title="HAProxy HTTP log", confidence=_confidence, plan=_plan)

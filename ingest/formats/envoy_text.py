r"""Envoy's default text format, and Istio's, which has more columns; sessions of TCP are skipped by class.

`[2026-10-01T09:30:00Z] "GET /v1 HTTP/2" 200 - 0 512 42 40 "203.0.113.9" "curl/8" "id" "api.example" "192.0.2.1:80"`,
with or without `ACCESS ` before it. Envoy escapes nothing. The peer is Istio's downstream address, else the last of
X-Forwarded-For, which Envoy itself added.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from ingest.formats import envoy_flags, error_log, held, text
from ingest.formats.addresses import host_of_request, last_of_list, without_port
from ingest.formats.interface import Format, Options, Plan
from ingest.formats.share import share
from ingest.formats.sql import any_moment, present

PATTERN: Final = (
    r"^(?:ACCESS +)?\[(?P<time>\d[^\]]*)\] +\"(?P<request>.*?)\" +(?P<status>\d+|-) +(?P<flags>[A-Za-z,]+|-) +"
    r"(?:\S+ +\S+ +\".*?\" +|(?:\"[^\"]*\" +){1,2})?"
    r"(?P<bytes_in>\d+|-) +(?P<bytes_out>\d+|-) +(?P<duration>\d+|-) +\S+"
    r"(?: +\"(?P<forwarded>[^\"]*)\"(?: +\"(?P<agent>.*?)(?:\" +\"(?P<id>[^\"]*)\" +\"(?P<host>[^\"]*)\""
    r" +\"(?P<upstream>[^\"]*)\"(?P<rest>.*)|[\r\n]*$))?)?"
)

_SPLITS: Final = (
    "string_split(text, '\"') AS q",
    "string_split(q[3], ' ') AS s, CASE WHEN len(q) = 15 THEN 2 ELSE 0 END AS k",
    # Istio's columns between the flags and the bytes end with a quoted one.
    "CASE WHEN k = 2 THEN string_split(q[5], ' ') ELSE s[3:] END AS b",
)
_FITS: Final = (
    "len(q) IN (13, 15) AND len(b) = 6 AND len(s) = CASE k WHEN 2 THEN 6 ELSE 8 END AND ends_with(q[1], '] ')"
    " AND q[5 + k] = ' ' AND q[7 + k] = ' ' AND q[9 + k] = ' ' AND q[11 + k] = ' '"
)
_PIECES: Final = {
    "time": "rtrim(split_part(q[1], '[', 2), '] ')",
    "request": "q[2]",
    "status": "s[2]",
    "flags": "s[3]",
    "bytes_in": "b[2]",
    "bytes_out": "b[3]",
    "duration": "b[4]",
    "forwarded": "q[4 + k]",
    "agent": "q[6 + k]",
    "id": "q[8 + k]",
    "host": "q[10 + k]",
    "upstream": "q[12 + k]",
    "rest": "q[13 + k]",
}

# Cluster, upstream's own address, downstream's own address, downstream's peer, SNI, route.
_PEER: Final = "string_split(ltrim({rest}), ' ')[4]"
# `- - HTTP/1.1` stands for a request that was none, `GET /a -` for one without a protocol.
_REQUEST: Final = (
    "CASE WHEN starts_with({request}, '- ') THEN NULL WHEN ends_with({request}, ' -') THEN left({request}, -2)"
    f" ELSE {text.field('request')} END"
)
_COLUMNS: Final = {
    "ts": any_moment("{time}"),
    "ip": f"coalesce({without_port(_PEER)}, {last_of_list('{forwarded}')})",
    "forwarded": text.field("forwarded"),
    "request": _REQUEST,
    "host": f"coalesce({text.field('host')}, {host_of_request('{request}')})",
    "status": text.field("status"),
    "outcome": envoy_flags.outcome("{status}", "{flags}"),
    "bytes_in": text.field("bytes_in"),
    "bytes_out": text.field("bytes_out"),
    "duration_ms": "TRY_CAST({duration} AS DOUBLE)",
    # A line that was cut off ends within one of the quoted columns.
    "user_agent": present("rtrim(split_part({agent}, '\" \"', 1), E'\"\\r\\n')"),
    "request_id": text.field("id"),
}


def _confidence(sample: Sequence[str], _options: Options) -> float:
    return share(sample, PATTERN)


def _plan(_sample: Sequence[str], options: Options) -> Plan:
    plan = text.plan(
        "envoy-text",
        PATTERN,
        _COLUMNS,
        credentials=held.credentials(options),
        quickly=(_SPLITS, _FITS, _PIECES),
    )
    return replace(plan, skips=(("r.request = '- - -'", "tcp"), error_log.SKIP))


FORMAT: Final = Format(name="envoy-text", title="Envoy or Istio text log", confidence=_confidence, plan=_plan)

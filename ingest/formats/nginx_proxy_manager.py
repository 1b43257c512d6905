"""Nginx Proxy Manager's proxy and standard formats, NPMplus, and the combined lines of its fallback host.

`[time] HIT 200 200 - GET https host "/uri" [Client 192.0.2.1] [Length 512] [Gzip -] [Sent-to …] "agent" "referer"`;
of the statuses the last is the one that the client got. NPMplus: `[time] host ip 0.227 "GET /uri HTTP/2.0" 200
body_bytes bytes referer agent`, the last two without quotes.
"""

from collections.abc import Sequence
from typing import Final

from ingest.formats import clf, combined, error_log, text
from ingest.formats.interface import Format, Options, Plan

_TIME: Final = r"^\[(?P<time>[^\]]+)\] +"
_MANAGER: Final = (
    _TIME + r"(?:(?:\S+ +)?(?:\d{3}|-)(?:, \d{3}| : \d{3})* +)??(?P<status>\d{3}|-) +- +(?P<method>\S+) +\S+ +"
    r'(?P<host>\S+) +"(?P<target>(?:[^"\\]|\\.)*)" +\[Client (?P<ip>[^\]]*)\] +\[Length (?P<bytes>[^\]]*)\]'
    r'(?: +\[[^\]]*\])* +"(?P<agent>(?:[^"\\]|\\.)*)" +"(?P<referer>(?:[^"\\]|\\.)*)"'
)
_PLUS: Final = (
    _TIME + r'(?P<host>\S+) +(?P<ip>\S+) +(?P<took>[\d.]+|-) +"(?P<request>(?:[^"\\]|\\.)*)" +(?P<status>\d{3}|-)'
    r" +(?P<bytes>\d+|-) +(?:\d+|-) +(?P<referer>\S+) +(?P<agent>[^\r\n]*)"
)
_COLUMNS: Final = combined.COLUMNS | {
    "method": text.field("method"),
    "target": text.field("target"),
    "host": "nullif(" + text.field("host") + ", '_')",
    "duration_ms": "TRY_CAST({took} AS DOUBLE) * 1000",
}


def _confidence(sample: Sequence[str], _options: Options) -> float:
    own = clf.share(sample, _MANAGER) + clf.share(sample, _PLUS)
    return min(1.0, own + clf.share(sample, combined.PATTERN)) if own else 0.0


def _plan(_sample: Sequence[str], options: Options) -> Plan:
    groups = [*text.GROUP.findall(combined.PATTERN), *text.GROUP.findall(_MANAGER)]
    return text.plan(
        "nginx-proxy-manager",
        combined.PATTERN,
        _COLUMNS,
        credentials=clf.credentials(options, groups, name="nginx-proxy-manager"),
        variants=(
            ("starts_with(text, '[') AND contains(text, ' [Client ')", _MANAGER),
            ("starts_with(text, '[')", _PLUS),
        ),
        skips=(error_log.SKIP,),
    )


FORMAT: Final = Format(
    name="nginx-proxy-manager", title="Nginx Proxy Manager, NPMplus", confidence=_confidence, plan=_plan
)

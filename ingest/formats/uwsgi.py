"""uWSGI's default request log.

`[pid: 7|app: 0|req: 1/1] ip (user) {38 vars in 696 bytes} [Sun Mar 13 22:49:12 2016] POST /path => generated 47 bytes
in 129 msecs (HTTP/1.1 200) 9 headers in 378 bytes (1 switches on core 3)`. The time has no zone: taken as UTC.
"""

from collections.abc import Sequence
from typing import Final

from ingest.formats import clf, text
from ingest.formats.interface import Format, Options, Plan
from ingest.redact import quoted

PATTERN: Final = (
    r"^\[pid: \d+\|app: [^|]*\|req: [^\]]*\] (?P<ip>\S*) \((?P<user>[^)]*)\) \{[^}]*\} \[(?P<time>[^\]]+)\] "
    r"(?P<method>\S+) (?P<target>.*?) => generated (?P<bytes>\d+) bytes in (?P<took>\d+) (?P<unit>msecs|micros|secs)"
    r"[^(]*(?:\(\))?[^(]*\(\S+ (?P<status>\d+)\)"
)
_COLUMNS: Final = {
    "ts": "try_strptime({time}, '%a %b %d %H:%M:%S %Y')",
    "ip": text.field("ip"),
    "method": text.field("method"),
    "target": text.field("target"),
    "status": text.field("status"),
    "bytes_out": text.field("bytes"),
    "duration_ms": "TRY_CAST({took} AS DOUBLE) * CASE {unit} WHEN 'micros' THEN 1e-3 WHEN 'secs' THEN 1e3 ELSE 1 END",
}
_MESSAGES: Final = (
    r"^(?:\*\*\* |\[uWSGI\] |\[uwsgi|\.\.\.|spawned |mounting |mapped \d|WSGI app |uWSGI |uwsgi |worker \d|detected |"
    r"your (?:server|memory|processes)|Python (?:version|main)|thunder lock|lock engine|setting up |compiled with)"
)
"""What the server itself says between the requests."""


def _confidence(sample: Sequence[str], _options: Options) -> float:
    said = text.matches(_MESSAGES, sample)
    return clf.share([line for line, message in zip(sample, said, strict=True) if not message], PATTERN)


def _plan(_sample: Sequence[str], options: Options) -> Plan:
    return text.plan(
        "uwsgi",
        PATTERN,
        _COLUMNS,
        credentials=clf.credentials(options, text.GROUP.findall(PATTERN), name="uwsgi"),
        skips=((f"regexp_matches(text, {quoted(_MESSAGES)})", "message"),),
    )


FORMAT: Final = Format(name="uwsgi", title="uWSGI", confidence=_confidence, plan=_plan)

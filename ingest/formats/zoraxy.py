r"""Zoraxy's log: the router's lines are requests, its other lines are skipped by class.

`[2026-10-01 09:30:00.123456] [router:host-http] [origin:host] [client: 192.0.2.1] [useragent: curl/8] GET / 200`,
with or without a second time before it. The time is the host's own: see `local_time`.
"""

from collections.abc import Sequence
from typing import Final

from ingest.formats import held, local_time, text
from ingest.formats.interface import Format, Options, Plan
from ingest.formats.share import share

_STAMP: Final = r"^(?:\d{4}/\d\d/\d\d \d\d:\d\d:\d\d +)?\[(?P<time>\d{4}-\d\d-\d\d +\d\d:\d\d:\d\d(?:\.\d+)?)\] +"
PATTERN: Final = (
    _STAMP
    + r"\[router:(?P<router>[^\]]*)\] +\[origin: *(?P<host>[^\]]*)\] +\[client: *(?P<ip>[^\]]*)\]"
    + r" +\[useragent: *(?P<agent>.*)\] +(?P<method>[A-Z]+) +(?P<target>.*) +(?P<status>\d{3}|-?\d)(?: +\D.*)?\s*$"
)
_OTHER: Final = r"^(?:\d{4}/\d\d/\d\d \d\d:\d\d:\d\d )?\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?\] \[[\w-]+\] \["
_COLUMNS: Final = {
    "ts": local_time.in_utc("TRY_CAST({time} AS TIMESTAMP)"),
    "ip": text.field("ip"),
    "host": text.field("host"),
    "method": text.field("method"),
    "target": text.field("target"),
    "status": text.field("status"),
    "user_agent": text.field("agent"),
}


def _confidence(sample: Sequence[str], _options: Options) -> float:
    return share(sample, PATTERN, _OTHER) if share(sample, PATTERN) else 0.0


def _plan(_sample: Sequence[str], options: Options) -> Plan:
    return text.plan(
        "zoraxy",
        PATTERN,
        _COLUMNS,
        credentials=held.credentials(options),
        skips=((f"regexp_matches(text, '{_OTHER}')", "notice"),),
    )


FORMAT: Final = Format(name="zoraxy", title="Zoraxy", confidence=_confidence, plan=_plan)

"""Gin's logger: `[GIN] 2026/10/01 - 09:30:00 | 200 | 1.428101ms | 203.0.113.9 | GET "/v1"`.

What else Gin says (`[GIN-debug]`) is skipped. The time is the host's own: see `local_time`.
"""

from collections.abc import Sequence
from typing import Final

from ingest.formats import held, local_time, text
from ingest.formats.durations import milliseconds
from ingest.formats.interface import Format, Options, Plan
from ingest.formats.share import share

_COLOUR: Final = r"(?:\x1b\[[0-9;]*m)?"
PATTERN: Final = (
    r"^(?:\[GIN\] +)?(?P<time>\d{4}/\d\d/\d\d - \d\d:\d\d:\d\d) +\|"
    rf"{_COLOUR} *(?P<status>\d{{3}}) *{_COLOUR}\| *(?P<took>(?:[\d.]+h)?(?:[\d.]+m)?[\d.]+[nmµu]?s) *\|"
    rf" *(?P<ip>\S*) *\|{_COLOUR} *(?P<method>[A-Z]+) *{_COLOUR} *\"(?P<target>[^\r\n]*)\"[\r\n]*$"
)
_DEBUG: Final = r"^\[GIN-debug\] "
_COLUMNS: Final = {
    "ts": local_time.in_utc("try_strptime({time}, '%Y/%m/%d - %H:%M:%S')"),
    "ip": text.field("ip"),
    "method": text.field("method"),
    "target": text.field("target"),
    "status": text.field("status"),
    "duration_ms": milliseconds("{took}", 1.0),
}


def _confidence(sample: Sequence[str], _options: Options) -> float:
    return share(sample, PATTERN, _DEBUG) if share(sample, PATTERN) else 0.0


def _plan(_sample: Sequence[str], options: Options) -> Plan:
    return text.plan(
        "gin",
        PATTERN,
        _COLUMNS,
        credentials=held.credentials(options),
        skips=((f"regexp_matches(text, '{_DEBUG}')", "notice"),),
    )


FORMAT: Final = Format(name="gin", title="Gin (Go)", confidence=_confidence, plan=_plan)

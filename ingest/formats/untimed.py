r"""Common or combined lines without a time, and uvicorn's access log: the time is the one that a wrapper writes beside.

`127.0.0.1 - - "GET / HTTP/1.1" 200 512 4.386` inside syslog; `INFO:     127.0.0.1:54321 - "GET / HTTP/1.1" 200 OK` from
a container. A line that nothing around it gives a time is a reject that says so.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from ingest.formats import clf, common, text
from ingest.formats.interface import Format, Options, Plan
from ingest.formats.sql import any_moment
from ingest.redact import quoted

_COLOUR: Final = r"(?:\x1b\[[0-9;]*m)?"
_LEVEL: Final = rf" *{_COLOUR}(?:DEBUG|INFO|WARNING|ERROR|CRITICAL){_COLOUR}(?::| ) *"
_ADDRESS: Final = (
    r"(?:\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?|[0-9a-fA-F]*:[0-9a-fA-F]*:[0-9a-fA-F:.]*|\[[0-9a-fA-F:.]+\](?::\d+)?"
    r"|localhost(?::\d+)?|testclient(?::\d+)?|unix:|-|)"
)
"""Nothing where uvicorn listens on a Unix socket."""
_BEHIND: Final = (
    rf"{_COLOUR} *{_COLOUR}(?P<status>\d{{3}})(?: +(?P<bytes>\d+|-))?"
    rf"(?: +{common.QUOTED.format('referer')} +{common.QUOTED.format('agent')})?"
)
PATTERN: Final = (
    rf"^(?:{_LEVEL})?(?P<ip>{_ADDRESS}) +(?P<user>[^\s\"\[]+(?: [^\s\"\[]+)?) +"
    rf'"{_COLOUR}(?P<request>(?:[^"\\\x1b]|\\.)*){_COLOUR}"{_BEHIND}'
)
_COLUMNS: Final = {
    "ts": "{status}",  # what tells a line that was read; the wrapper's time takes its place
    "ip": text.field("ip"),
    "request": text.field("request"),
    "status": text.field("status"),
    "bytes_out": text.field("bytes"),
    "referer": text.field("referer"),
    "user_agent": text.field("agent"),
}
_MESSAGE: Final = rf"^{_LEVEL}"
_TIME: Final = r'^[^"]*\d\d:\d\d:\d\d'
"""Before the request: the line has a time of its own."""


def _confidence(sample: Sequence[str], _options: Options) -> float:
    said = text.matches(_MESSAGE, sample)
    timed = text.matches(_TIME, sample)
    read = [hit and not time for hit, time in zip(text.matches(PATTERN, sample), timed, strict=True)]
    requests = [hit for hit, message in zip(read, said, strict=True) if hit or not message]
    return 0.85 * sum(requests) / len(requests) if requests else 0.0


def _plan(_sample: Sequence[str], options: Options) -> Plan:
    made = text.plan(
        "untimed",
        PATTERN,
        _COLUMNS,
        credentials=clf.credentials(options, text.GROUP.findall(PATTERN), name="untimed"),
        skips=((f"regexp_matches(text, {quoted(_MESSAGE)})", "message"),),
    )
    columns = {**made.columns, "ts": any_moment("envelope")}
    return replace(made, columns=columns, time_reason="it has no time, and nothing around it has one")


FORMAT: Final = Format(
    name="untimed", title="uvicorn, and common lines without a time, in a wrapper", confidence=_confidence, plan=_plan
)

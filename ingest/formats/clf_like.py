r"""Lines of somebody's own log_format: a CLF or ISO time, then a quoted request with its status behind it.

`203.0.113.9 [26/Jan/2019:19:45:25 +0330] "GET / HTTP/1.1" 200 512 0.021` or `… [time] api.example "GET /…" 200`: what
stands before, between and behind is looked through for an address, a host, and two quoted texts side by side, which are
referer and user agent. A pasted `log_format` reads such lines better; this is for those that nobody described.
"""

from collections.abc import Sequence
from typing import Final

from ingest.formats import clf, common, error_log, text
from ingest.formats.interface import Format, Options, Plan
from ingest.formats.sql import present
from ingest.redact import quoted

_CLF: Final = r"\d{1,2}/[A-Za-z]{3}/\d{4}[: ]\d\d:\d\d:\d\d(?:\.\d+)?(?: [+-]\d{4})?"
_ISO: Final = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z| ?[+-]\d\d:?\d\d)?"
_BEFORE: Final = rf"^(?P<before>.*?)(?:\[|\b)(?P<time>{_CLF}|{_ISO}) *\]?"
_STATUS: Final = r'(?P<status>[2-5]\d\d|10[0-3]|-)(?:[ \t]+(?P<bytes>\d+|-))?(?P<rest>(?:[ \t,;|"][^\r\n]*)?)[\r\n]*$'
_BETWEEN: Final = r'[^"]*(?:"(?:-|[\da-fA-F.:, ]*)"[ \t]+)?'
"""In quotes only dashes and forwarded addresses."""
PATTERN: Final = rf"{_BEFORE}(?P<between>{_BETWEEN}){common.QUOTED.format('request')}[ \t]+{_STATUS}"
_TOLD: Final = rf'{_BEFORE}{_BETWEEN}"[A-Z]{{3,10}} [^"]* HTTP/[\d.]+"[ \t]+{_STATUS}'
"""What a line of them is recognised by: a whole request."""
_IPV6: Final = r"[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{0,4}){2,7}|::1"
_ADDRESS: Final = rf"(?:^|[\s,\"'(<\[])(\d{{1,3}}(?:\.\d{{1,3}}){{3}}|{_IPV6})(?::\d+)?(?:$|[\s,\"')>\]])"
_DOTTED: Final = r"(?:^|\s)((?:[\w-]+\.)+[A-Za-z][\w-]*|localhost)(?::\d+)?(?:$|\s)"
_PAIR: Final = r'"((?:[^"\\]|\\.)*)"[ \t]+"((?:[^"\\]|\\.)*)"'


def _within(places: Sequence[str], pattern: str, group: int = 1) -> str:
    found = [f"nullif(regexp_extract({place}, {quoted(pattern)}, {group}), '')" for place in places]
    return f"coalesce({', '.join(found)})"


_COLUMNS: Final = {
    "ts": clf.moment("time"),
    "ip": _within(("{before}", "{between}"), _ADDRESS),
    "host": _within(("{between}", "{before}"), _DOTTED),
    "request": text.field("request"),
    "status": text.field("status"),
    "bytes_out": text.field("bytes"),
    "referer": present(_within(("{rest}",), _PAIR)),
    "user_agent": present(_within(("{rest}",), _PAIR, 2)),
}


def _confidence(sample: Sequence[str], _options: Options) -> float:
    # Each format that says more of its lines wins on them.
    return 0.6 * clf.share(sample, _TOLD)


def _plan(_sample: Sequence[str], options: Options) -> Plan:
    return text.plan(
        "clf-like",
        PATTERN,
        _COLUMNS,
        credentials=clf.credentials(options, text.GROUP.findall(PATTERN), name="clf-like"),
        skips=(error_log.SKIP,),
    )


FORMAT: Final = Format(
    name="clf-like",
    title="a time, a quoted request and its status, in any log_format",
    confidence=_confidence,
    plan=_plan,
)

r"""nginx and Apache common: `ip - user [26/Jan/2019:19:45:25 +0330] "GET / HTTP/1.1" 200 512`."""

import re
from collections.abc import Sequence
from typing import Final

from ingest.formats import carriers, text
from ingest.formats.interface import Format, Options, Plan
from ingest.formats.sql import clf_moment

QUOTED: Final = r'"(?P<{}>(?:[^"\\]|\\.)*)"'
"""A quoted field; nginx writes a quote as \\x22, Apache as \\"."""
PATTERN: Final = (
    r"^\"?(?P<ip>\S+) +(?:\S+ +)?(?P<user>\S+(?: [^\[\]\"]+)?) +\[(?P<time>[^\]]+)\] +"
    + QUOTED.format("request")
    + r" +(?P<status>\d{3}|-|000) +(?P<bytes>\d+|-)"
)
COLUMNS: Final = {
    "ts": clf_moment("{time}"),
    "ip": text.field("ip"),
    "request": text.field("request"),
    "status": text.field("status"),
    "bytes_out": text.field("bytes"),
}
_RE = re.compile(PATTERN)

SPLITS: Final = ("string_split(text, '\"') AS q", "string_split(q[1], ' ') AS p, string_split(q[3], ' ') AS s")
"""By quotes, then what stands before and behind the request by spaces."""
FITS: Final = "len(p) = 6 AND starts_with(p[4], '[') AND ends_with(p[5], ']') AND length(s[2]) = 3"
PIECES: Final = {
    "ip": "p[1]",
    "user": "p[3]",
    "time": "substr(p[4], 2) || ' ' || rtrim(p[5], ']')",
    "request": "q[2]",
    "status": "s[2]",
    "bytes": "s[3]",
}


def _confidence(sample: Sequence[str], _options: Options) -> float:
    # Combined lines begin like common ones: it must win on them.
    return 0.9 * text.confidence(_RE, sample)


def _plan(_sample: Sequence[str], options: Options) -> Plan:
    # The bytes end the line, so its end stays on them: rtrim.
    fits = f"len(q) = 3 AND len(s) = 3 AND {FITS}"
    pieces = PIECES | {"bytes": "rtrim(s[3], E'\\r\\n')"}
    credentials = carriers.credentials(options, known=(), read=text.field)
    return text.plan(
        "common",
        PATTERN,
        COLUMNS,
        credentials=credentials,
        quickly=(SPLITS, fits, pieces),
    )


FORMAT: Final = Format(name="common", title="nginx or Apache common", confidence=_confidence, plan=_plan)

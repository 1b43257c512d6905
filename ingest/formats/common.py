r"""nginx and Apache common: `ip - user [26/Jan/2019:19:45:25 +0330] "GET / HTTP/1.1" 200 512`.

A virtual host or a list of forwarded addresses may stand before the client.
"""

from collections.abc import Sequence
from typing import Final

from ingest.formats import clf, error_log, text
from ingest.formats.interface import Format, Options, Plan
from ingest.formats.sql import CLF_TIME, EARLIEST

QUOTED: Final = r'"(?P<{}>(?:[^"\\]|\\.)*)"'
"""A quoted field; nginx writes a quote as \\x22, Apache as \\"."""
_TIME: Final = r"\[(?P<time>[^\]]+)\] +(?:\(\d+ s\) +)?"
REST: Final = _TIME + QUOTED.format("request") + r" +(?P<status>\d{3}|-|0) +(?P<bytes>\d+|-)"
"""From the time on; Gandi writes how long the request took behind it."""
PATTERN: Final = clf.PLAIN + REST
COLUMNS: Final = {
    "ts": clf.moment("time"),
    "ip": text.field("ip"),
    "request": text.field("request"),
    "status": text.field("status"),
    "bytes_out": text.field("bytes"),
}

SPLITS: Final = ("string_split(text, '\"') AS q", "string_split(q[1], ' ') AS p, string_split(q[3], ' ') AS s")
"""By quotes, then what stands before and behind the request by spaces."""
COUNTS: Final = r"regexp_matches(q[3], '^ \d{3} (?:\d+|-)(?:[ \r\n]|$)')"
"""Status and bytes stand behind the request, nothing before them."""
FITS: Final = f"len(p) = 6 AND starts_with(p[4], '[') AND ends_with(p[5], ']') AND {COUNTS}"
PIECES: Final = {
    "ip": "p[1]",
    "user": "p[3]",
    "time": "substr(p[4], 2) || ' ' || rtrim(p[5], ']')",
    "request": "q[2]",
    "status": "s[2]",
    "bytes": "s[3]",
}
BY_QUOTES_SPLIT: Final = "string_split(q1, ' ') AS p"
"""The step before the pieces: to split costs 0.06 µs a line, and to cut each by its place 0.04 (`substr` counts
characters)."""
BY_QUOTES: Final = {"time": "p[4] || ' ' || p[5]", "ip": "p[1]", "request": "q2", "status": "substr(q3, 2, 3)"}
"""The pieces where DuckDB's CSV reader splits by quotes."""
BY_QUOTES_TIME: Final = (
    # The zone is the same in nearly all lines; only where it is none of UTC's it costs.
    "nullif(greatest(CASE WHEN p[5] = '+0000]' THEN try_strptime(p[4], '[%d/%b/%Y:%H:%M:%S')"
    f" ELSE CAST(try_strptime({{time}}, '[{CLF_TIME}]') AS TIMESTAMP) END, {EARLIEST}), {EARLIEST})"
)
BY_QUOTES_USUAL: Final = "len(p) = 6 AND p[6] = '' AND starts_with(p[4], '[') AND ends_with(p[5], ']')"
NO_IDENTITY: Final = "p[2] = '-'"
"""Where lines of other heads are about, the quick way fits only those whose second column is none of theirs."""


def _confidence(sample: Sequence[str], _options: Options) -> float:
    # Combined lines begin like common ones: it must win on them.
    return 0.9 * clf.share(sample, clf.ANY_HEAD + REST)


def _plan(sample: Sequence[str], options: Options) -> Plan:
    otherwise = any(clf.begins_otherwise(sample))
    # The bytes end the line, so its end stays on them: rtrim.
    fits = f"len(q) = 3 AND len(s) = 3 AND {FITS}" + (f" AND {NO_IDENTITY}" if otherwise else "")
    pieces = PIECES | {"bytes": "rtrim(s[3], E'\\r\\n')"}
    return text.plan(
        "common",
        PATTERN,
        clf.columns_of_heads(COLUMNS) if otherwise else COLUMNS,
        credentials=clf.credentials(options, text.GROUP.findall(PATTERN), name="common"),
        quickly=(SPLITS, fits, pieces),
        variants=clf.variants(REST) if otherwise else (),
        skips=(error_log.SKIP,),
    )


FORMAT: Final = Format(name="common", title="nginx or Apache common", confidence=_confidence, plan=_plan)

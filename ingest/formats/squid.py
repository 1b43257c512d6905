"""Squid's native log: `1525344856.899  16867 ip TCP_MISS/200 6256 GET http://… user HIER_DIRECT/… text/plain`.

Time in seconds since 1970, then milliseconds. See the Squid wiki, "Log File Formats".
"""

from collections.abc import Sequence
from typing import Final

from ingest.formats import clf, text
from ingest.formats.interface import Format, Options, Plan
from ingest.formats.sql import present

PATTERN: Final = (
    r"^(?P<time>\d{9,11}(?:\.\d{1,6})?) +(?P<took>-?\d+) +(?P<ip>\S+) +[A-Za-z_]+/(?P<status>\d{3}|-) +(?P<bytes>\d+|-)"
    r" +(?P<method>\S+) +(?P<target>\S+) +(?P<user>\S+) +[A-Z_]+/\S+"
)
_COLUMNS: Final = {
    "ts": "CAST(to_timestamp(TRY_CAST({time} AS DOUBLE)) AS TIMESTAMP)",
    "ip": text.field("ip"),
    "method": f"nullif({text.field('method')}, 'NONE')",
    "target": text.field("target"),
    "host": (
        "nullif(nullif(regexp_extract({target}, '^(?:[a-z_]+://)?(?:[^/?#@]*@)?(\\[[^\\]]*\\]|[^/?#@:]+)', 1),"
        " 'error'), '')"
    ),
    "status": text.field("status"),
    "bytes_out": text.field("bytes"),
    "duration_ms": "greatest(TRY_CAST({took} AS DOUBLE), 0)",
}
_LOG: Final = (r"regexp_matches(text, '^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d(?: kid\d+)?\| ')", "log")
"""What Squid says of itself, in cache.log."""
_SPLITS: Final = ("string_split(ltrim(substr(text, 15)), ' ') AS w", "string_split(w[3], '/') AS a")
"""What stands behind the time, whose width is fixed; only the duration is padded."""
_FITS: Final = (
    "text[11] = '.' AND text[15] = ' ' AND len(w) >= 9 AND len(a) = 2 AND length(a[2]) = 3 AND contains(w[8], '/')"
)
_PIECES: Final = {
    "time": "substr(text, 1, 14)",
    "took": "w[1]",
    "ip": "w[2]",
    "status": "a[2]",
    "bytes": "w[4]",
    "method": "w[5]",
    "target": "w[6]",
    "user": "w[7]",
}


def _confidence(sample: Sequence[str], _options: Options) -> float:
    return clf.share(sample, PATTERN)


def _plan(_sample: Sequence[str], options: Options) -> Plan:
    return text.plan(
        "squid",
        PATTERN,
        {name: expression if "{" in expression else present(expression) for name, expression in _COLUMNS.items()},
        credentials=clf.credentials(options, text.GROUP.findall(PATTERN), name="squid"),
        quickly=(_SPLITS, _FITS, _PIECES),
        skips=(_LOG,),
    )


FORMAT: Final = Format(name="squid", title="Squid, native", confidence=_confidence, plan=_plan)

"""BunkerWeb: `host ip - request_id user [time] "…" 200 512 "referer" "user agent"`; the id may be missing."""

from collections.abc import Sequence
from typing import Final

from ingest.formats import clf, combined, common, error_log, text
from ingest.formats.interface import Format, Options, Plan

_ID: Final = r"-|[0-9A-Za-z-]*[0-9][0-9A-Za-z-]*"
_HEAD: Final = rf"^\"?{clf.HOST} +(?P<ip>\S+) +- +(?:(?P<id>{_ID}) +)?(?P<user>\S+) +"
_TOLD: Final = rf"^\"?{clf.NAME} +\S+ +- +[0-9A-Za-z-]*[0-9][0-9A-Za-z-]* +\S+ +\["
PATTERN: Final = _HEAD + combined.REST
_COLUMNS: Final = combined.COLUMNS | {"host": text.field("host"), "request_id": text.field("id")}
_FITS: Final = (
    f"len(q) = 7 AND {combined.FITS} AND len(p) = 8 AND p[3] = '-' AND starts_with(p[6], '[')"
    f" AND ends_with(p[7], ']') AND {common.COUNTS}"
)
_PIECES: Final = combined.PIECES | {
    "host": "split_part(p[1], ':', 1)",
    "ip": "p[2]",
    "id": "p[4]",
    "user": "p[5]",
    "time": "substr(p[6], 2) || ' ' || rtrim(p[7], ']')",
}


def _confidence(sample: Sequence[str], _options: Options) -> float:
    # Without an id in any line they are those of vhost_combined.
    return clf.share(sample, PATTERN) if any(text.matches(_TOLD, sample)) else 0.0


def _plan(_sample: Sequence[str], options: Options) -> Plan:
    return text.plan(
        "bunkerweb",
        PATTERN,
        _COLUMNS,
        credentials=clf.credentials(options, text.GROUP.findall(PATTERN), name="bunkerweb"),
        quickly=(common.SPLITS, _FITS, _PIECES),
        skips=(error_log.SKIP,),
    )


FORMAT: Final = Format(name="bunkerweb", title="BunkerWeb", confidence=_confidence, plan=_plan)

"""Traefik's common format: combined, then the request's count, router, service and `12ms`.

See the Traefik documentation on access logs, "CLF". A quote inside a field is written as a backslash and a quote.
"""

from collections.abc import Sequence
from typing import Final

from ingest.formats import clf, combined, common, error_log, text
from ingest.formats.interface import Format, Options, Plan

_NAME: Final = r'(?:"(?:[^"\\]|\\.)*"|-)'
_AGENT: Final = r' +(?:"(?P<referer>(?:[^"\\]|\\.)*)"|-) +(?:"(?P<agent>(?:[^"\\]|\\.)*)"|-)'
_TAIL: Final = rf" +(?:\d+|-) +{_NAME} +{_NAME} +(?P<took>\d+)ms"
_WHOLE: Final = clf.PLAIN + common.REST + _AGENT + _TAIL
PATTERN: Final = clf.PLAIN + common.REST + f"(?:{_AGENT}(?:{_TAIL})?)?"
"""With what other services of the same host may have written between Traefik's lines."""
_MOST: Final = 0.5
_COLUMNS: Final = common.COLUMNS | {
    "referer": text.field("referer"),
    "user_agent": clf.decoded("{agent}"),
    "duration_ms": "TRY_CAST({took} AS DOUBLE)",
}
_FITS: Final = f"len(q) = 11 AND {combined.FITS} AND q[9] = ' ' AND contains(q[11], 'ms') AND {common.FITS}"
_PIECES: Final = combined.PIECES | {"took": "ltrim(split_part(q[11], 'ms', 1))"}


def _confidence(sample: Sequence[str], _options: Options) -> float:
    whole = clf.share(sample, _WHOLE)
    return whole if whole < _MOST else clf.share(sample, PATTERN)


def _plan(_sample: Sequence[str], options: Options) -> Plan:
    return text.plan(
        "traefik_clf",
        PATTERN,
        _COLUMNS,
        credentials=clf.credentials(options, text.GROUP.findall(PATTERN), name="traefik_clf"),
        quickly=(common.SPLITS, _FITS, _PIECES),
        skips=(error_log.SKIP,),
    )


FORMAT: Final = Format(name="traefik_clf", title="Traefik, common format", confidence=_confidence, plan=_plan)

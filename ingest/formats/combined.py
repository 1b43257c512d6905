"""nginx and Apache combined: common with referer and user agent; further columns are ignored.

nginx main is combined with `"$http_x_forwarded_for"` behind it: that column is read when the sample's lines hold
addresses or dashes there; so is a duration in seconds with three digits behind the point, between bytes and referer.
Lines that end behind the bytes, or that a logger cut off behind them, are read as well.
LiteSpeed and lighttpd write combined, too.
"""

from collections.abc import Sequence
from typing import Final

from ingest.formats import clf, common, error_log, text
from ingest.formats.interface import Format, Options, Plan
from ingest.formats.quick import by_quotes

_TEXT: Final = r'(?P<{}>(?:[^"\\\r\n]|\\.)*)'
_MIDDLE: Final = r"(?: +(?:(?:ms:)?[\d.-]+|[\da-fA-F:.]*:[\da-fA-F:.]*|[+X]))*? +"
"""Columns between bytes and referer: numbers, and Tomcat's addresses, milliseconds and state of the connection."""
_BOTH: Final = f'(?:"{_TEXT.format("referer")}"|-) +(?:"{_TEXT.format("agent")}"|-)'
_CUT: Final = f'(?:{_MIDDLE}(?:"{_TEXT.format("referer")}"?|-)(?: +(?:"{_TEXT.format("agent")}"?|-))?)?'
REST: Final = common.REST + _CUT
PATTERN: Final = clf.PLAIN + REST
_WHOLE: Final = common.REST + _MIDDLE + _BOTH
_FORWARDED: Final = r'(?: +"(?P<forwarded>[^"]*)")?'
_TOOK: Final = r" +(?P<took>\d+\.\d{3})"
"""nginx's `$request_time` behind the bytes, in seconds; a ratio of gzip has two digits."""
_WITH_TIME: Final = common.REST + _TOOK + " +" + _BOTH
_ADDRESSES_OR_DASH: Final = _WHOLE + rf' +"(?:-|{clf.ADDRESSES})"'

COLUMNS: Final = common.COLUMNS | {"referer": text.field("referer"), "user_agent": text.field("agent")}
FITS: Final = "len(s) = 4 AND q[5] = ' '"
PIECES: Final = common.PIECES | {"referer": "q[4]", "agent": "q[6]"}
_BY_QUOTES: Final = (
    COLUMNS | {"ts": common.BY_QUOTES_TIME},
    # The cast passes over the space behind the bytes.
    common.BY_QUOTES | {"bytes": "substr(q3, 6)", "referer": "q4", "agent": "q6"},
    (
        "q7 IS NOT NULL AND q8 IS NULL AND q5 = ' ' AND regexp_full_match(q3, ' \\d{3} (?:\\d+|-) ')"
        f" AND {common.BY_QUOTES_USUAL}"
    ),
    (common.BY_QUOTES_SPLIT,),
)


def tail_share(sample: Sequence[str], head: str) -> float:
    """The share of lines from a head on, when at least one has referer and user agent."""
    return clf.share(sample, head + REST) if clf.share(sample, head + _WHOLE) else 0.0


def plan_of(
    name: str,
    sample: Sequence[str],
    options: Options,
    *,
    head: str,
    pieces: text.Quickly,
    columns: dict[str, str],
    otherwise: bool,
) -> Plan:
    """The plan of combined lines behind a head; `pieces` are its own steps, condition and pieces."""
    splits, fits, held = pieces
    rest, behind = REST, "len(q) = 7"
    if clf.share(sample, clf.ANY_HEAD + _WITH_TIME):
        rest = f"{common.REST}(?:{_TOOK})?{_CUT}"
        columns = columns | {"duration_ms": "TRY_CAST({took} AS DOUBLE) * 1000"}
    if any(text.matches(clf.ANY_HEAD + _ADDRESSES_OR_DASH, sample)):
        # Nine pieces: what stands in quotes behind the user agent, and no further quotes.
        behind = "(len(q) = 7 OR len(q) = 9 AND q[7] = ' ')"
        rest += _FORWARDED
        held = {**held, "forwarded": "coalesce(q[8], '')"}
        columns = columns | {"forwarded": text.field("forwarded")}
    return text.plan(
        name,
        head + rest,
        clf.columns_of_heads(columns) if otherwise else columns,
        credentials=clf.credentials(options, text.GROUP.findall(head + rest), name=name),
        quickly=(splits, f"{behind} AND {FITS} AND {fits}", held),
        variants=clf.variants(rest) if otherwise else (),
        skips=(error_log.SKIP,),
    )


def _confidence(sample: Sequence[str], _options: Options) -> float:
    # Formats of combined lines with more behind them must win on those.
    return 0.95 * tail_share(sample, clf.ANY_HEAD)


def _plan(sample: Sequence[str], options: Options) -> Plan:
    otherwise = any(clf.begins_otherwise(sample))
    # Seven pieces: no field holds a quote, escaped or not, and no column stands between bytes and referer.
    fits = f"{common.FITS} AND {common.NO_IDENTITY}" if otherwise else common.FITS
    pieces = (common.SPLITS, fits, PIECES)
    plan = plan_of(
        "combined", sample, options, head=clf.PLAIN, pieces=pieces, columns=dict(COLUMNS), otherwise=otherwise
    )
    more = plan.columns.keys() - COLUMNS.keys()
    return plan if otherwise or more else by_quotes(plan, *_BY_QUOTES)


FORMAT: Final = Format(
    name="combined", title="nginx or Apache combined, nginx main", confidence=_confidence, plan=_plan
)

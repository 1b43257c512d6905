"""ingress-nginx of Kubernetes (`upstreaminfo`): combined, then what the upstreams did.

`… "agent" $request_length $request_time [$proxy_upstream_name] [$proxy_alternative_upstream_name] $upstream_addr
$upstream_response_length $upstream_response_time $upstream_status $req_id`. Older versions write the client's address
twice, or leave out the alternative name or the id.
"""

from collections.abc import Sequence
from typing import Final

from ingest.formats import clf, combined, common, error_log, text
from ingest.formats.interface import Format, Options, Plan

_HEAD: Final = rf"^\"?(?P<ip>\S+) +(?:\S+ +(?:\[(?P<chain>{clf.ADDRESSES})\] +- +)?)?{clf.USER} +"
_LENGTH_AND_TIME: Final = r" +(?P<length>\d+|-) +(?P<took>[\d.]+|-) +\[[^\]]*\](?: +\[[^\]]*\])?"
_UPSTREAM: Final = r"(?:.*[ \]](?P<id>[0-9a-f]{16,64}))?"
REST: Final = (
    common.REST
    + r' +(?:"(?P<referer>(?:[^"\\]|\\.)*)"|-) +(?:"(?P<agent>(?:[^"\\]|\\.)*)"|-)'
    + _LENGTH_AND_TIME
    + _UPSTREAM
)
PATTERN: Final = _HEAD + REST
_COLUMNS: Final = combined.COLUMNS | {
    "bytes_in": text.field("length"),
    "duration_ms": "TRY_CAST({took} AS DOUBLE) * 1000",
    "request_id": text.field("id"),
}
_SPLITS: Final = (*common.SPLITS, "string_split(q[7], ' ') AS u")
_FITS: Final = (
    f"len(q) = 7 AND {combined.FITS} AND {common.FITS} AND len(u) = 10 AND starts_with(u[4], '[')"
    " AND starts_with(u[5], '[') AND length(u[10]) >= 32"
)
"""One upstream and an id: nearly all lines."""
_PIECES: Final = combined.PIECES | {"length": "u[2]", "took": "u[3]", "id": "rtrim(u[10], E'\\r\\n')"}


def _confidence(sample: Sequence[str], _options: Options) -> float:
    return clf.share(sample, f"(?:{clf.ANY_HEAD}|{text.GROUP.sub('(?:', _HEAD)}){REST}")


def _plan(sample: Sequence[str], options: Options) -> Plan:
    otherwise = any(clf.begins_otherwise(sample))
    fits = f"{_FITS} AND {common.NO_IDENTITY}" if otherwise else _FITS
    columns = _COLUMNS | {"forwarded": text.field("chain")}
    return text.plan(
        "ingress-nginx",
        PATTERN,
        clf.columns_of_heads(_COLUMNS) if otherwise else columns,
        credentials=clf.credentials(options, text.GROUP.findall(PATTERN), name="ingress-nginx"),
        quickly=(_SPLITS, fits, _PIECES),
        variants=clf.variants(REST) if otherwise else (),
        skips=(error_log.SKIP,),
    )


FORMAT: Final = Format(name="ingress-nginx", title="ingress-nginx of Kubernetes", confidence=_confidence, plan=_plan)

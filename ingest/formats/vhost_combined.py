"""Apache vhost_combined: `www.example.com:443 ip - user [time] "…" 200 512 "referer" "user agent"`.

Lines without a virtual host, which the main server writes into the same file, are read as well.
"""

from collections.abc import Sequence
from typing import Final

from ingest.formats import clf, combined, common, text
from ingest.formats.interface import Format, Options, Plan

_FITS: Final = (
    "len(p) = 7 AND p[3] = '-' AND NOT ends_with(p[1], ',') AND NOT starts_with(p[1], '[')"
    f" AND starts_with(p[5], '[') AND ends_with(p[6], ']') AND {common.COUNTS}"
)
_PIECES: Final = combined.PIECES | {
    "host": "split_part(p[1], ':', 1)",
    "ip": "p[2]",
    "user": "p[4]",
    "time": "substr(p[5], 2) || ' ' || rtrim(p[6], ']')",
}


def _confidence(sample: Sequence[str], _options: Options) -> float:
    # Above combined, where most lines begin with a host; below formats that have more behind it.
    begins = clf.has_vhost(sample)
    most = 2 * sum(begins) > len(sample)
    return 0.97 * combined.tail_share(sample, clf.ANY_HEAD) if most else 0.0


def _plan(sample: Sequence[str], options: Options) -> Plan:
    pieces = (common.SPLITS, _FITS, _PIECES)
    return combined.plan_of(
        "vhost_combined",
        sample,
        options,
        head=clf.PLAIN,
        pieces=pieces,
        columns=combined.COLUMNS | {"host": text.field("host")},
        otherwise=True,
    )


FORMAT: Final = Format(name="vhost_combined", title="Apache vhost_combined", confidence=_confidence, plan=_plan)

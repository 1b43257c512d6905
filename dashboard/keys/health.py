"""The health of a key in one badge: the first rule that holds names it, and every one that holds is told."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from dashboard import words
from dashboard.palette import HEALTH
from model.finding import Finding, Severity
from model.key import KeyStatus

SOON: Final = timedelta(days=7)
SHARE: Final = 0.1
"""Of its requests; Unkey's line for elevated rejections."""
ENOUGH: Final = 20
"""Requests from which a share says something: of fewer, two refusals are a tenth."""

RULES: Final = "\n".join(
    (
        "The first that holds:",
        "- **✕ used after end**: requests came though it is revoked, expired, inactive or removed.",
        "- **▲ accused**: a high or critical finding about it stands open.",
        f"- **◷ ends soon**: it expires within {SOON.days} days.",
        f"- **△ refused**, **△ throttled**, **△ failing**: of {ENOUGH} or more requests, over {SHARE:.0%} were",
        "  answered 401 or 403, 429, or other errors.",
        "- **◌ unused**: never used, or idle for 90 days.",
        "- **● fine**: none of these.",
    )
)
"""The rules in Markdown, for the column's tooltip."""

_ENDED: Final = frozenset(
    {str(KeyStatus.REVOKED), str(KeyStatus.EXPIRED), str(KeyStatus.INACTIVE), str(KeyStatus.REMOVED)}
)
_GRAVE: Final = Severity.HIGH.rank


def judge(
    row: Mapping[str, Any], findings: Sequence[Finding], flags: Collection[str], now: datetime
) -> list[tuple[str, str]]:
    """(badge of palette.HEALTH, why) of each rule that holds, the gravest first; `fine` alone where none does.

    `row` has status, expires_at, requests, successes, unauthorized, forbidden, throttled and errors; the counts are
    those of the window.
    """
    return list(_held(row, findings, flags, now)) or [("fine", "")]


def badge(held: Sequence[tuple[str, str]]) -> list[str]:
    """The chips of a cell: the first badge, and how many more rules hold."""
    more = [f"+{len(held) - 1}"] if len(held) > 1 else []
    return [HEALTH[held[0][0]][0], *more]


def why(held: Sequence[tuple[str, str]]) -> str:
    """All reasons in a line."""
    return "; ".join(reason for _, reason in held if reason)


def _held(
    row: Mapping[str, Any], findings: Sequence[Finding], flags: Collection[str], now: datetime
) -> Iterator[tuple[str, str]]:
    requests, status = int(row["requests"]), str(row["status"])
    if status in _ENDED and requests:
        yield "after", f"{requests:,} requests though {status}, {int(row['successes']):,} of them successful"
    grave = [finding for finding in findings if finding.severity.rank >= _GRAVE]
    if grave:
        yield "accused", words.text(max(grave, key=lambda finding: finding.severity.rank).title)
    end = words.moment(row.get("expires_at"))
    if status not in _ENDED and end is not None and now < end <= now + SOON:
        yield "ends", f"expires {words.ago(end, now)}"
    if requests >= ENOUGH:
        refused = int(row["unauthorized"]) + int(row["forbidden"])
        for name, part, verb in (
            ("refused", refused, "refused"),
            ("throttled", int(row["throttled"]), "throttled"),
            ("failing", int(row["errors"]), "failed"),
        ):
            if part > SHARE * requests:
                yield name, f"{words.share(part, requests)} {verb}"
    if "never" in flags:
        yield "unused", "never used"
    elif "idle" in flags:
        yield "unused", "idle for 90 days or more"

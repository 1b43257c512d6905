"""What the inventory says of a key at a moment; it may be newer than that moment."""

from datetime import datetime

from reports.records import Counts
from reports.thresholds import SKEW


def state_at(status: str, *, expires_at: datetime | None, revoked_at: datetime | None, at: datetime) -> str:
    """The status as of a moment: a date that has passed counts, a later one does not yet.

    A status without its date counts for all earlier time too. What came first counts.
    """
    if status == "removed":
        return status
    ends = [(when, name) for when, name in ((revoked_at, "revoked"), (expires_at, "expired")) if when and when <= at]
    if ends:
        return min(ends)[1]
    if (status == "revoked" and revoked_at) or (status == "expired" and expires_at):
        return "active"
    return status


def used_after_end(
    state: str,
    *,
    ended_at: datetime | None,
    seen: datetime | None,
    succeeded: datetime | None,
    since: datetime,
    counts: Counts,
) -> str | None:
    """`accepted`, `refused`, or None when a dead key was left alone in the period, which began at `since`.

    `seen` and `succeeded` are its last try and its last success, `ended_at` its end; without an end any use counts.
    """
    if state not in {"expired", "revoked"} or not counts.requests or seen is None or seen < since:
        return None
    if ended_at is None:
        return "accepted" if counts.successes else "refused"
    if succeeded is not None and succeeded >= since and succeeded > ended_at + SKEW:
        return "accepted"
    return "refused" if seen > ended_at + SKEW else None

"""The numbers that are read first: tiles, states, targets, and the change since the period before."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median_low
from typing import Final

from model.finding import Severity
from model.incident import DeliveryStatus
from reports.records import DeliveryEntry, KeyEntry
from reports.snapshot import Snapshot
from reports.texts import change, counted, share
from reports.told import is_open

_STATES: Final = ("active", "unknown", "inactive", "expired", "revoked", "removed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A number that is read first."""

    title: str
    value: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A number of the period beside that of the previous one."""

    title: str
    now: int
    before: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRow:
    """How the alerts of the period fared at one target."""

    target: str
    sent: int
    waiting: int
    uncertain: int
    failed: int
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """How the incidents that opened in the period were answered."""

    opened: int
    acknowledged: int
    resolved: int
    to_acknowledge: timedelta | None
    """The median from opening to the first acknowledgement; None when nobody did."""
    to_resolve: timedelta | None
    """The median from opening to the end."""


def response(snapshot: Snapshot) -> Response:
    """Acknowledged and resolved up to the moment of the report."""
    mine = [one for one in snapshot.incidents if snapshot.cover.since <= one.opened_at < snapshot.cover.until]
    heard = [one.acknowledged_at - one.opened_at for one in mine if one.acknowledged_at]
    over = [one.resolved_at - one.opened_at for one in mine if one.resolved_at]
    return Response(
        opened=len(mine),
        acknowledged=len(heard),
        resolved=len(over),
        to_acknowledge=median_low(heard) if heard else None,
        to_resolve=median_low(over) if over else None,
    )


def kept_back(deliveries: Sequence[DeliveryEntry]) -> list[tuple[str, int]]:
    """(why, how many deliveries): collected for a digest, told in one, or suppressed."""
    found = Counter(d.status for d in deliveries)
    words = {"suppressed": "suppressed", "folded": "told in a digest", "collected": "waiting for a digest"}
    return [(word, found[status]) for status, word in words.items() if found[status]]


def tiles(snapshot: Snapshot) -> tuple[Tile, ...]:
    """Six numbers."""
    totals, before = snapshot.totals, snapshot.before
    used = sum(bool(key.counts.requests) for key in snapshot.keys)
    refused = totals.unauthorized + totals.forbidden + totals.throttled
    standing = [finding for finding in snapshot.findings if is_open(finding.status)]
    grave = sum(Severity(finding.severity).rank >= Severity.HIGH.rank for finding in standing)
    targets = by_target(snapshot.deliveries)
    waiting, failed = sum(row.waiting + row.uncertain for row in targets), sum(row.failed for row in targets)
    ago = f"{change(totals.requests, before.requests)} since before" if before else "nothing to compare"
    return (
        Tile(title="Keys", value=f"{len(snapshot.keys):,}", note=f"{used:,} used in the period"),
        Tile(title="Requests", value=f"{totals.requests:,}", note=ago),
        Tile(title="Refused", value=share(refused, totals.requests), note=f"{refused:,} of 401, 403, 429"),
        Tile(
            title="Findings", value=f"{len(snapshot.findings):,}", note=f"{totals.findings_opened:,} new in the period"
        ),
        Tile(title="Open", value=f"{len(standing):,}", note=f"{grave:,} high or critical"),
        Tile(
            title="Alerts delivered",
            value=f"{sum(row.sent for row in targets):,}",
            note=f"{waiting:,} waiting, {failed:,} failed",
        ),
    )


def states(keys: Sequence[KeyEntry]) -> list[tuple[str, int]]:
    """(state, keys), those that can be used first."""
    found = Counter(key.state for key in keys)
    return sorted(found.items(), key=lambda pair: (_STATES.index(pair[0]) if pair[0] in _STATES else 99, pair[0]))


def changes(snapshot: Snapshot) -> list[Change]:
    """The period beside the previous one; empty when the telemetry does not reach there."""
    now, before = snapshot.totals, snapshot.before
    if before is None:
        return []
    rows = (
        ("Requests", now.requests, before.requests),
        ("Successes", now.successes, before.successes),
        ("401", now.unauthorized, before.unauthorized),
        ("403", now.forbidden, before.forbidden),
        ("429", now.throttled, before.throttled),
        ("Other errors", now.errors, before.errors),
        ("Credentials seen", now.keys, before.keys),
        ("Addresses seen", now.addresses, before.addresses),
        ("Findings opened", now.findings_opened, before.findings_opened),
    )
    return [Change(title=title, now=n, before=b, text=change(n, b)) for title, n, b in rows]


def by_target(deliveries: Sequence[DeliveryEntry]) -> list[TargetRow]:
    """One row a target, by name; alerts that no route took are in none."""
    found = []
    for target in sorted({d.target for d in deliveries if d.target is not None}):
        mine = [d for d in deliveries if d.target == target]
        count = Counter(d.status for d in mine)
        found.append(
            TargetRow(
                target=target,
                sent=count[DeliveryStatus.SENT],
                waiting=count[DeliveryStatus.PENDING] + count[DeliveryStatus.LEASED],
                uncertain=count[DeliveryStatus.UNKNOWN],
                failed=count[DeliveryStatus.DEAD],
                attempts=sum(d.attempts for d in mine),
            )
        )
    return found


def excused(snapshot: Snapshot) -> list[str]:
    """Sentences about keys that are excused, and about rotations; none when there are neither."""
    found = []
    ignored = [one for one in snapshot.exceptions if one.kind == "ignored"]
    holding, expired = (sum(one.state == state for one in ignored) for state in ("in force", "expired"))
    if holding or expired:
        keys = counted(sum(bool(key.excused) for key in snapshot.keys), "key is", "keys are")
        over = f"; {counted(expired, 'exception has', 'exceptions have')} expired" if expired else ""
        found.append(f"{keys} excused from rules by {counted(holding, 'exception')}, and counted all the same{over}.")
    under_way = [one for one in snapshot.rotations if one.state != "completed"]
    if snapshot.rotations:
        used = sum(one.state == "old still used" for one in under_way)
        still = f", {used} with the old key still used" if used else ""
        done = len(snapshot.rotations) - len(under_way)
        found.append(f"{counted(len(under_way), 'rotation')} under way{still}; {done} completed in the period.")
    return found

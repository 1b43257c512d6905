"""Digests: one message that sums up what was collected for a target, with exact counts; nothing of it is lost."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from alerts import payload
from alerts.config import Telling, Timing
from alerts.quiet import leaves_at
from alerts.rendering import BODY_BUDGET, TITLE_BUDGET
from model.finding import Severity
from model.incident import Alert, IncidentId
from model.plain import plain
from store.state import outbox

if TYPE_CHECKING:
    from store.handle import Transaction

STORM: Final = "storm"
_SHOWN = 10
_NAMES = {STORM: "at once", "daily": "of the day", "weekly": "of the week"}


def due(tx: "Transaction", telling: Telling, now: datetime) -> list[Alert]:
    """Write the digests whose time has come; returns them. What they sum up is marked as told in them."""
    written: list[Alert] = []
    for (target, kind), alerts in outbox.collected(tx).items():
        if not _due(kind, min(alert.created_at for alert in alerts), telling.timing, now):
            continue
        alert = _digest(target, kind, alerts, now)
        known = telling.targets.get(target)
        at = leaves_at(known.quiet if known else None, alert.severity, now)
        outbox.write(tx, [alert])
        outbox.address(tx, [outbox.delivery(alert.id, target, idempotency_key(alert.id, target), next_at=at)])
        outbox.fold(tx, target=target, kind=kind, alerts=[one.alert_id for one in alerts], into=alert.id)
        written.append(alert)
    return written


def idempotency_key(alert: str, target: str) -> str:
    """`kw-` and 16 hex digits of SHA-256 over alert and target; it says nothing and is the same for each try."""
    return "kw-" + hashlib.sha256(f"{alert}\x1f{target}".encode()).hexdigest()[:16]


def _due(kind: str, oldest: datetime, timing: Timing, now: datetime) -> bool:
    if kind == STORM:
        return now >= oldest + timing.group_wait
    return _last_departure(kind, timing, now) > oldest


def _last_departure(kind: str, timing: Timing, now: datetime) -> datetime:
    """The latest moment before now at which such digests leave: each day, or each Monday."""
    local = now.astimezone(timing.zone)
    day = local.date()
    while True:
        at = datetime.combine(day, timing.digest_at, timing.zone).astimezone(UTC)
        if at <= now and (kind == "daily" or day.weekday() == 0):
            return at
        day -= timedelta(days=1)


def _digest(target: str, kind: str, alerts: Sequence[outbox.Collected], now: datetime) -> Alert:
    """One alert about many: the counts by severity, detector and kind, and the gravest headlines."""
    gravest = sorted(alerts, key=lambda alert: (-alert.severity.rank, alert.created_at, alert.alert_id))
    incidents = len({alert.incident_id for alert in alerts})
    first = min(alerts, key=lambda alert: (alert.created_at, alert.alert_id))
    severities = Counter(str(alert.severity) for alert in alerts)
    detectors = Counter(name for alert in alerts for name in alert.detectors)
    said = {
        "digest": kind,
        "incidents": incidents,
        "messages": len(alerts),
        "by_severity": {str(s): severities[s] for s in reversed(Severity) if severities[s]},
        "by_detector": dict(detectors.most_common()),
        "since": first.created_at.astimezone(UTC).isoformat(),
        "incident_ids": sorted({str(alert.incident_id) for alert in alerts})[:1000],
    }
    severity = gravest[0].severity
    plural = "" if incidents == 1 else "s"
    head = f"[{severity}] Digest: {incidents:,} incident{plural} {_NAMES.get(kind, kind)}"
    mark = hashlib.sha256("\x1f".join(["digest", target, kind, *sorted(a.alert_id for a in alerts)]).encode())
    return Alert(
        id=mark.hexdigest()[:16],
        incident_id=IncidentId(""),
        kind="digest",
        created_at=now,
        severity=severity,
        title=plain(head, TITLE_BUDGET),
        body=_body(gravest, severities, detectors, incidents),
        payload={"schema": payload.SCHEMA, **said},
    )


def _body(
    gravest: Sequence[outbox.Collected], severities: Counter[str], detectors: Counter[str], incidents: int
) -> str:
    counts = ", ".join(f"{severities[s]:,} {s}" for s in reversed(Severity) if severities[s])
    lines = [f"{len(gravest):,} messages about {incidents:,} incidents: {counts}."]
    lines += ["", "By detector: " + ", ".join(f"{name} {n:,}" for name, n in detectors.most_common(12)), ""]
    lines += [f"- {plain(alert.title, 200)}" for alert in gravest[:_SHOWN]]
    if len(gravest) > _SHOWN:
        lines.append(f"+{len(gravest) - _SHOWN:,} more")
    lines += ["", "More: keywatch incidents, keywatch alerts list"]
    text = "\n".join(lines)
    return text if len(text) <= BODY_BUDGET else text[: BODY_BUDGET - 1] + "…"

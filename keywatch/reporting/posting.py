"""Tells the targets of a report that was made, and of a review that nobody closed; through the outbox, once."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from alerts import payload
from alerts.channels.attachments import NAMES
from alerts.digest import idempotency_key
from alerts.quiet import leaves_at
from alerts.routing import addressed
from keywatch.alerting.addressing import telling
from keywatch.reporting.taking import Ask
from keywatch.workspace import Workspace
from model.actor import actor
from model.errors import ConfigError, ReportError, UsageError
from model.finding import Finding, FindingStatus, Severity, Subject, finding_id
from model.incident import Alert, Incident, IncidentId, IncidentStatus
from model.plain import plain
from model.window import parse_duration
from reports import standing, worksheet
from reports.snapshot import Snapshot
from reports.texts import clock, counted
from store.handle import Transaction
from store.state import audit, outbox
from store.state.incidents import KeyFacts
from store.state.reports import Made, open_reviews, reminded

DETECTOR = "report"
"""What a route names in `when` to get reports."""


def announce(
    tx: Transaction,
    workspace: Workspace,
    ask: Ask,
    snapshot: Snapshot,
    files: Mapping[str, str],
    *,
    to: Sequence[str],
    now: datetime,
) -> None:
    """Write the alert about a report with its deliveries; part of the transaction that remembers the report."""
    mark = snapshot.mark
    stage = "is open for review" if ask.review else "is ready"
    lines = [
        standing.result(snapshot),
        f"Period: {clock(ask.window.since)} to {clock(ask.window.until)} UTC.",
        f"Files: {ask.folder}",
        f"Manifest SHA-256: {files['manifest.json']}",
        f"Audit log: row {mark.seq}, {mark.hash}" if mark else "Audit log: empty",
        f"Check it: keywatch report verify {ask.folder}",
    ]
    if ask.review:
        count = counted(len(standing.to_decide(snapshot.keys)), "key")
        lines.append(f"{count} to decide: fill in {worksheet.NAME}, then keywatch report close.")
    said = {
        "id": snapshot.cover.report_id,
        "period": ask.period,
        "stage": snapshot.cover.stage,
        "folder": str(ask.folder),
        "files": {name: digest for name, digest in files.items() if name in NAMES},
        "manifest_sha256": files["manifest.json"],
        "audit_log": {"seq": mark.seq, "hash": mark.hash} if mark else None,
    }
    alert = _alert(
        snapshot.cover.report_id,
        "made",
        now,
        severity=Severity.INFO,
        title=f"API key report {ask.period} {stage}",
        lines=lines,
        said=said,
    )
    _send(tx, workspace, alert, to, now)


def reminder_after(workspace: Workspace) -> timedelta:
    """Between reminders. Raises ConfigError."""
    text = workspace.config.reports.reminder
    try:
        return parse_duration(text)
    except UsageError as error:
        msg = f"[reports] reminder is {text!r}."
        raise ConfigError(msg, hint=error.hint) from None


def remind(workspace: Workspace, now: datetime, *, every: timedelta) -> list[str]:
    """Tell of each review that has been open for `every` since it was opened or last told of."""
    if not every:
        return []
    with workspace.store.reading() as tx:
        late = [one for one in open_reviews(tx) if now - (one.reminded_at or one.made_at) >= every]
    for one in late:
        alert = _alert(
            one.id,
            f"open {now.isoformat()}",
            now,
            severity=Severity.LOW,
            title=f"The API key review {one.period} is still open after {(now - one.made_at).days} days",
            lines=[_undecided(one), f"Files: {one.folder}", "Close it with keywatch report close."],
            said={"id": one.id, "period": one.period, "stage": "open", "folder": one.folder, "files": {}},
        )
        with workspace.store.transaction() as tx:
            _send(tx, workspace, alert, (), now)
            reminded(tx, one.id, now)
            audit.record(
                tx, at=now, actor=actor(), action="review reminded", subject=one.period, detail={"report": one.id}
            )
    return [f"reminded of the review {one.period}" for one in late]


def _undecided(one: Made) -> str:
    whole = counted(one.decisions, "key")
    try:
        rows = worksheet.read(Path(one.folder) / worksheet.NAME)
    except ReportError:
        return f"{whole} wait for a decision since {clock(one.made_at)} UTC."
    blank = sum(not row.values["decision"] for row in rows)
    return f"{blank:,} of {whole} have no decision yet; it was opened at {clock(one.made_at)} UTC."


def _alert(
    report: str,
    sequence: str,
    now: datetime,
    *,
    severity: Severity,
    title: str,
    lines: Sequence[str],
    said: Mapping[str, object],
) -> Alert:
    mark = hashlib.sha256(f"report\x1f{report}\x1f{sequence}".encode()).hexdigest()[:16]
    return Alert(
        id=mark,
        incident_id=IncidentId(""),
        kind="report",
        created_at=now,
        severity=severity,
        title=plain(title, 200),
        body="\n".join(plain(line, 1000) for line in lines),
        payload={"schema": payload.SCHEMA, "report": dict(said)},
    )


def _send(tx: Transaction, workspace: Workspace, alert: Alert, to: Sequence[str], now: datetime) -> None:
    """To the targets named, or to those that the routes give for the detector `report`."""
    who = telling(workspace)
    if unknown := sorted(set(to) - set(who.targets)):
        msg = f"[[reports.schedule]] to names {unknown[0]!r}, which is no target."
        raise ConfigError(msg, hint=f"The targets are: {', '.join(sorted(who.targets)) or 'none'}.")
    names = to or addressed(_as_incident(alert), who, KeyFacts(), now).to
    outbox.write(tx, [alert])
    rows = [
        outbox.delivery(
            alert.id,
            name,
            idempotency_key(alert.id, name),
            next_at=leaves_at(who.targets[name].quiet, alert.severity, now),
        )
        for name in names
    ]
    outbox.address(tx, rows)


def _as_incident(alert: Alert) -> Incident:
    """What the routes are asked about."""
    about = Subject.parse("platform:reports")
    finding = Finding(
        id=finding_id(DETECTOR, about, alert.created_at),
        detector=DETECTOR,
        subject=about,
        severity=alert.severity,
        status=FindingStatus.OPEN,
        title=alert.title,
        summary="",
        opened=alert.created_at,
        first_seen=alert.created_at,
        last_seen=alert.created_at,
        detected_at=alert.created_at,
    )
    return Incident(
        id=IncidentId(alert.id),
        subject=str(about),
        headline=alert.title,
        severity=alert.severity,
        status=IncidentStatus.OPEN,
        opened_at=alert.created_at,
        updated_at=alert.created_at,
        last_seen=alert.created_at,
        findings=(finding,),
    )

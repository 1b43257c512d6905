"""Detect: frames from the store, findings from the detectors, and what is told; written in one transaction."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pandas as pd

from alerts.outbox import Told, tell_findings
from detectors import engine
from detectors.engine import Detection
from detectors.settings import DetectorsConfig
from keywatch.addressing import telling
from keywatch.baselining import baseline_frame
from keywatch.workspace import Workspace
from model.finding import Finding
from model.window import Window
from store.handle import Store, Transaction
from store.queries.frames import event_frame
from store.state import deliveries, findings, inventory, segments, sources

_STATE_FRAMES = frozenset({"keys", "key_refs", "sources", "telemetry", "baselines", "source_hours", "outbox"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What one detection did."""

    window: Window
    findings: list[Finding]
    """New and changed ones."""
    told: Told
    errors: dict[str, str] = field(default_factory=dict)
    """Detector to what went wrong; each is a finding too."""


def judge(
    workspace: Workspace,
    *,
    now: datetime,
    since: datetime | None = None,
    dry_run: bool = False,
    waiting: bool = False,
) -> Judgement:
    """Judge what is new since the last time (or since `since`) as of `now`, and write what was found.

    Judged time that a later segment touches is judged again. Findings, incidents and the outbox are one transaction.
    `waiting` as in `addressing.telling`.
    """
    store = workspace.store
    config = detectors_config(workspace)
    with store.reading() as tx:
        window = _window(tx, now, since)
        known = findings.known_findings(tx, Window(since=window.since - timedelta(days=8), until=window.until))
        read_until = segments.last_ingested(tx)
    detection = engine.detect(frames(store, window, now), window, known=known, config=config, now=now)
    if dry_run:
        return Judgement(window=window, findings=detection.findings, told=Told(), errors=detection.errors)
    told = _write(workspace, detection, now, read_until, waiting=waiting)
    return Judgement(window=window, findings=detection.findings, told=told, errors=detection.errors)


def frames(store: Store, window: Window, now: datetime) -> dict[str, pd.DataFrame]:
    """The frames that the detectors need, by name."""
    needed = engine.required_frames()
    longest = max(needed.values())
    with store.reading() as tx:
        made = {
            "keys": inventory.key_frame(tx),
            "key_refs": inventory.ref_frame(tx),
            "sources": sources.source_frame(tx, now),
            "telemetry": _telemetry(tx, now),
            "outbox": deliveries.backlog(tx, now),
            "source_hours": sources.source_hours(tx, Window(since=window.since - longest, until=window.until)),
        }
    made["baselines"] = baseline_frame(store, window, made["key_refs"])
    with store.reader(Window(since=window.since - longest, until=window.until)) as reader:
        for name, lookback in needed.items():
            if name not in _STATE_FRAMES:
                made[name] = event_frame(name, reader, window, lookback)
    return made


def detectors_config(workspace: Workspace) -> DetectorsConfig:
    """The table [detectors]. Raises ConfigError."""
    return DetectorsConfig.parse(workspace.config.detectors, known=engine.names())


def _window(tx: Transaction, now: datetime, since: datetime | None) -> Window:
    span = segments.span(tx)
    first = min(span.since, now) if span else now - timedelta(days=1)
    if since is not None:
        return Window(since=min(since, now), until=now)
    done = findings.judged(tx)
    if not done or set(engine.names()) - set(done):
        return Window(since=_hour(first), until=now)
    start = min(one.until for one in done.values())
    read = min((one.ingested_at for one in done.values() if one.ingested_at), default=None)
    touched = segments.touched_since(tx, read) if read else first
    if touched is not None:
        start = min(start, touched)
    return Window(since=min(_hour(start), now), until=now)


def _hour(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _telemetry(tx: Transaction, now: datetime) -> pd.DataFrame:
    span = segments.span(tx)
    if span is None:
        return pd.DataFrame({"since": [], "until": []}).astype("datetime64[us, UTC]")
    row = {"since": [span.since], "until": [min(span.until, now)]}
    return pd.DataFrame(row).astype("datetime64[us, UTC]")


def _write(
    workspace: Workspace, detection: Detection, now: datetime, read_until: datetime | None, *, waiting: bool
) -> Told:
    who = telling(workspace, waiting=waiting)
    with workspace.store.transaction() as tx:
        findings.save_findings(tx, detection.findings)
        saved = findings.list_findings(tx, ids=[finding.id for finding in detection.findings])
        told = tell_findings(tx, saved, who, now=now)
        findings.save_judged(tx, detection.judged, read_until)
    return told

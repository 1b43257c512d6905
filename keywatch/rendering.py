"""The report of a period, from the workspace: rendered into a folder, remembered, and noted in the audit log."""

import hashlib
import json
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

from detectors import engine
from detectors.settings import show
from keywatch.judging import detectors_config
from keywatch.version import installed_version
from keywatch.workspace import Workspace
from model.actor import actor
from model.window import parse_period
from reports.render import render
from reports.snapshot import take
from store.state import audit
from store.state.reports import save_report


def render_report(workspace: Workspace, period: str, *, now: datetime, folder: Path | None = None) -> Path:
    """Write the report of `period` as of `now`; returns its folder, `reports/<period>` in the workspace by default.

    Raises UsageError for a period that is none, ReportError for one that has not begun.
    """
    window = parse_period(period, now=now)
    thresholds = _thresholds(workspace)
    snapshot = take(
        workspace.store,
        window,
        period=period,
        now=now,
        generated_by=actor(),
        tool_version=installed_version(),
        config_hash=_hash(workspace),
        thresholds=thresholds,
    )
    target = folder or workspace.root / "reports" / period.replace("/", "-")
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    files = render(snapshot, target)
    with workspace.store.transaction() as tx:
        save_report(
            tx,
            report=str(snapshot.cover.report_id),
            period=period,
            window=window,
            made_at=now,
            folder=str(target),
            files=files,
        )
        audit.record(tx, at=now, actor=actor(), action="report render", subject=period, detail={"files": files})
    return target


def _thresholds(workspace: Workspace) -> dict[str, object]:
    config = detectors_config(workspace)
    found: dict[str, object] = {"budget": f"{config.budget:g}/day"}
    for name in engine.names():
        settings = asdict(config.settings(name, engine.load(name).settings))
        shown = {key.replace("_", "-"): show(v) if isinstance(v, timedelta) else v for key, v in settings.items()}
        if shown:
            found[name] = shown
    return found


def _hash(workspace: Workspace) -> str:
    text = json.dumps(workspace.config.model_dump(mode="json"), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()

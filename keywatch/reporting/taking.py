"""Reports from the workspace: taken, written into a folder, remembered, and noted in the audit log."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import MAXYEAR, MINYEAR, datetime, timedelta
from pathlib import Path

from detectors import engine
from detectors.folding.muting import Mute
from detectors.settings import show
from keywatch.detecting.configured import detectors_config
from keywatch.inventory.rotations import in_window
from keywatch.reporting.pseudonymous import key_table, mask_for
from keywatch.reporting.signing import signing_key
from keywatch.version import installed_version
from keywatch.workspace import Workspace
from model.actor import actor
from model.errors import ReportError
from model.window import Window, parse_period
from reports.comparison import compare
from reports.parts import Part
from reports.pseudonyms import masked
from reports.render import has_pdf, render
from reports.snapshot import Snapshot, take
from reports.standing import to_decide
from reports.trail import ExceptionEntry, Previous
from reports.worksheet import worksheet
from store.handle import Transaction
from store.state import audit, people
from store.state.reports import made, save_report, sealed

Also = Callable[[Transaction, Snapshot, dict[str, str]], None]
"""What else belongs into the transaction that remembers a report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Which report is wanted."""

    period: str
    window: Window
    folder: Path
    review: bool = False
    by: str | None = None
    """Who asked; None: whoever runs the program."""
    anew: bool = False
    """Nobody has heard of what lies in the folder: a run that died left it there."""


def asked(workspace: Workspace, period: str, *, now: datetime, folder: Path | None = None, review: bool = False) -> Ask:
    """The report of `period`, into `reports/<period>` in the workspace by default. Raises UsageError."""
    window = parse_period(period, now=now)
    return Ask(
        period=period,
        window=window,
        folder=(folder or workspace.root / "reports" / period.replace("/", "-")).absolute(),
        review=review,
    )


def render_report(workspace: Workspace, period: str, *, now: datetime, folder: Path | None = None) -> Path:
    """Write the report of `period` as of `now`; returns its folder.

    Raises UsageError for a period that is none, ReportError for one that has not begun.
    """
    make_report(workspace, ask := asked(workspace, period, now=now, folder=folder), now=now)
    return ask.folder


def make_report(workspace: Workspace, ask: Ask, *, now: datetime, also: Also | None = None) -> int:
    """Take, write and remember a report; returns how many keys its review decides about.

    A report for review is sealed with pseudonyms, and people.csv and worksheet.csv lie beside the seal.
    """
    key = signing_key(workspace)
    by = ask.by or actor()
    snapshot = _taken(workspace, ask, now, by)
    with workspace.store.reading() as tx:
        _refuse_second(tx, snapshot.cover.report_id, ask)
    count = len(to_decide(snapshot.keys))
    sheet = worksheet(snapshot)
    beside: list[Part] = []
    shown = snapshot
    if ask.review:
        with workspace.store.transaction() as tx:
            mask = mask_for(tx, snapshot, now)
            beside = [key_table(tx, mask), sheet]
        shown = masked(snapshot, mask.mask)
    files = render(shown, ask.folder, key=key, beside=beside, anew=ask.anew, with_pdf=_wants_pdf(workspace))
    action = "report opened" if ask.review else "report rendered"
    with workspace.store.transaction() as tx:
        save_report(
            tx,
            report=snapshot.cover.report_id,
            period=ask.period,
            window=ask.window,
            made_at=now,
            folder=str(ask.folder),
            files=files,
            stage=snapshot.cover.stage,
            decisions=count if ask.review else 0,
        )
        if also is not None:
            also(tx, snapshot, files)
        detail = {"report": snapshot.cover.report_id, "manifest": files["manifest.json"]}
        audit.record(tx, at=now, actor=by, action=action, subject=ask.period, detail=detail)
    return count


def _refuse_second(tx: Transaction, report: str, ask: Ask) -> None:
    """Raise ReportError when this very review was opened already: two folders would be decided apart."""
    known = {one.id: one for one in made(tx)}
    before = known.get(report)
    if ask.review and not ask.anew and before is not None and before.folder != str(ask.folder):
        msg = f"This review was opened already, of the same period at the same moment: it lies in {before.folder}."
        raise ReportError(msg, hint="Close that one, or open it as of another moment.")


def _taken(workspace: Workspace, ask: Ask, now: datetime, by: str) -> Snapshot:
    config = workspace.config.reports
    snapshot = take(
        workspace.store,
        ask.window,
        period=ask.period,
        now=now,
        generated_by=by,
        tool_version=installed_version(),
        config_hash=config_hash(workspace),
        thresholds=thresholds(workspace),
        stage="open" if ask.review else "rendered",
        organisation=config.organisation,
        classification=config.classification,
        exceptions=tuple(_exception(n, mute, now) for n, mute in enumerate(detectors_config(workspace).mutes, 1)),
        rotations=lambda keys, judged: in_window(workspace, keys, judged),
    )
    with workspace.store.reading() as tx:
        before = [one for one in sealed(tx) if one.made_at < now and one.folder != str(ask.folder)]
        names = people.stands_for(tx)
    if not before:
        return snapshot
    last = before[-1]
    previous = Previous(
        report_id=last.id,
        period=last.period,
        made_at=last.made_at,
        stage=last.stage,
        manifest_sha256=last.files["manifest.json"],
    )
    since = compare(Path(last.folder), previous.manifest_sha256, snapshot, names)
    return replace(snapshot, previous=previous, since_last=since)


def _wants_pdf(workspace: Workspace) -> bool:
    wanted = workspace.config.reports.pdf
    return has_pdf() if wanted is None else wanted


def _exception(number: int, mute: Mute, now: datetime) -> ExceptionEntry:
    return ExceptionEntry(
        id=f"config {number}",
        kind=mute.kind,
        about=mute.name,
        rules=mute.detectors,
        reason=mute.reason,
        approver=None,
        granted=None if mute.since.year == MINYEAR else mute.since,
        expires=None if mute.until.year == MAXYEAR else mute.until,
        state="in force" if mute.until > now else "expired",
    )


def thresholds(workspace: Workspace) -> dict[str, object]:
    """The detectors' settings in force, by detector."""
    config = detectors_config(workspace)
    found: dict[str, object] = {"budget": f"{config.budget:g}/day"}
    for name in engine.names():
        settings = asdict(config.settings(name, engine.load(name).settings))
        shown = {key.replace("_", "-"): show(v) if isinstance(v, timedelta) else v for key, v in settings.items()}
        if shown:
            found[name] = shown
    return found


def config_hash(workspace: Workspace) -> str:
    """SHA-256 of the configuration in force."""
    text = json.dumps(workspace.config.model_dump(mode="json"), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()

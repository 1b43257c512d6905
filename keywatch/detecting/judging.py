"""Detect: frames from the store, findings from the detectors, and what is told; written in one transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alerts.outbox import Told, tell_findings
from detectors import engine
from detectors.engine import Detection
from detectors.folding.wording import Names
from detectors.settings import DetectorsConfig
from keywatch.alerting.addressing import telling
from keywatch.detecting.configured import detectors_config, with_expected
from keywatch.detecting.planning import Pass, plan
from keywatch.detecting.reading import state_frames
from keywatch.detecting.scoring import score_pass
from keywatch.process.memory import give_back
from keywatch.workspace import Workspace
from model.errors import Stopped
from model.finding import Finding, FindingId, FindingStatus
from model.window import Window
from store.state import findings, segments
from store.state.writing import take_turns

__all__ = ["Judgement", "detectors_config", "judge"]

_REACH = timedelta(days=8)
"""How long before the window a finding that is over may have been seen and still take a bucket of it: `quiet` is at
most seven days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What one detection did."""

    window: Window
    """The widest window that a detector judged."""
    findings: list[Finding]
    """New and changed ones."""
    told: Told
    errors: dict[str, str] = field(default_factory=dict)
    """Detector to what went wrong; each is a finding too."""
    seconds: dict[str, float] = field(default_factory=dict)
    """Detector to how long it took; a detector that had nothing to judge is not in it."""


def judge(
    workspace: Workspace,
    *,
    now: datetime,
    since: datetime | None = None,
    dry_run: bool = False,
    live: bool = False,
    waiting: bool = False,
    stopped: Callable[[], bool] = lambda: False,
) -> Judgement:
    """Judge what is new since the last time (or since `since`) as of `now`, and write what was found.

    Judged time that a later segment touches is judged again. In a `live` cycle detectors rest while nothing is new to
    them. Nothing later than `now` is judged. Findings, incidents and the outbox are one transaction.
    `waiting` as in `addressing.telling`. Raises Stopped between two parts once `stopped` says so; nothing is written.
    """
    config = detectors_config(workspace)
    with workspace.store.reading() as tx:
        config = with_expected(config, tx)
        passes = plan(tx, now, since, live=live)
        window = _widest(passes, now)
        known = findings.known_findings(tx, Window(since=window.since - _REACH, until=window.until))
        read_until = segments.last_ingested(tx)
    detection = _detect(workspace, passes, config, known, now, keep=not dry_run, stopped=stopped)
    stood = {finding.id: finding.status for finding in known}
    told = Told() if dry_run else _write(workspace, detection, stood, now, read_until, waiting=waiting)
    return Judgement(
        window=window,
        findings=detection.findings,
        told=told,
        errors=detection.errors,
        seconds=detection.seconds,
    )


def _widest(passes: Sequence[Pass], now: datetime) -> Window:
    return Window(since=min((one.window.since for one in passes), default=now), until=now)


def _detect(
    workspace: Workspace,
    passes: Sequence[Pass],
    config: DetectorsConfig,
    known: Sequence[Finding],
    now: datetime,
    *,
    keep: bool,
    stopped: Callable[[], bool],
) -> Detection:
    """Every pass, part by part: scored, then folded into what is known."""
    result = Detection(findings=[], judged={})
    held = {finding.id: finding for finding in known}
    changed: dict[FindingId, Finding] = {}
    state = state_frames(workspace.store, now) if passes else {}
    names = engine.names_of(state) if passes else Names.nobody()
    for one in passes:
        for part, scores in score_pass(
            workspace.store, one.window, one.detectors, config=config, now=now, keep=keep, state=state
        ):
            if stopped():
                msg = "Told to stop in the middle of a detection; nothing of it was written."
                raise Stopped(msg, hint="The next one judges the same again.")
            done = engine.fold(scores, part, known=list(held.values()), config=config, now=now, names=names)
            held.update((finding.id, finding) for finding in done.findings)
            changed.update((finding.id, finding) for finding in done.findings)
            result.judged.update(done.judged)
            result.errors.update(done.errors)
            for name, seconds in done.seconds.items():
                result.seconds[name] = result.seconds.get(name, 0.0) + seconds
        give_back()
    for name in result.errors:  # it failed in a part: that window is judged again
        result.judged.pop(name, None)
    result.findings.extend(changed.values())
    return result


def _write(
    workspace: Workspace,
    detection: Detection,
    stood: Mapping[FindingId, FindingStatus],
    now: datetime,
    read_until: datetime | None,
    *,
    waiting: bool,
) -> Told:
    who = telling(workspace, waiting=waiting)
    with workspace.store.transaction() as tx:
        take_turns(tx)
        findings.save_findings(tx, detection.findings, read=stood)
        saved = findings.list_findings(tx, ids=[finding.id for finding in detection.findings])
        told = tell_findings(tx, saved, who, now=now)
        findings.save_judged(tx, detection.judged, read_until)
    return told

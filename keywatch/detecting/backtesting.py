"""Backtest: the same detectors over history, folded in memory with several budgets and settings. Writes nothing."""

import dataclasses
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import pandas as pd

from alerts.incidents import group
from detectors import engine
from detectors.declare import DAY
from detectors.engine import Scores
from detectors.folding.wording import Names
from detectors.settings import DetectorsConfig, Value, parse_budget, require_known
from keywatch.detecting.scoring import bait_of, read_parts
from model.errors import UsageError
from model.finding import Finding, FindingId, FindingStatus, Severity
from model.window import Window
from store.handle import Store

_REACH: Final = timedelta(days=8)
"""As in judging: a finding that is over takes no bucket later than this."""

_NOISIEST: Final = 3

Progress = Callable[[datetime], None]
_QUIET = frozenset({Severity.INFO, Severity.LOW})


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One way to judge: the config itself, or with another budget or setting."""

    name: str
    """`as configured`, `budget 5/day` or `volume-spike.times=4`."""
    config: DetectorsConfig
    detector: str | None = None
    """The detector whose settings differ."""


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What a trial gave."""

    trial: Trial
    window: Window
    findings: list[Finding] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)

    def rows(self) -> list[dict[str, Any]]:
        """One row a detector with findings: findings, muted, incidents, alerts, alerts_a_day, noisiest keys.

        An incident of medium or above that is not muted is an alert. It counts for each detector in it under
        `incidents`, and under `alerts` for the one that had it first, so those sum up.
        """
        found, muted = Counter[str](), Counter[str]()
        keys: dict[str, Counter[str]] = {}
        for one in self.findings:
            found[one.detector] += 1
            muted[one.detector] += one.status is FindingStatus.MUTED
            keys.setdefault(one.detector, Counter())[one.key_name or one.key_id or str(one.subject)] += 1
        incidents, alerts = self._incidents()
        days = max(self.window.length / DAY, 1e-9)
        return [
            {
                "detector": name,
                "findings": found[name],
                "muted": muted[name],
                "incidents": incidents[name],
                "alerts": alerts[name],
                "alerts_a_day": round(alerts[name] / days, 3),
                "noisiest": [{"key": key, "findings": n} for key, n in keys[name].most_common(_NOISIEST)],
            }
            for name in sorted(found, key=lambda name: (-alerts[name], -found[name], name))
        ]

    def _incidents(self) -> tuple[Counter[str], Counter[str]]:
        incidents, alerts = Counter[str](), Counter[str]()
        for incident in group([], self.findings, self.window.until):
            incidents.update({finding.detector for finding in incident.findings})
            told = [f for f in incident.findings if f.status is not FindingStatus.MUTED and f.severity not in _QUIET]
            if told:
                alerts[min(told, key=lambda finding: (finding.opened, finding.id)).detector] += 1
        return incidents, alerts


def trials(config: DetectorsConfig, budgets: Sequence[str], settings: Sequence[str]) -> list[Trial]:
    """The config, then one trial for each budget (`5/day`) and each setting (`volume-spike.times=4`).

    Raises UsageError for a text that is none of this, ConfigError for a setting or a budget that there is not.
    """
    made = [Trial(name="as configured", config=config)]
    for text in budgets:
        name = f"budget {text.strip()}"
        made.append(Trial(name=name, config=dataclasses.replace(config, budget=parse_budget(text))))
    for text in settings:
        place, is_set, value = text.partition("=")
        detector, dot, setting = place.strip().partition(".")
        if not (is_set and dot and setting):
            msg = f"--set {text} is no setting."
            raise UsageError(msg, hint="Write --set volume-spike.times=4.")
        require_known(detector, engine.names(), "--set")
        values: Mapping[str, Value] = {setting: value.strip()}
        changed = config.with_settings(detector, values)
        changed.settings(detector, engine.load(detector).settings)
        made.append(Trial(name=f"{detector}.{setting}={value.strip()}", config=changed, detector=detector))
    return made


def backtest(
    store: Store,
    window: Window,
    tried: Sequence[Trial],
    *,
    step: timedelta = DAY,
    progress: Progress | None = None,
) -> list[Outcome]:
    """What each trial would have found in the window; standing detectors judge at the end of each `step`.

    Frames are read once, a week at a time; only a detector with other settings is scored again. The inventory is
    today's. Raises ConfigError.
    """
    runs = [_Run(Outcome(trial=trial, window=window)) for trial in tried]
    for part, frames, detectors in read_parts(
        store, window, engine.names(), step=step, keep=False, bait=bait_of(tried[0].config)
    ):
        names = engine.names_of(frames)
        base = engine.score(frames, part, config=tried[0].config, detectors=detectors)
        for run in runs:
            run.take(part, _scores(run.outcome.trial, base, frames, part), names)
        frames.clear()  # or two weeks would be held while the next one is read
        if progress is not None:
            progress(part.until)
    return [run.done() for run in runs]


def _scores(trial: Trial, base: Scores, frames: Mapping[str, pd.DataFrame], part: Window) -> Scores:
    """The rows of a trial: those of the base, with its own detector's in their place."""
    name = trial.detector
    if name is None or (name not in base.rows and name not in base.errors):
        return base
    own = engine.score(frames, part, config=trial.config, detectors=[name])
    others = {each: rows for each, rows in base.rows.items() if each != name}
    errors = {each: error for each, error in base.errors.items() if each != name}
    failures = [row for row in base.failures if row.subject != f"source:{name}"]
    return Scores(rows=others | dict(own.rows), errors=errors | own.errors, failures=failures + own.failures)


class _Run:
    """The findings of one trial, as they come."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.live: dict[FindingId, Finding] = {}
        self.over: dict[FindingId, Finding] = {}

    def take(self, part: Window, scores: Scores, names: Names) -> None:
        """Fold a part's rows into what is known."""
        known = list(self.live.values())
        config = self.outcome.trial.config
        done = engine.fold(scores, part, known=known, config=config, now=part.until, names=names)
        self.live.update((finding.id, finding) for finding in done.findings)
        self.outcome.errors.update(done.errors)
        for finding in list(self.live.values()):
            if finding.resolved_at is not None and finding.last_seen < part.since - _REACH:
                self.over[finding.id] = self.live.pop(finding.id)

    def done(self) -> Outcome:
        """The outcome, its findings oldest first."""
        everything = self.over | self.live
        self.outcome.findings = sorted(everything.values(), key=lambda finding: (finding.opened, finding.id))
        return self.outcome


def compared(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """One row for each trial after the first and each detector that it changes, with what it had and has."""
    first, rows = {row["detector"]: row for row in outcomes[0].rows()}, []
    for outcome in outcomes[1:]:
        mine = {row["detector"]: row for row in outcome.rows()}
        for name in sorted(first.keys() | mine.keys()):
            before, after = first.get(name, {}), mine.get(name, {})
            numbers = {
                f"{what}{when}": row.get(what, 0)
                for what in ("findings", "alerts_a_day")
                for when, row in (("_before", before), ("", after))
            }
            if numbers["findings"] != numbers["findings_before"] or name == outcome.trial.detector:
                rows.append({"trial": outcome.trial.name, "detector": name, **numbers})
        total = {
            f"alerts_a_day{when}": round(sum(row["alerts_a_day"] for row in each.values()), 3)
            for when, each in (("_before", first), ("", mine))
        }
        counts = {"findings_before": len(outcomes[0].findings), "findings": len(outcome.findings)}
        rows.append({"trial": outcome.trial.name, "detector": "all", **counts, **total})
    return rows

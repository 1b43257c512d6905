"""One world watched by the minute: the program's live cycles, from the onset of each plant until it is told.

Five weeks are 50,000 minutes, so cycles of one minute are run where they say something: for six minutes from each
onset, or until it is told. What is not told by then is looked for at each quarter of an hour, which meets the ends
of the hours, and after two hours (slow attacks, falls of use) by the hour. Between plants one cycle a day takes what
has come, as after a restart.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from benchmarks.worlds import tables
from benchmarks.worlds.judging import Known, read_known
from benchmarks.worlds.labels import Plant
from benchmarks.worlds.running import Arrivals, prepare
from benchmarks.worlds.scoring import AFTER, Found, Outcome, Rule, Verdict, read_finding, read_rules, score
from keywatch.collecting.ingesting import ingest_source
from keywatch.commands.detect import record
from keywatch.detecting.judging import judge
from keywatch.workspace import Workspace
from model.clock import FixedClock
from model.finding import Finding
from store.compaction import compact
from store.state.findings import list_findings

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_CLOSELY: Final = timedelta(minutes=6)
_QUARTER: Final = timedelta(minutes=15)
_SOON: Final = timedelta(hours=2)


@dataclass(slots=True)
class Watch:
    """Which plants are still waited for, and when to look next."""

    waiting: list[Plant]

    def next(self, now: datetime, end: datetime) -> datetime:
        """The end of the next cycle."""
        self.waiting = [plant for plant in self.waiting if now < plant.end + AFTER]
        begun = [plant for plant in self.waiting if plant.onset <= now]
        coming = min((p.onset for p in self.waiting if p.onset > now), default=end).replace(second=0, microsecond=0)
        latest = max((plant.onset for plant in begun), default=now - _DAY)
        if coming <= now or now < latest + _CLOSELY:
            return min(end, now + _MINUTE)
        step = _QUARTER if now < latest + _SOON else _HOUR if begun else _DAY
        return min(end, coming, now + step - (now - _EPOCH) % min(step, _HOUR))

    def told(self, findings: Sequence[Found], known: Known, rules: dict[str, Rule]) -> list[Outcome]:
        """Wait no longer for what these findings tell: that."""
        verdict = score(self.waiting, [], findings, rules, start=known.start, end=known.end)
        self.waiting = [outcome.plant for outcome in verdict.outcomes if not outcome.found]
        return [outcome for outcome in verdict.outcomes if outcome.found]


def watched(folder: Path) -> tuple[Verdict, int]:
    """The verdict on a world whose attacks were watched by the minute, and how many cycles that took."""
    known, rules, root = read_known(folder), read_rules(), folder / "workspace"
    plants = [plant for plant in known.plants if not rules[plant.family].standing]
    arrivals, watch = Arrivals(folder, prepare(folder, root), known.start), Watch(list(plants))
    now, cycles = known.start, 0
    workspace = Workspace.at(root / "keywatch.toml")
    try:
        while now < known.end:
            now, cycles = watch.next(now, known.end), cycles + 1
            arrivals.until(now)
            ingest_source(workspace, workspace.config.sources[0], clock=FixedClock(now))
            found = watch.told(list(_read(judge(workspace, now=now, live=True).findings)), known, rules)
            compact(workspace.store, now=now)
            for plant, delay in ((one.plant, one.delay) for one in found):
                print(
                    f"{plant.family} {plant.strength} after {delay:.1f} min, cycle {cycles}",
                    file=sys.stderr,
                    flush=True,
                )
        with workspace.store.reading() as tx:
            findings = list(_read(list_findings(tx)))
    finally:
        workspace.close()
    return score(plants, known.nuisances, findings, rules, start=known.start, end=known.end), cycles


def _read(findings: Sequence[Finding]) -> Iterator[Found]:
    for finding in findings:
        if str(finding.status) != "muted":
            yield read_finding(json.loads(json.dumps(record(finding), default=str)))


def report(folder: Path) -> str:
    """Markdown: how long each family took from its onset until a cycle told of it."""
    verdict, cycles = watched(folder)
    delays = [delay for outcome in verdict.outcomes if (delay := outcome.delay) is not None]
    found = sum(outcome.found for outcome in verdict.outcomes)
    return (
        f"{len(verdict.outcomes)} plants, {found} found, in {cycles:,} cycles. From the onset until a cycle told of it,"
        f" minutes: median and 95 % {tables.spread(delays)}.\n\n{tables.families([verdict], live=True)}"
    )

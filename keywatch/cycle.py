"""The cycle: ingest, detect, deliver; once or again and again."""

import os
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from alerts.delivery import DeliveryReport, deliver
from keywatch.addressing import targets
from keywatch.collecting.ingesting import Ingested, ingest_source
from keywatch.judging import Judgement, judge
from keywatch.workspace import Workspace
from model.clock import Clock
from model.errors import ConfigError, KeywatchError


@dataclass(slots=True)
class Cycle:
    """What one round did."""

    ingested: list[Ingested] = field(default_factory=list)
    judgement: Judgement | None = None
    delivered: DeliveryReport | None = None
    errors: list[str] = field(default_factory=list)
    """What went wrong with a part; the other parts went on."""

    def line(self) -> str:
        """One status line."""
        lines = sum(one.lines for one in self.ingested)
        rejects = sum(one.rejects for one in self.ingested)
        found = len(self.judgement.findings) if self.judgement else 0
        sent = self.delivered.sent if self.delivered else 0
        waiting = self.delivered.retried if self.delivered else 0
        text = f"{lines:,} lines, {rejects:,} rejects, {found} findings changed, {sent} alerts sent"
        return text + (f", {waiting} to be tried again" if waiting else "")


def run_once(workspace: Workspace, clock: Clock) -> Cycle:
    """One round. A source that cannot be read is an error of the round, and the rest goes on."""
    cycle = Cycle()
    with workspace.lock():
        for source in (one for one in workspace.config.sources if one.path != "-"):
            try:
                done = ingest_source(workspace, source, clock=clock)
                cycle.ingested.append(done)
                cycle.errors.extend(done.errors)
            except KeywatchError as error:
                cycle.errors.append(str(error))
        cycle.judgement = judge(workspace, now=clock.now())
        cycle.errors.extend(f"{name}: {error}" for name, error in cycle.judgement.errors.items())
    cycle.delivered = deliver_due(workspace, clock)
    return cycle


def _round(workspace: Workspace, clock: Clock) -> Cycle:
    """One round of many: what stopped it is told, and the next round tries again. A wrong config ends the run."""
    try:
        return run_once(workspace, clock)
    except ConfigError:
        raise
    except KeywatchError as error:
        return Cycle(errors=[str(error)])


def deliver_due(workspace: Workspace, clock: Clock) -> DeliveryReport:
    """Send what is due."""
    worker = f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident()}"
    return deliver(workspace.store, targets(workspace), clock, worker)


def run(
    workspace: Workspace,
    clock: Clock,
    *,
    interval: float,
    stop: threading.Event,
    tell: Callable[[Cycle], None],
) -> None:
    """Rounds, `interval` seconds from start to start on monotonic time, until `stop` is set."""
    while not stop.is_set():
        began = clock.monotonic()
        tell(_round(workspace, clock))
        stop.wait(max(0.0, interval - (clock.monotonic() - began)))

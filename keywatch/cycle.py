"""The cycle: ingest, detect, deliver; once or again and again."""

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from alerts.delivery import DeliveryReport
from keywatch.addressing import targets
from keywatch.collecting.ingesting import Ingested, ingest_source
from keywatch.inventory.puller import Puller
from keywatch.inventory.syncing import Pulled, Synced, due, forget_others, pull_source, save_pull
from keywatch.judging import Judgement, judge
from keywatch.noting import note, note_config
from keywatch.posting import DRAIN, Post, deliverer
from keywatch.scheduling import make_due
from keywatch.workspace import Workspace
from model.clock import Clock
from model.errors import ConfigError, KeywatchError, StoreError
from store.compaction import compact
from store.retention import prune
from store.state import health

_COMPACTING: Final = 2.0
"""Seconds of a round in which merges of segments may begin: most take a tenth of one."""


@dataclass(slots=True)
class Cycle:
    """What one round did."""

    ingested: list[Ingested] = field(default_factory=list)
    synced: list[Synced] = field(default_factory=list)
    judgement: Judgement | None = None
    delivered: DeliveryReport | None = None
    reports: list[str] = field(default_factory=list)
    """Reports that were made, and reviews that were reminded of."""
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
        if whole := sum(one.error is None for one in self.synced):
            text += f", {whole} inventories synced"
        text += f", {waiting} to be tried again" if waiting else ""
        return ", ".join([text, *self.reports])


def run_once(workspace: Workspace, clock: Clock) -> Cycle:
    """One round. A source that cannot be read is an error of the round, and the rest goes on."""
    pulled = [pull_source(workspace, source, clock) for source in due(workspace, clock.now())]
    cycle = read_and_judge(workspace, clock, pulled=pulled)
    cycle.delivered = deliver_due(workspace, clock)
    return cycle


def read_and_judge(
    workspace: Workspace, clock: Clock, *, waiting: bool = False, pulled: Sequence[Pulled] = ()
) -> Cycle:
    """Save what was pulled of the inventory, ingest and detect; `waiting` as in `addressing.telling`."""
    cycle = Cycle()
    with workspace.lock():
        note_config(workspace, clock.now())
        forget_others(workspace)
        for one in pulled:
            synced = save_pull(workspace, one, clock.now())
            cycle.synced.append(synced)
            cycle.errors.extend([str(synced.error)] if synced.error else [])
        for source in (one for one in workspace.config.sources if one.path != "-"):
            try:
                done = ingest_source(workspace, source, clock=clock)
                cycle.ingested.append(done)
                cycle.errors.extend(done.errors)
            except KeywatchError as error:
                cycle.errors.append(str(error))
        cycle.judgement = judge(workspace, now=clock.now(), live=waiting, waiting=waiting)
        cycle.errors.extend(f"{name}: {error}" for name, error in cycle.judgement.errors.items())
        with workspace.store.transaction() as tx:
            health.mark(tx, health.CYCLE, clock.now())
        cycle.reports, errors = make_due(workspace, clock.now())
        cycle.errors.extend(errors)
        try:
            compact(workspace.store, now=clock.now(), seconds=_COMPACTING)
            gone = prune(workspace.store, workspace.config.retention.cuts(clock.now()), now=clock.now())
            if str(gone):
                note(workspace, "store pruned", "[retention]", at=clock.now(), gone=str(gone))
        except KeywatchError as error:
            cycle.errors.append(str(error))
    return cycle


def deliver_due(workspace: Workspace, clock: Clock) -> DeliveryReport:
    """Send what is due."""
    return deliverer(workspace, clock).deliver(targets(workspace))


def run(
    workspace: Workspace,
    clock: Clock,
    *,
    interval: float,
    stop: threading.Event,
    tell: Callable[[Cycle], None],
) -> None:
    """Rounds, `interval` seconds from start to start on monotonic time, until `stop` is set.

    Delivery has a loop of its own: a target that hangs delays neither the logs nor the other targets. A wrong config
    ends the run; what else stopped a round is told, and the next round tries again.
    """
    post, puller = Post(workspace, clock, stop), Puller(workspace, clock, stop)
    _note(workspace, "run began", clock, tell, interval=interval)
    post.start()
    puller.start()
    try:
        while not stop.is_set():
            began = clock.monotonic()
            cycle = _round(workspace, clock, puller)
            cycle.delivered, said = post.take()
            cycle.errors.extend(said)
            post.beat = cycle.judgement is not None
            tell(cycle)
            stop.wait(max(0.0, interval - (clock.monotonic() - began)))
    finally:
        stop.set()
        post.join(DRAIN)
        puller.join(DRAIN)
        _note(workspace, "run ended", clock, tell)
    for failure in (post.failure, puller.failure):
        if failure is not None:
            raise failure


def _round(workspace: Workspace, clock: Clock, puller: Puller) -> Cycle:
    pulled, said = puller.take()
    try:
        cycle = read_and_judge(workspace, clock, waiting=True, pulled=pulled)
    except ConfigError:
        raise
    except KeywatchError as error:  # what was pulled is pulled again
        cycle = Cycle(errors=[str(error)])
    for one in pulled:
        puller.saved(one)
    cycle.errors.extend(said)
    return cycle


def _note(workspace: Workspace, action: str, clock: Clock, tell: Callable[[Cycle], None], **detail: object) -> None:
    """A run begins and ends although the database is away, as its rounds do."""
    try:
        note(workspace, action, f"process {os.getpid()}", at=clock.now(), **detail)
    except StoreError as error:
        tell(Cycle(errors=[str(error)]))

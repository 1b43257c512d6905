"""One turn of `keywatch run`: each of its roles looks for work that nobody else is at, and does it."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from alerts.delivery import DeliveryReport
from keywatch.collecting.ingesting import Ingested, ingest_source
from keywatch.config.root import SourceConfig
from keywatch.detecting.judging import Judgement, judge
from keywatch.inventory.syncing import Pulled, Synced, forget_others, save_pull
from keywatch.noting import note_config
from keywatch.process import work
from keywatch.process.refusals import REFUSALS, no_memory, said
from keywatch.running.keeping_house import HouseKeeper
from keywatch.running.roles import EVERY_ROLE, Role
from keywatch.running.scheduling import make_due
from keywatch.workspace import Workspace
from model.clock import Clock
from model.errors import ConfigError, Fenced, KeywatchError, Stopped, StoreError, WorkspaceLocked
from store.state import health


@dataclass(slots=True)
class Cycle:
    """What one turn did."""

    roles: frozenset[Role] = EVERY_ROLE
    ingested: list[Ingested] = field(default_factory=list)
    synced: list[Synced] = field(default_factory=list)
    judgement: Judgement | None = None
    delivered: DeliveryReport | None = None
    reports: list[str] = field(default_factory=list)
    """Reports that were made, and reviews that were reminded of."""
    errors: list[str] = field(default_factory=list)
    """What went wrong with a part; the other parts went on."""
    stuck: bool = False
    """The store could not be read or written: a full disk, a database that is away, no memory."""
    elsewhere: int = 0
    """Work that other processes were at, or had just done."""

    def failed(self, error: Exception) -> None:
        """A part of it failed."""
        self.errors.append(said(error))
        # Who was fenced lost to another worker, which has it.
        own = isinstance(error, KeywatchError) and (isinstance(error, Fenced) or not isinstance(error, StoreError))
        self.stuck = self.stuck or not own

    def counts(self) -> dict[str, int]:
        """What the roles did, in numbers."""
        sent, waiting = (self.delivered.sent, self.delivered.retried) if self.delivered else (0, 0)
        of_roles = {
            Role.INGEST: {
                "lines": sum(one.lines for one in self.ingested),
                "rejects": sum(one.rejects for one in self.ingested),
            },
            Role.DETECT: {"findings changed": len(self.judgement.findings) if self.judgement else 0},
            Role.DELIVER: {"alerts sent": sent},
        }
        counts = {name: count for role, own in of_roles.items() if role in self.roles for name, count in own.items()}
        rare = {
            "inventories synced": sum(one.error is None for one in self.synced),
            "to be tried again": waiting,
            "parts done elsewhere": self.elsewhere,
        }
        return counts | {name: count for name, count in rare.items() if count}

    def line(self) -> str:
        """One status line."""
        told = [f"{count:,} {name}" for name, count in self.counts().items()]
        return ", ".join([*told, *self.reports]) or "nothing to do"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """How a turn is done."""

    workspace: Workspace
    clock: Clock
    roles: frozenset[Role] = EVERY_ROLE
    rest: timedelta = timedelta(0)
    """Where several share the work: what another began less than this ago is done."""
    patience: timedelta = timedelta(0)
    """How long to wait for another process that holds the workspace."""
    waiting: bool = False
    """As in `addressing.telling`."""
    stopped: Callable[[], bool] = lambda: False
    keeper: HouseKeeper = field(default_factory=HouseKeeper)

    def take(self, pulled: Sequence[Pulled] = ()) -> Cycle:
        """Do it; `pulled` is what came of the inventory's sources. Delivery is not part of it.

        A part that fails is an error of the turn, and the others go on. Raises ConfigError, and WorkspaceLocked where
        one process works at a time.
        """
        cycle = Cycle(self.roles)
        if Role.INGEST in self.roles:
            self._ingest(cycle, pulled)
        if Role.DETECT in self.roles:
            self._part(cycle, work.DETECT, lambda: self._detect(cycle))
        if Role.REPORT in self.roles:
            self._part(cycle, work.REPORT, lambda: self._report(cycle))
        if Role.HOUSEKEEPING in self.roles:
            self._part(cycle, work.SEGMENTS, lambda: self.keeper.keep(self.workspace, self.clock))
        return cycle

    def _part(self, cycle: Cycle, name: str, do: Callable[[], None], *, rest: timedelta | None = None) -> None:
        if self.stopped():
            return
        try:
            with self.workspace.lock(name, rest=self.rest if rest is None else rest, patience=self.patience):
                do()
        except (ConfigError, Stopped):
            raise
        except WorkspaceLocked:
            if not self.workspace.is_shared:
                raise
            cycle.elsewhere += 1
        except Exception as error:
            if not isinstance(error, REFUSALS) and not no_memory(error):
                raise
            cycle.failed(error)

    def _ingest(self, cycle: Cycle, pulled: Sequence[Pulled]) -> None:
        if self.workspace.config.inventory.sources or pulled:
            self._part(cycle, work.SEGMENTS, lambda: self._save(cycle, pulled), rest=timedelta(0))
        sources = [one for one in self.workspace.config.sources if one.path != "-"]
        if self.workspace.is_shared:
            random.shuffle(sources)  # several begin at different ones
        for source in sources:
            self._part(cycle, work.ingest_of(source.name), partial(self._read, cycle, source))

    def _save(self, cycle: Cycle, pulled: Sequence[Pulled]) -> None:
        forget_others(self.workspace)
        for one in pulled:
            synced = save_pull(self.workspace, one, self.clock.now())
            cycle.synced.append(synced)
            cycle.errors.extend([str(synced.error)] if synced.error else [])

    def _read(self, cycle: Cycle, source: SourceConfig) -> None:
        done = ingest_source(self.workspace, source, clock=self.clock, stopped=self.stopped)
        cycle.ingested.append(done)
        cycle.errors.extend(done.errors)

    def _detect(self, cycle: Cycle) -> None:
        note_config(self.workspace, self.clock.now())
        now, live = self.clock.now(), self.waiting
        cycle.judgement = judge(self.workspace, now=now, live=live, waiting=self.waiting, stopped=self.stopped)
        cycle.errors.extend(f"{name}: {error}" for name, error in cycle.judgement.errors.items())
        with self.workspace.store.transaction() as tx:
            health.mark(tx, health.CYCLE, self.clock.now())

    def _report(self, cycle: Cycle) -> None:
        cycle.reports, errors = make_due(self.workspace, self.clock.now())
        cycle.errors.extend(errors)

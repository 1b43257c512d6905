"""The loop that delivers while the other loop reads and judges."""

import os
import socket
import threading
from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from typing import Final

from alerts.delivery import Deliverer, DeliveryReport
from alerts.heartbeat import ping
from alerts.line import Counts
from alerts.sends import Sends
from keywatch.alerting.addressing import usable, watchers
from keywatch.config.references import resolve
from keywatch.process.refusals import REFUSALS, said
from keywatch.workspace import Workspace
from model.clock import Clock
from model.errors import ConfigError, StoreError
from store.state import health

EVERY: Final = 5.0
"""Seconds from one look into the outbox to the next."""
WITHIN: Final = 20.0
"""Seconds that one look waits for slow targets; a hung one is left behind in its thread."""
DRAIN: Final = 8.0
"""Seconds that the end of a run waits for what is being sent; a supervisor's patience is ten."""


def deliverer(workspace: Workspace, clock: Clock, sends: Sends | None = None) -> Deliverer:
    """A deliverer with a name of its own; what it sends is counted in `sends`."""
    worker = f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident()}"
    return Deliverer(workspace.store, clock, worker, watchers=watchers(workspace), sends=sends)


class Post:
    """Delivers in a thread of its own until `stop` is set."""

    def __init__(self, workspace: Workspace, clock: Clock, stop: threading.Event, sends: Sends | None = None) -> None:
        """Look at every target's URL; nothing is connected yet. Raises ConfigError for one that cannot be used."""
        self._workspace, self._clock, self._stop = workspace, clock, stop
        self._targets = usable(workspace)
        self._deliverer = deliverer(workspace, clock, sends)
        self._heartbeat = _heartbeat(workspace)
        self._lock = threading.Lock()
        self._counts: dict[str, Counts] = {}
        self._errors: list[str] = []
        self._thread = threading.Thread(target=self._run, name="post", daemon=True)
        self._beat = self._last_good() if self._heartbeat is not None else None
        """The last good round that needs no telling any more: of before, or told."""
        self.failure: Exception | None = None
        """What ended the loop before its time."""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def join(self, seconds: float) -> None:
        """Wait for the end."""
        self._thread.join(seconds)

    def take(self) -> tuple[DeliveryReport, list[str]]:
        """What was delivered, and what went wrong, since the last time."""
        with self._lock:
            report, errors = DeliveryReport(targets=self._counts), self._errors
            self._counts, self._errors = {}, []
        return report, errors

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self._once(lambda: self._add(self._deliverer.deliver(self._targets, within=WITHIN)))
                if self._heartbeat is not None:
                    self._once(self._beat_once)
                self._stop.wait(EVERY)
        except Exception as error:  # noqa: BLE001 (of a thread: the run ends with it, and raises it)
            self.failure = error
            self._stop.set()

    def _good_round(self) -> datetime | None:
        with self._workspace.store.reading() as tx:
            return health.marks(tx).get(health.CYCLE)

    def _last_good(self) -> datetime | None:
        try:
            return self._good_round()
        except StoreError:  # it went away since it was opened: that round may be told twice
            return None

    def _beat_once(self) -> None:
        """Tell of a good round that has come since, in this process or another."""
        good = self._good_round()
        # Another one, whatever its time: the clock may have been set back.
        if good is None or good == self._beat:
            return
        self._beat = good
        ping(str(self._heartbeat))
        with self._workspace.store.transaction() as tx:
            health.mark(tx, health.HEARTBEAT, self._clock.now())

    def _once(self, work: Callable[[], None]) -> None:
        try:
            work()
        except ConfigError:
            raise
        except REFUSALS as error:  # the database is away, say: the next look tries again
            with self._lock:
                self._errors.append(said(error))

    def _add(self, report: DeliveryReport) -> None:
        with self._lock:
            for name, counts in report.targets.items():
                known = self._counts.setdefault(name, Counts())
                for column in fields(Counts):
                    setattr(known, column.name, getattr(known, column.name) + getattr(counts, column.name))
            if report.hung:
                self._errors.append(f"These targets do not answer: {', '.join(report.hung)}.")


def _heartbeat(workspace: Workspace) -> str | None:
    url = workspace.config.alerts.heartbeat
    return None if url is None else resolve(url, root=workspace.root, what="[alerts] heartbeat")

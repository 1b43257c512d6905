"""The loop that pulls the inventory while others read, judge and deliver: a slow server delays none of them."""

import threading
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from typing import Final

from keywatch.inventory.syncing import Pulled, due, pull_source
from keywatch.process import work
from keywatch.process.refusals import REFUSALS, said
from keywatch.workspace import Workspace
from model.clock import Clock
from model.errors import WorkspaceLocked

LOOK: Final = 5.0
"""Seconds from one look for what is due to the next."""
_SAVED: Final = timedelta(minutes=2)
"""What another worker asked for so lately is on its way into the state."""


class Puller:
    """Pulls in a thread of its own until `stop` is set; what it pulled is taken and saved by the cycle."""

    def __init__(self, workspace: Workspace, clock: Clock, stop: threading.Event) -> None:
        self._workspace, self._clock, self._stop = workspace, clock, stop
        self._lock = threading.Lock()
        self._pulled: list[Pulled] = []
        self._waiting: set[str] = set()
        self._errors: list[str] = []
        self._thread = threading.Thread(target=self._run, name="inventory", daemon=True)
        self.failure: Exception | None = None
        """What ended the loop before its time."""

    def start(self) -> None:
        """Begin."""
        if self._workspace.config.inventory.sources:
            self._thread.start()

    def join(self, seconds: float) -> None:
        """Wait for the end."""
        if self._thread.is_alive():
            self._thread.join(seconds)

    def take(self) -> tuple[list[Pulled], list[str]]:
        """What was pulled, and what went wrong, since the last time."""
        with self._lock:
            pulled, errors = self._pulled, self._errors
            self._pulled, self._errors = [], []
            return pulled, errors

    def saved(self, pulled: Pulled) -> None:
        """The cycle has saved it: the source may be pulled again when it is due."""
        with self._lock:
            self._waiting.discard(pulled.source)

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                try:
                    self._once()
                except REFUSALS as error:  # the database is away, say: the next look tries again
                    with self._lock:
                        self._errors.append(said(error))
                self._stop.wait(LOOK)
        except Exception as error:  # noqa: BLE001 (of a thread: the run ends with it, and raises it)
            self.failure = error
            self._stop.set()

    def _once(self) -> None:
        for source in due(self._workspace, self._clock.now()):
            if source.called in self._waiting or self._stop.is_set():
                continue
            try:
                with self._alone(source.called):
                    pulled = pull_source(self._workspace, source, self._clock)
            except WorkspaceLocked:
                continue
            with self._lock:
                self._waiting.add(pulled.source)
                self._pulled.append(pulled)

    def _alone(self, name: str) -> AbstractContextManager[None]:
        """Where several share the work, one asks a source; on one machine the cycle needs the lock meanwhile."""
        if not self._workspace.is_shared:
            return nullcontext()
        return self._workspace.lock(work.inventory_of(name), rest=_SAVED)

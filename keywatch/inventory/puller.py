"""The loop that pulls the inventory while others read, judge and deliver: a slow server delays none of them."""

import threading
from typing import Final

from keywatch.inventory.syncing import Pulled, due, pull_source
from keywatch.workspace import Workspace
from model.clock import Clock
from model.errors import KeywatchError

LOOK: Final = 5.0
"""Seconds from one look for what is due to the next."""


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
                except KeywatchError as error:  # the database is away, say: the next look tries again
                    with self._lock:
                        self._errors.append(str(error))
                self._stop.wait(LOOK)
        except Exception as error:  # noqa: BLE001 (of a thread: the run ends with it, and raises it)
            self.failure = error
            self._stop.set()

    def _once(self) -> None:
        for source in due(self._workspace, self._clock.now()):
            if source.called in self._waiting or self._stop.is_set():
                continue
            pulled = pull_source(self._workspace, source, self._clock)
            with self._lock:
                self._waiting.add(pulled.source)
                self._pulled.append(pulled)

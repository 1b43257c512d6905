"""Ingest from standard input: the workspace is held only while a block is stored, so that others can work beside it."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from ingest.framing.choose import framing_of
from ingest.sources.records import origin
from ingest.sources.stdin import Stream
from keywatch.collecting.ingested import Ingested, Progress
from keywatch.collecting.keeping import Keep
from keywatch.collecting.opening import Reading, open_reading
from keywatch.collecting.reading import read_blocks
from keywatch.collecting.windows import inside
from keywatch.config.root import SourceConfig
from keywatch.process.work import ingest_of
from keywatch.workspace import Workspace
from model.clock import Clock
from model.errors import WorkspaceLocked
from model.segment import Cursor
from model.window import Window
from store.state import refs

_RETRY_SECONDS: Final = 0.2
_PATIENCE: Final = 30.0
"""Seconds that the last block waits for the workspace once we were told to stop."""


def ingest_stdin(
    workspace: Workspace,
    source: SourceConfig,
    *,
    clock: Clock,
    window: Window | None = None,
    progress: Progress | None = None,
    descriptor: int | None = None,
) -> Ingested:
    """Store lines as they come, until the pipe ends or SIGINT or SIGTERM comes; do not hold the workspace's lock.

    Raises FormatError when no format fits them, IngestError when they are compressed.
    """
    result = Ingested(source.name)
    with open_reading(workspace, source, clock=clock, result=result, progress=progress) as reading, _stops() as stopped:
        if window is not None:
            keep = Keep(condition=inside(window), only_events=False)
            reading.keep = lambda _block: keep
        stream = Stream(
            descriptor=sys.stdin.fileno() if descriptor is None else descriptor,
            cursor=_cursor(source, clock.now()),
            framing=framing_of,
            clock=clock,
            stopped=stopped,
            storing=lambda: _storing(reading, stopped),
            max_line=source.max_line,
        )
        read_blocks(reading, stream.blocks(), "standard input")
    return result


def _cursor(source: SourceConfig, now: datetime) -> Cursor:
    """Each pipe is an origin of its own."""
    return Cursor(source=source.name, origin=origin(source.name, "stdin", now.isoformat()), path="-")


@contextmanager
def _storing(reading: Reading, stopped: Callable[[], bool]) -> Iterator[None]:
    """Hold the workspace, once whoever holds it is done; keys may have come since."""
    since: float | None = None
    while True:
        try:
            with reading.workspace.lock(ingest_of(reading.source.name)):
                with reading.workspace.store.reading() as tx:
                    reading.kept, reading.kept_number = refs.read_refs(tx)
                yield
                return
        except WorkspaceLocked:
            now = reading.clock.monotonic()
            since = now if stopped() and since is None else since
            if since is not None and now - since > _PATIENCE:
                raise
            threading.Event().wait(_RETRY_SECONDS)


@contextmanager
def _stops() -> Iterator[Callable[[], bool]]:
    """Whether SIGINT or SIGTERM came; they are what they were before afterwards."""
    told = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield told.is_set
        return

    def stop(*_: Any) -> None:  # noqa: ANN401 (as signal calls it)
        told.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield told.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

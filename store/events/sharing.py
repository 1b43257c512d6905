"""What the readers of a process that asks again and again share: one DuckDB, counted tails, and what is open."""

from collections.abc import Hashable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

import duckdb

from model.segment import Segment
from store.events.files import Files
from store.events.reader import EventsReader, connect, open_reader
from store.events.tails import Tails

_IDLE: Final = 6
"""Readers that are kept: a window is asked about in three parts, and so is the one before it."""


@dataclass(slots=True)
class Shared:
    """Used by many threads; `close` it when nobody reads any more."""

    files: Files
    duck: duckdb.DuckDBPyConnection
    """A connection of one's own takes 13 ms of processor time to open, a reader on this one 12."""
    tails: Tails = field(default_factory=Tails)
    _idle: list[tuple[Hashable, EventsReader, ExitStack]] = field(default_factory=list)
    """The one that was used last stands last."""
    _lock: Lock = field(default_factory=Lock)
    _closed: bool = False
    _forgotten: int = 0
    """How often; what was opened before is not used again."""

    @classmethod
    def of(cls, files: Files) -> "Shared":
        """Over some files. Raises duckdb.Error."""
        return cls(files, connect(files))

    @contextmanager
    def reader(
        self, manifest: Sequence[Segment], kept: Sequence[str], only: Sequence[str] | None
    ) -> Iterator[EventsReader]:
        """As `open_reader`; one of all key_refs is kept open for whoever asks about the same segments next."""
        if only is not None:
            with open_reader(self.files, manifest, kept, only, duck=self.duck.cursor(), ahead=self.tails) as reader:
                yield reader
            return
        of = (self._forgotten, tuple((one.id, one.events_dropped_at) for one in manifest), hash(tuple(kept)))
        reader, stack = self._taken(of) or self._opened(manifest, kept)
        try:
            yield reader
            reader.connection.rollback()
        except BaseException:
            stack.close()
            raise
        self._put(of, reader, stack)

    def forget(self) -> None:
        """Count and open anew from now on, for files that were written anew in their places; who reads, reads on."""
        with self._lock:
            self._forgotten += 1
            self.tails = Tails()
        self._let_go()

    def close(self) -> None:
        """All that is open is closed."""
        with self._lock:
            self._closed = True
        self._let_go()
        self.duck.close()

    def _let_go(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for _, _, stack in idle:
            stack.close()

    def _taken(self, of: Hashable) -> tuple[EventsReader, ExitStack] | None:
        with self._lock:
            for place, (known, reader, stack) in enumerate(self._idle):
                if known == of:
                    del self._idle[place]
                    return reader, stack
        return None

    def _opened(self, manifest: Sequence[Segment], kept: Sequence[str]) -> tuple[EventsReader, ExitStack]:
        stack = ExitStack()
        opening = open_reader(self.files, manifest, kept, duck=self.duck.cursor(), ahead=self.tails)
        return stack.enter_context(opening), stack

    def _put(self, of: Hashable, reader: EventsReader, stack: ExitStack) -> None:
        with self._lock:
            self._idle.append((of, reader, stack))
            gone = self._idle.pop(0)[2] if self._closed or len(self._idle) > _IDLE else None
        if gone is not None:
            gone.close()

"""Blocks to segments: each is parsed on a thread of its own, and consecutive ones are put together to one segment.

What is counted for a segment (usage, facets) costs some 40 ms, however many lines it has, and what bounds a block is
memory: so a segment is longer than a block. The thread that parses the last block of a segment writes it, so that none
waits for another.
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from threading import Lock

from ingest.parse import Parser
from ingest.sources.files import Block
from keywatch.collecting.opening import PARSERS, Reading
from keywatch.collecting.storing import Drafted, Made, draft, finish, note

Make = Callable[[Parser], Made]
"""Parses one block."""


class Batches:
    """The segments of one place that are being made; they are committed in their order, by the thread that reads."""

    def __init__(self, reading: Reading, lines: int) -> None:
        """A segment ends with the block that gives it so many lines."""
        self._reading, self._lines = reading, lines
        self._waiting: deque[_Batch] = deque()
        self._open: _Batch | None = None
        self._parsing: set[Future[None]] = set()

    def add(self, block: Block, make: Make) -> None:
        """Have a block parsed; waits while more than one a parser waits for it. Raises what an earlier one raised."""
        batch = self._open
        if batch is None:
            batch = self._open = _Batch(self._reading)
            self._waiting.append(batch)
        batch.lines += block.after.lines - block.before_lines
        self._parsing.add(self._reading.pool.submit(batch.take, batch.room(), make))
        if batch.lines >= self._lines:
            self._close()
        if len(self._parsing) > PARSERS:
            # Not for the oldest one, whose parser may be writing a segment while the other has nothing left to parse.
            self._parsing = wait(self._parsing, return_when=FIRST_COMPLETED).not_done
        while self._waiting and self._waiting[0].done.done():
            self._finish()

    def flush(self) -> None:
        """Commit all. Raises what went wrong with the first block that could not be parsed or stored."""
        self._close()
        while self._waiting:
            self._finish()

    def note(self, block: Block) -> None:
        """Commit all, and then a block without lines: cursors move in the order of the file."""
        self.flush()
        if block.after != block.before:
            note(self._reading, block)

    def _close(self) -> None:
        batch, self._open = self._open, None
        if batch is not None:
            batch.close()

    def _finish(self) -> None:
        batch = self._waiting.popleft()
        try:
            finish(self._reading, batch.done.result())
        except BaseException:
            # What stands behind a gap cannot be stored; the next ingest sweeps it.
            self._waiting.clear()
            self._open = None
            raise


class _Batch:
    """Consecutive blocks that become one segment."""

    def __init__(self, reading: Reading) -> None:
        self.done: Future[Drafted] = Future()
        self.lines = 0
        self._reading = reading
        self._made: list[Made | None] = []
        self._closed = False
        self._lock = Lock()

    def room(self) -> int:
        """A place for one more block."""
        with self._lock:
            self._made.append(None)
            return len(self._made) - 1

    def take(self, place: int, make: Make) -> None:
        """Parse a block, and write the segment when it was the last; runs on a thread of the pool."""
        parser = self._reading.parsers.get()
        try:
            made = make(parser)
            with self._lock:
                self._made[place] = made
                whole = self._closed and None not in self._made
            del made
            if whole:
                self._draft(parser)
        except BaseException as error:  # noqa: BLE001 (it is raised where the segment is awaited)
            self._fail(error)
        finally:
            self._reading.parsers.put(parser)

    def close(self) -> None:
        """No block comes any more."""
        with self._lock:
            self._closed = True
            whole = None not in self._made
        if whole:
            self._reading.pool.submit(self._draft_alone)

    def _draft_alone(self) -> None:
        parser = self._reading.parsers.get()
        try:
            self._draft(parser)
        except BaseException as error:  # noqa: BLE001 (as above)
            self._fail(error)
        finally:
            self._reading.parsers.put(parser)

    def _draft(self, parser: Parser) -> None:
        made, self._made = [each for each in self._made if each is not None], []
        parser.forget()
        self.done.set_result(draft(self._reading, parser.duck, made))

    def _fail(self, error: BaseException) -> None:
        with self._lock:
            if not self.done.done():
                self.done.set_exception(error)

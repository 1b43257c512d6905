"""Writers, rotations, compressions, losses and crashes in any order: every complete line is taken exactly once.

One machine drives the files (`writers.py`); it is run against the reading of files alone, many times, and against a
whole workspace, fewer times. `KEYWATCH_EXAMPLES=5000 pytest tests/ingest/sources/test_files_machine.py` runs it longer.
"""

import os
import re
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from writers import LONG, MAX_LINE, Writers

from ingest.sources import files
from ingest.sources.files import Block
from keywatch.collecting.ingesting import ingest_source
from keywatch.config.root import SourceConfig
from keywatch.new_workspace import make
from keywatch.workspace import Workspace
from model.clock import SystemClock
from model.errors import Fenced
from model.segment import Cursor
from store.state.sources import source_frame

TAKEN = re.compile(rb'/line/x(\d+)x HTTP/1.1" 200 12 "-" "curl/8"(?=\n|\Z)')
EXAMPLES = int(os.environ.get("KEYWATCH_EXAMPLES", "90"))


class Ledger(Writers):
    """Reads the files; the cursors are kept in a dictionary, compared and set as the state's transaction does."""

    def __init__(self) -> None:
        super().__init__()
        self.cursors: dict[str, Cursor] = {}
        self.rejected = 0
        self.lost = 0

    def take(self, size: int, crash: int | None) -> None:
        for step, block in enumerate(self.new(size)):
            if step == crash:
                return
            self.commit(block)

    def new(self, size: int) -> Iterator[Block]:
        known = list(self.cursors.values())
        looks = files.look(files.find([self.logs]), known)
        for before, after in files.vanished(known, looks):
            assert self.cursors[before.origin] == before
            self.lost += after.bytes_lost - before.bytes_lost
            self.cursors[before.origin] = after
        taken = set(self.cursors)
        for seen in looks:
            blocks = files.blocks(seen, "edge", taken=frozenset(taken), now=time.time(), size=size, max_line=MAX_LINE)
            for block in blocks if seen.changed else ():
                taken.add(block.after.origin)
                yield block

    def commit(self, block: Block) -> None:
        if self.cursors.get(block.after.origin) != block.before:
            msg = "somebody else moved it"
            raise Fenced(msg)
        if block.after != block.before:
            self.cursors[block.after.origin] = block.after
        self.found.update(int(number) for number in TAKEN.findall(block.data))
        self.rejected += block.left_out is not None

    def counted(self) -> tuple[int, int]:
        return self.rejected, self.lost

    @precondition(lambda self: any(self.logs.iterdir()))
    @rule(size=st.sampled_from([100, 1000]), steps=st.integers(0, 6))
    def hang_while_another_one_reads(self, size: int, steps: int) -> None:
        """A reader that stops in the middle is fenced when it goes on: the other one has moved its cursor."""
        hanging = self.new(size)
        for _, block in zip(range(steps), hanging, strict=False):
            self.commit(block)
        self.take(size, None)
        try:
            for block in hanging:
                self.commit(block)
        except (Fenced, files.IngestError):
            pass
        finally:
            hanging.close()  # type: ignore[attr-defined]  # it is a generator
        self.take(size, None)
        self.check()


class _KilledError(BaseException):
    """Nothing catches it."""


class _Clock(SystemClock):
    """Kills whoever asks for the time once too often: what was not committed by then never is."""

    def __init__(self, left: int | None) -> None:
        self.left = left

    def now(self) -> datetime:
        if self.left is not None:
            if self.left == 0:
                raise _KilledError
            self.left -= 1
        return super().now()


class House(Writers):
    """Ingests the files into a workspace: real Parquet files, a real SQLite database."""

    def __init__(self) -> None:
        super().__init__()
        make(self.folder / "workspace")
        self.workspace = Workspace.at(self.folder / "workspace" / "keywatch.toml")

    def take(self, size: int, crash: int | None) -> None:
        del size
        source = SourceConfig(name="edge", path=str(self.logs), format="combined", max_line=MAX_LINE)
        try:
            ingest_source(self.workspace, source, clock=_Clock(crash))
        except _KilledError:
            assert crash is not None
        with self.workspace.store.reader() as reader:
            number = "CAST(regexp_extract(path, '^/line/x([0-9]+)x$', 1) AS INTEGER)"
            query = f"SELECT {number}, count(*) FROM events GROUP BY 1"
            self.found = Counter(dict(tuple(row) for row in reader.connection.exec_driver_sql(query)))

    def counted(self) -> tuple[int, int]:
        with self.workspace.store.reading() as tx:
            found: Any = source_frame(tx, SystemClock().now())
        return (int(found["rejects"].sum()), int(found["bytes_lost"].sum())) if len(found) else (0, 0)

    def teardown(self) -> None:
        self.workspace.close()
        super().teardown()


def test_the_long_line_of_the_machine_is_long() -> None:
    assert len(LONG) > MAX_LINE


TestReadingOfFiles = Ledger.TestCase
TestReadingOfFiles.settings = settings(max_examples=EXAMPLES, stateful_step_count=40, deadline=None)
TestIngestOfFiles = House.TestCase
TestIngestOfFiles.settings = settings(max_examples=max(8, EXAMPLES // 10), stateful_step_count=15, deadline=None)

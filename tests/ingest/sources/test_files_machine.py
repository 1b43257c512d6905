"""Writers, rotations and compressions in any order: every complete line is taken exactly once.

One machine drives the files; it is run against the reading of files alone, many times, and against a whole workspace,
a few times.
"""

import gzip
import os
import re
import shutil
import tempfile
import time
from collections import Counter
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from ingest.sources import files
from keywatch.commands.init import make
from keywatch.config import SourceConfig
from keywatch.ingesting import ingest_source
from keywatch.workspace import Workspace
from model.clock import SystemClock
from model.segment import Cursor

NAMES = ("a.log", "b.log")
ENTRY = '192.0.2.7 - - [01/Oct/2026:09:30:00 +0000] "GET /line/x{}x HTTP/1.1" 200 12 "-" "curl/8"\n'
COMPLETE = re.compile(rb'/line/x(\d+)x HTTP/1.1" 200 12 "-" "curl/8"\n')


class Writers(RuleBasedStateMachine):
    """What happens to the files; `take` reads what is new."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.logs = self.folder / "logs"
        self.logs.mkdir()
        self.next = 0
        self.whole: Counter[int] = Counter()
        self.begun: dict[str, tuple[int, str]] = {}
        self.halfway: Path | None = None
        self.all_read = True

    def take(self, size: int) -> Counter[int]:
        """Read what is new, `size` bytes at a time; how often each line was taken since the beginning."""
        raise NotImplementedError

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    def append(self, name: str, text: str) -> None:
        with (self.logs / name).open("a") as file:
            file.write(text)
        self.all_read = False

    @rule(name=st.sampled_from(NAMES), count=st.integers(1, 40))
    def write(self, name: str, count: int) -> None:
        self.finish(name)
        numbers = range(self.next, self.next + count)
        self.append(name, "".join(ENTRY.format(n) for n in numbers))
        self.whole.update(numbers)
        self.next += count

    @rule(name=st.sampled_from(NAMES), at=st.integers(1, 50))
    def write_partly(self, name: str, at: int) -> None:
        self.finish(name)
        entry = ENTRY.format(self.next)
        self.append(name, entry[:at])
        self.begun[name] = (self.next, entry[at:])
        self.next += 1

    @precondition(lambda self: self.begun)
    @rule(name=st.sampled_from(NAMES))
    def finish(self, name: str) -> None:
        if name in self.begun:
            number, rest = self.begun.pop(name)
            self.append(name, rest)
            self.whole[number] += 1

    @precondition(lambda self: self.halfway is None)
    @rule(name=st.sampled_from(NAMES), copied=st.booleans())
    def rotate(self, name: str, copied: bool) -> None:  # noqa: FBT001 (drawn by hypothesis)
        self.finish(name)
        live = self.logs / name
        if not live.exists():
            return
        for age in range(9, 0, -1):
            for end in ("", ".gz"):
                old = self.logs / f"{name}.{age}{end}"
                if old.exists():
                    old.rename(self.logs / f"{name}.{age + 1}{end}")
        if copied:
            shutil.copy2(live, self.logs / f"{name}.1")
            os.truncate(live, 0)
        else:
            live.rename(self.logs / f"{name}.1")

    def rotated(self) -> list[Path]:
        """The rotated files, the oldest last."""
        return sorted(path for path in self.logs.iterdir() if path.name not in NAMES)

    @precondition(lambda self: self.halfway is None and any(path.suffix != ".gz" for path in self.rotated()))
    @rule(share=st.floats(0, 0.95))
    def begin_to_compress(self, share: float) -> None:
        self.halfway = [path for path in self.rotated() if path.suffix != ".gz"][-1]
        packed = gzip.compress(self.halfway.read_bytes())
        self.halfway.with_name(self.halfway.name + ".gz").write_bytes(packed[: int(len(packed) * share)])

    @precondition(lambda self: self.halfway is not None)
    @rule()
    def end_compressing(self) -> None:
        assert self.halfway is not None
        self.halfway.with_name(self.halfway.name + ".gz").write_bytes(gzip.compress(self.halfway.read_bytes()))
        self.halfway.unlink()
        self.halfway = None

    @precondition(lambda self: self.all_read and self.halfway is None and self.rotated())
    @rule()
    def drop_the_oldest(self) -> None:
        self.rotated()[-1].unlink()

    @precondition(lambda self: any(self.logs.iterdir()))
    @rule(size=st.sampled_from([100, 1000, 1 << 20]))
    def ingest(self, size: int) -> None:
        found = self.take(size)
        self.all_read = True

        assert self.whole == found


class Ledger(Writers):
    """Reads the files; the cursors are kept in a dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self.cursors: dict[str, Cursor] = {}
        self.taken: Counter[int] = Counter()

    def take(self, size: int) -> Counter[int]:
        for seen in files.look(files.find([self.logs]), list(self.cursors.values())):
            taken = frozenset(self.cursors)
            blocks = files.blocks(seen, "edge", taken=taken, now=time.time(), size=size)
            for block in blocks if seen.changed else ():
                assert block.before == self.cursors.get(block.after.origin)
                if block.data:
                    self.cursors[block.after.origin] = block.after
                    self.taken.update(int(number) for number in COMPLETE.findall(block.data))
        return self.taken


class House(Writers):
    """Ingests the files into a workspace."""

    def __init__(self) -> None:
        super().__init__()
        make(self.folder / "workspace")
        self.workspace = Workspace.at(self.folder / "workspace" / "keywatch.toml")

    def take(self, size: int) -> Counter[int]:
        del size
        ingest_source(self.workspace, SourceConfig(name="edge", path=str(self.logs)), clock=SystemClock())
        with self.workspace.store.reader() as reader:
            number = "CAST(regexp_extract(path, '^/line/x([0-9]+)x$', 1) AS INTEGER)"
            query = f"SELECT {number}, count(*) FROM events GROUP BY 1"
            return Counter(dict(tuple(row) for row in reader.connection.exec_driver_sql(query)))

    def teardown(self) -> None:
        self.workspace.close()
        super().teardown()


TestReadingOfFiles = Ledger.TestCase
TestReadingOfFiles.settings = settings(max_examples=120, stateful_step_count=40, deadline=None)
TestIngestOfFiles = House.TestCase
TestIngestOfFiles.settings = settings(max_examples=6, stateful_step_count=15, deadline=None)

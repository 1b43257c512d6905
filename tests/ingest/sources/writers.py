"""What happens to log files, drawn by Hypothesis: the rules of the machine, and the oracle of lines.

More than 150 lines, since a machine's rules share its state.
"""

import bz2
import gzip
import lzma
import os
import shutil
import tempfile
import time
from abc import abstractmethod
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

import zstandard
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

NAMES: Final = ("a.log", "b.log")
ENTRY: Final = '192.0.2.7 - - [01/Oct/2026:09:30:00 +0000] "GET /line/x{}x HTTP/1.1" 200 12 "-" "curl/8"\n'
MAX_LINE: Final = 1000
LONG: Final = "x" * (MAX_LINE + 1)
PACKED: Final[dict[str, Callable[[bytes], bytes]]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": lambda data: zstandard.ZstdCompressor().compress(data),
}


class Writers(RuleBasedStateMachine):
    """Writers, rotations, compressions and losses; `take` reads what is new.

    The oracle: `whole` counts each complete line that could be read, `rejects` the lines that are none, and
    `destroyed` the bytes that were gone before anybody read them.
    """

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.logs = self.folder / "logs"
        self.logs.mkdir()
        self.next = 0
        self.whole: Counter[int] = Counter()
        self.rejects = 0
        self.destroyed = 0
        self.found: Counter[int] = Counter()
        self.begun: dict[str, tuple[int | None, str]] = {}
        self.rejects_unread: set[str] = set()
        self.halfway: tuple[Path, str] | None = None
        self.all_read = True

    @abstractmethod
    def take(self, size: int, crash: int | None) -> None:
        """Read what is new, `size` bytes at a time, and die at the `crash`-th step; `found` is what is stored then."""

    @abstractmethod
    def counted(self) -> tuple[int, int]:
        """The rejects and the lost bytes that were counted."""

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

    @rule(name=st.sampled_from(NAMES), times=st.integers(1, 5))
    def write_a_long_line(self, name: str, times: int) -> None:
        self.finish(name)
        # A number makes it another line than the one before: a file of the same content is the same file.
        self.append(name, f"{self.next} " + LONG * times + "\n")
        self.next += 1
        self.rejects += 1
        self.rejects_unread.add(name)

    @rule(name=st.sampled_from(NAMES), rest=st.sampled_from(["\n", "\r\n", " and more\n"]))
    def stop_in_the_last_line(self, name: str, rest: str) -> None:
        self.finish(name)
        self.append(name, ENTRY.format(self.next).rstrip("\n"))
        os.utime(self.logs / name, (time.time() - 3600,) * 2)
        self.whole[self.next] += 1
        self.next += 1
        self.ingest(size=1000, crash=None)
        self.begun[name] = (None, rest)

    @precondition(lambda self: self.begun)
    @rule(name=st.sampled_from(NAMES))
    def finish(self, name: str) -> None:
        if name in self.begun:
            number, rest = self.begun.pop(name)
            self.append(name, rest)
            if number is not None:
                self.whole[number] += 1
            elif rest.strip():
                self.rejects += 1
                self.rejects_unread.add(name)

    @precondition(lambda self: self.halfway is None)
    @rule(name=st.sampled_from(NAMES), copied=st.booleans())
    def rotate(self, name: str, copied: bool) -> None:  # noqa: FBT001 (drawn by hypothesis)
        self.finish(name)
        live = self.logs / name
        if not live.exists():
            return
        for age in range(20, 0, -1):
            for end in ("", *PACKED):
                old = self.logs / f"{name}.{age}{end}"
                if old.exists():
                    old.rename(self.logs / f"{name}.{age + 1}{end}")
        if copied:
            shutil.copy2(live, self.logs / f"{name}.1")
            os.truncate(live, 0)
        else:
            live.rename(self.logs / f"{name}.1")
        self.rejects_unread.discard(name)

    @precondition(lambda self: not self.rejects_unread)
    @rule(name=st.sampled_from(NAMES), how=st.sampled_from(["truncate", "delete"]), count=st.integers(0, 60))
    def destroy(self, name: str, how: str, count: int) -> None:
        """What was not read is lost; with `count`, the file grows again at once, maybe past its old end."""
        live = self.logs / name
        if not live.exists():
            return
        self.begun.pop(name, None)
        text = live.read_text()
        for number in [int(line.split("/x")[1].split("x ")[0]) for line in text.splitlines() if 'x HTTP/1.1"' in line]:
            if not self.found[number]:
                self.whole.pop(number, None)
        self.destroyed += len(text)
        os.truncate(live, 0) if how == "truncate" else live.unlink()
        if count:
            self.write(name=name, count=count)

    def rotated(self) -> list[Path]:
        """The rotated files, the oldest last."""
        return sorted((path for path in self.logs.iterdir() if path.name not in NAMES), key=_age)

    @precondition(lambda self: self.halfway is None and any(path.suffix not in PACKED for path in self.rotated()))
    @rule(share=st.floats(0, 0.95), end=st.sampled_from(sorted(PACKED)))
    def begin_to_compress(self, share: float, end: str) -> None:
        self.halfway = [path for path in self.rotated() if path.suffix not in PACKED][-1], end
        packed = PACKED[end](self.halfway[0].read_bytes())
        self.halfway[0].with_name(self.halfway[0].name + end).write_bytes(packed[: int(len(packed) * share)])

    @precondition(lambda self: self.halfway is not None)
    @rule()
    def end_compressing(self) -> None:
        assert self.halfway is not None
        path, end = self.halfway
        path.with_name(path.name + end).write_bytes(PACKED[end](path.read_bytes()))
        path.unlink()
        self.halfway = None

    @precondition(lambda self: self.all_read and self.halfway is None and self.rotated())
    @rule()
    def drop_the_oldest(self) -> None:
        self.rotated()[-1].unlink()

    @precondition(lambda self: any(self.logs.iterdir()))
    @rule(size=st.sampled_from([100, 1000, 1 << 20]), crash=st.none() | st.integers(0, 12))
    def ingest(self, size: int, crash: int | None) -> None:
        self.take(size, crash)
        # A crash leaves a part, and nothing of it twice.
        if crash is not None:
            assert self.found <= self.whole
            self.take(size, None)
        self.check()

    def check(self) -> None:
        """All that could be read is stored, once."""
        self.all_read = True
        self.rejects_unread.clear()
        rejects, lost = self.counted()

        assert self.whole == self.found
        assert self.rejects == rejects
        assert 0 <= lost <= self.destroyed


def _age(path: Path) -> tuple[int, str]:
    return int(path.name.split(".")[2]), path.name

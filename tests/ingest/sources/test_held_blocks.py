"""Blocks that are copied straight into a file in memory: the same lines and cursors as of blocks read as bytes."""

import io
import os
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.block import PIECE, BlockFile, BlockFiles
from ingest.sources import files
from ingest.sources.files import Block
from ingest.sources.matching import look
from keywatch.collecting.ingesting import ingest_source
from keywatch.config.root import SourceConfig
from keywatch.workspace import Workspace
from model.clock import SystemClock
from model.segment import Cursor

STRANGE = [b"", b"\0\0", b"\xff broken", "ünïcödé €".encode(), b"x" * (PIECE + 7), b"x" * (2 * PIECE), b"\x0c", b"\r"]


def read(path: Path, memory: BlockFiles | None, size: int) -> list[tuple[bytes, Cursor, bool]]:
    found = []
    for block in files.blocks(
        look([path], ())[0], "edge", taken=frozenset(), now=time.time(), size=size, memory=memory
    ):
        found.append((text(block), block.after, block.held is not None))
        if block.held is not None:
            block.held.release()
    return found


def text(block: Block) -> bytes:
    return block.data if block.held is None else block.held.whole()


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 3000), st.integers(0, len(STRANGE) - 1)), max_size=6),
    st.sampled_from([b"", b"\n"]),
    st.integers(1, 9),
)
def test_what_is_held_is_what_would_have_been_read(
    tmp_path_factory: pytest.TempPathFactory, numbered: list[tuple[int, int]], last: bytes, pieces: int
) -> None:
    # By their numbers: Hypothesis tells what it draws, and some of these are long.
    parts = [(n, STRANGE[strange]) for n, strange in numbered]
    log = tmp_path_factory.mktemp("held") / "a.log"
    usual = b"".join(
        b"%07d GET /v1/agents?page=2 200\n" % n + strange + b"\n" for n, strange in parts for _ in range(n)
    )
    data = (usual[: 3 * PIECE] + b"".join(strange + b"\n" for _, strange in parts)).removesuffix(b"\n") + last
    log.write_bytes(data)
    minute_ago = time.time() - 60  # a cursor says of a file that was written just now that it was
    os.utime(log, (minute_ago, minute_ago))
    memory = BlockFiles(1)
    size = pieces * PIECE // 2

    plainly, held = read(log, None, size), read(log, memory, size)

    assert [(a, b) for a, b, _ in plainly] == [(a, b) for a, b, _ in held]
    memory.close()


def test_a_usual_log_is_held_to_its_end_and_odd_bytes_are_not(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    memory = BlockFiles(1)
    log.write_text("a usual line of ünïcödé\n" * 40_000)
    assert [True] * 5 == [held for *_, held in read(log, memory, PIECE)]
    log.write_bytes(b"a usual line\n" * 30_000 + b"\xff\n" + b"a usual line\n" * 30_000)
    found = [held for *_, held in read(log, memory, PIECE)]
    memory.close()

    assert [True, False, True] == found


def test_a_character_that_two_pieces_share_is_whole() -> None:
    data = b"x" * 100 + b"\n" + b"y" * (PIECE - 102) + "é\n".encode() + b"z\n"
    with BlockFile() as file:
        held = file.copy(reader(data), len(data))
        assert held is not None
        assert (data, 3) == (held.whole(), held.lines)

    torn = b"x\n" * (PIECE // 2 - 1) + b"x\xc3" + b"y\n" * (PIECE // 2) + b"\xa9\n"
    with BlockFile() as file:
        assert file.copy(reader(torn), len(torn)) is None


@pytest.mark.parametrize("data", [b"", b"no end", b"nul\0\n", b"\xe9\n", b"a\n" + b"x" * 2 * PIECE + b"\n"])
def test_what_cannot_be_taken_as_it_is_is_not_held(data: bytes) -> None:
    with BlockFile() as file:
        assert file.copy(reader(data), max(1, len(data))) is None


@contextmanager
def small_files() -> Iterator[None]:
    """No file of this process grows beyond a megabyte, those in memory neither."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_where_no_file_may_be_so_large_nothing_is_held() -> None:
    data = b"a usual line\n" * 90_000
    with BlockFile() as file, small_files():
        assert file.copy(reader(data), len(data)) is None
        with pytest.raises(OSError, match="too large"):
            file.hold(data)


def test_a_log_that_is_larger_than_a_file_may_become_is_read_all_the_same(
    workspace: Workspace, tmp_path: Path, line: Callable[..., str]
) -> None:
    log = tmp_path / "access.log"
    log.write_text("".join(line(n) for n in range(13_000)))
    assert log.stat().st_size > 1_000_000
    with small_files():
        done = ingest_source(workspace, SourceConfig(name="edge", path=str(log)), clock=SystemClock())

    assert (13_000, []) == (done.events, done.errors)


def test_while_all_files_are_in_use_nothing_is_read() -> None:
    memory, asked = BlockFiles(1), list[int]()
    first = memory.copy(reader(b"one\n"), 4)
    assert first is not None
    assert memory.copy(lambda room: asked.append(len(room)) or 0, 4) is None
    assert not asked
    first.release()
    second = memory.copy(reader(b"two\n"), 4)
    memory.close()

    assert second is not None


def reader(data: bytes) -> Callable[[memoryview], int]:
    return io.BytesIO(data).readinto

"""What a block carries besides its lines, and files that change under the reader's hands."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.sources import files
from ingest.sources.files import Block
from ingest.sources.left_out import BEGINNING, LeftOut
from ingest.sources.matching import look
from ingest.sources.roots import within
from model.errors import IngestError
from model.segment import Cursor

OLD = "".join(f"old line {n:04}\n" for n in range(1000))
NEW = "".join(f"new line {n:04}\n" for n in range(1400))


def read(path: Path, known: tuple[Cursor, ...] = (), size: int = 500) -> Iterator[Block]:
    return files.blocks(look([path], known)[0], "edge", taken=frozenset(), now=time.time(), size=size)


@pytest.mark.parametrize("new", [NEW, OLD[:14] + NEW, OLD[:4200] + NEW], ids=["all", "after a line", "after the head"])
def test_a_file_that_is_rewritten_while_it_is_read_gives_no_mixture(tmp_path: Path, new: str) -> None:
    log = tmp_path / "a.log"
    log.write_text(OLD)
    blocks = read(log, size=5000)
    found = [next(blocks).data]
    os.truncate(log, 0)
    with log.open("a") as file:
        file.write(new)

    with pytest.raises(IngestError, match="was rotated while it was being read"):
        found.extend(block.data for block in blocks)

    assert OLD.encode().startswith(b"".join(found))


def test_readers_before_and_after_a_rename_want_the_same_cursor(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text(OLD)
    first = next(read(log))
    log.rename(tmp_path / "a.log.1")

    assert first.after.origin == next(read(tmp_path / "a.log.1")).after.origin


def test_a_block_knows_the_directive_that_holds_where_it_begins(tmp_path: Path) -> None:
    log = tmp_path / "u_ex.log"
    log.write_text("#Version: 1.0\n#Fields: date time\n" + OLD + "#Fields: date time cs-uri\r\n" + NEW)
    found = list(read(log))
    again = list(read(log, (found[3].after,)))

    assert found[0].context == ""
    assert found[1].context == found[3].context == again[0].context == "#Fields: date time"
    assert found[-1].context == found[-1].after.context == "#Fields: date time cs-uri"


def test_half_a_secret_at_the_end_of_a_sample_is_not_shown() -> None:
    # Redacted, the long one makes the sample short enough to reach the end of what was kept.
    beginning = b"GET /v1 key=" + b"A1" * ((BEGINNING - 24) // 2) + b"  ac_live_Q7"

    sample = LeftOut("longer than 1 MiB", beginning, again=False).reject(()).sample

    assert len(beginning) == BEGINNING
    assert "Q7" not in sample
    assert sample.startswith("GET /v1")


def test_a_link_that_is_switched_after_the_file_was_opened_is_refused(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in" / "a.log", tmp_path / "out" / "secret.log"
    for path in (inside, outside):
        path.parent.mkdir()
        path.write_text(OLD)

    assert within(inside, inside.stat(), [inside.parent])
    assert not within(inside, outside.stat(), [inside.parent])

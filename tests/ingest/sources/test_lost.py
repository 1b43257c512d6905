"""Bytes that vanished before they were read are counted, become a finding, and are not counted for no reason."""

import os
import shutil
from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path

import pytest

from ingest.sources import files
from ingest.sources.matching import look
from ingest.sources.vanished import vanished
from keywatch.collecting.ingesting import Ingested
from keywatch.detecting.judging import judge
from keywatch.workspace import Workspace
from model.clock import SystemClock
from model.errors import Fenced
from store.state.segments import cursors, move_cursor
from store.state.sources import source_frame

Ingest = Callable[..., Ingested]
Line = Callable[..., str]
PARTIAL = "192.0.2.7 - - [01/Oct/2026:09:30"


@pytest.fixture
def lost(workspace: Workspace) -> Callable[[], int]:
    """How many bytes are counted as lost."""

    def read() -> int:
        with workspace.store.reading() as tx:
            return int(source_frame(tx, SystemClock().now())["bytes_lost"].sum())

    return read


@pytest.fixture
def logs(tmp_path: Path, line: Line) -> Path:
    """A folder with a log whose last line is unfinished, and another one."""
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "a.log").write_text("".join(line(n) for n in range(5)) + PARTIAL)
    (folder / "b.log").write_text(line(9))
    return folder


@pytest.mark.parametrize("how", ["truncate", "truncate and regrow", "delete", "delete and make anew"])
def test_what_was_known_to_be_there_and_went_away_is_counted_at_the_second_look(
    logs: Path, ingest: Ingest, line: Line, lost: Callable[[], int], how: str
) -> None:
    ingest(logs)
    log = logs / "a.log"
    if "truncate" in how:
        os.truncate(log, 0)
    else:
        log.unlink()
    if how not in {"truncate", "delete"}:
        with log.open("a") as file:
            file.write("".join(line(n) for n in range(20, 40)))

    counted = []
    for _ in range(4):
        ingest(logs)
        counted.append(lost())

    assert [0, len(PARTIAL), len(PARTIAL), len(PARTIAL)] == counted


@pytest.mark.parametrize("how", ["rename", "copytruncate", "permission", "elsewhere", "nothing"])
def test_what_can_still_be_read_is_not_counted(
    logs: Path, ingest: Ingest, line: Line, lost: Callable[[], int], how: str
) -> None:
    ingest(logs)
    log, read = logs / "a.log", [logs]
    match how:
        case "rename":
            log.rename(logs / "a.log.1")
        case "copytruncate":
            shutil.copy2(log, logs / "a.log.1")
            os.truncate(log, 0)
        case "permission":
            log.chmod(0)
        case "elsewhere":
            log.unlink()
            (logs.parent / "other").mkdir()
            (logs.parent / "other" / "c.log").write_text(line(30))
            read = [logs.parent / "other"]
    for _ in range(3):
        ingest(*read)

    assert 0 == lost()


def test_a_lost_tail_is_a_finding_of_its_source(logs: Path, ingest: Ingest, workspace: Workspace) -> None:
    ingest(logs)
    (logs / "a.log").unlink()
    ingest(logs)
    ingest(logs)

    now = SystemClock().now() + timedelta(seconds=1)
    found = [finding for finding in judge(workspace, now=now).findings if finding.detector == "bytes-lost"]

    assert ["source:edge"] == [str(finding.subject) for finding in found]
    assert f"{len(PARTIAL)} bytes in all" in found[0].summary


def test_the_rest_of_a_file_whose_reading_was_cut_short_is_counted_when_it_goes_away(logs: Path, line: Line) -> None:
    text = "".join(line(n) for n in range(100))
    (logs / "a.log").write_text(text)
    known = [next(iter(blocks_of(logs / "a.log"))).after]
    (logs / "a.log").unlink()
    for _ in range(2):
        moves = vanished(known, look([logs / "b.log"], known))
        known = [after for _, after in moves]

    assert [len(text) - known[0].offset] == [cursor.bytes_lost for cursor in known]
    assert [] == vanished(known, look([logs / "b.log"], known))


def blocks_of(path: Path, size: int = 1000) -> list[files.Block]:
    return list(files.blocks(look([path], [])[0], "edge", taken=frozenset(), now=0, size=size))


def test_two_readers_do_not_count_the_same_loss_twice(logs: Path, ingest: Ingest, workspace: Workspace) -> None:
    ingest(logs)
    with workspace.store.reading() as tx:
        known = cursors(tx, "edge")
    (logs / "a.log").unlink()
    moves = vanished(known, look([logs / "b.log"], known))
    for turn in range(2):
        with nullcontext() if not turn else pytest.raises(Fenced), workspace.store.transaction() as tx:
            for before, after in moves:
                move_cursor(tx, before, after, SystemClock().now())

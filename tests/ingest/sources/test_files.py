"""Files as they really behave: they grow, rotate, shrink and break. Every complete line is stored once.

Longer than most, since each behaviour is a few lines and all share what surrounds them.
"""

import gzip
import os
import shutil
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest.sources import files
from ingest.sources.content import Content
from ingest.sources.matching import look
from keywatch.collecting.ingesting import Ingested
from keywatch.workspace import Workspace
from model.errors import IngestError
from store.state.segments import cursors

Ingest = Callable[..., Ingested]
Line = Callable[..., str]
Paths = Callable[[], Counter[str]]


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    return folder


@pytest.fixture
def paths(stored: Callable[[str], list[tuple[Any, ...]]]) -> Paths:
    """How often each path is stored."""
    return lambda: Counter(dict(stored("SELECT path, count(*) FROM events GROUP BY 1")))


def once(*numbers: range) -> Counter[str]:
    return Counter(f"/line/x{n}x" for some in numbers for n in some)


def write(path: Path, line: Line, numbers: range) -> None:
    with path.open("a") as file:
        file.writelines(line(n) for n in numbers)


def test_the_same_files_again_add_nothing(logs: Path, ingest: Ingest, line: Line, paths: Paths) -> None:
    write(logs / "a.log", line, range(100))
    write(logs / "b.log", line, range(100, 150))

    first, again = ingest(logs), ingest(logs)

    assert (150, 2, 0) == (first.events, first.files, first.unchanged)
    assert (0, 0, 2) == (again.lines, again.files, again.unchanged)
    assert once(range(150)) == paths()


def test_a_grown_file_adds_only_its_new_lines(logs: Path, ingest: Ingest, line: Line, paths: Paths) -> None:
    write(logs / "a.log", line, range(100))
    ingest(logs)
    write(logs / "a.log", line, range(100, 130))

    done = ingest(logs)

    assert 30 == done.events
    assert once(range(130)) == paths()


def test_a_line_knows_its_number_in_the_file(logs: Path, ingest: Ingest, line: Line, workspace: Workspace) -> None:
    write(logs / "a.log", line, range(10))
    ingest(logs)
    write(logs / "a.log", line, range(10, 12))
    ingest(logs)

    with workspace.store.reader() as reader, workspace.store.reading() as tx:
        found = reader.connection.exec_driver_sql("SELECT path, batch, line FROM events ORDER BY path").fetchall()
        segments = {s.id: s for s in files_segments(tx)}

    assert {f"/line/x{n}x": n + 1 for n in range(12)} == {
        path: segments[batch].from_line + at for path, batch, at in found
    }


def files_segments(tx: Any) -> list[Any]:  # noqa: ANN401 (a transaction is opaque outside of store)
    from store.state.segments import overlapping

    return overlapping(tx, None)


def test_a_partial_last_line_is_held_back_and_stored_once_when_it_is_complete(
    logs: Path, ingest: Ingest, line: Line, paths: Paths
) -> None:
    path = logs / "a.log"
    whole = line(3)
    write(path, line, range(3))
    with path.open("a") as file:
        file.write(whole[:60])

    done = ingest(path)

    assert (3, 0) == (done.events, done.rejects)
    with path.open("a") as file:
        file.write(whole[60:])

    done = ingest(path)

    assert (1, 0) == (done.events, done.rejects)
    assert once(range(4)) == paths()


def test_a_last_line_without_an_end_is_taken_when_nobody_writes_any_more(
    logs: Path, ingest: Ingest, line: Line, paths: Paths
) -> None:
    path = logs / "a.log"
    path.write_text(line(0) + line(1).rstrip("\n"))
    os.utime(path, (time.time() - 3600,) * 2)

    done = [ingest(path).events for _ in range(2)]

    assert [2, 0] == done
    assert once(range(2)) == paths()


def test_rotation_by_rename_loses_and_doubles_nothing(logs: Path, ingest: Ingest, line: Line, paths: Paths) -> None:
    write(logs / "a.log", line, range(50))
    ingest(logs)
    write(logs / "a.log", line, range(50, 60))
    (logs / "a.log").rename(logs / "a.log.1")
    write(logs / "a.log", line, range(60, 70))

    done = ingest(logs)

    assert 20 == done.events
    assert once(range(70)) == paths()


def test_three_rotations_between_two_looks_are_all_found(logs: Path, ingest: Ingest, line: Line, paths: Paths) -> None:
    write(logs / "a.log", line, range(10))
    ingest(logs)
    for turn in range(3):
        write(logs / "a.log", line, range(10 + turn * 10, 20 + turn * 10))
        for age in range(turn, 0, -1):
            (logs / f"a.log.{age}").rename(logs / f"a.log.{age + 1}")
        (logs / "a.log").rename(logs / "a.log.1")
    write(logs / "a.log", line, range(40, 45))

    assert 35 == ingest(logs).events
    assert once(range(45)) == paths()


def test_the_gz_of_a_rotated_file_is_known_again(logs: Path, ingest: Ingest, line: Line, paths: Paths) -> None:
    write(logs / "a.log.1", line, range(50))
    ingest(logs)
    write(logs / "a.log.1", line, range(50, 55))
    (logs / "a.log.1.gz").write_bytes(gzip.compress((logs / "a.log.1").read_bytes()))
    (logs / "a.log.1").unlink()

    done, again = ingest(logs), ingest(logs)

    assert (5, 0, 1) == (done.events, again.events, again.unchanged)
    assert once(range(55)) == paths()


def test_a_gz_that_is_being_made_beside_its_original_is_not_read_twice(
    logs: Path, ingest: Ingest, line: Line, paths: Paths
) -> None:
    write(logs / "a.log.1", line, range(500))
    packed = gzip.compress((logs / "a.log.1").read_bytes())
    ingest(logs)
    (logs / "a.log.1.gz").write_bytes(packed[: len(packed) // 2])

    assert (0, []) == ((done := ingest(logs)).events, done.errors)
    (logs / "a.log.1.gz").write_bytes(packed)
    (logs / "a.log.1").unlink()

    assert 0 == ingest(logs).events
    assert once(range(500)) == paths()


def test_copytruncate_reads_the_rewritten_file_anew(logs: Path, ingest: Ingest, line: Line, paths: Paths) -> None:
    path = logs / "a.log"
    write(path, line, range(50))
    ingest(logs)
    write(path, line, range(50, 55))
    shutil.copy2(path, logs / "a.log.1")

    ingest(logs)

    assert once(range(55)) == paths()
    os.truncate(path, 0)
    write(path, line, range(60, 62))

    ingest(logs)

    assert once(range(55), range(60, 62)) == paths()


def test_a_truncated_file_that_grew_past_its_old_end_is_read_anew(
    logs: Path, ingest: Ingest, line: Line, paths: Paths
) -> None:
    path = logs / "a.log"
    write(path, line, range(100))
    ingest(logs)
    os.truncate(path, 0)
    write(path, line, range(1000, 1300))

    ingest(logs)

    assert once(range(100), range(1000, 1300)) == paths()


def test_a_file_that_is_rewritten_with_the_same_first_line_is_read_anew(
    logs: Path, ingest: Ingest, line: Line, paths: Paths
) -> None:
    path = logs / "a.log"
    path.write_text(line(0) + line(1) + line(2))
    ingest(logs)
    path.write_text(line(0) + line(3) + line(4) + line(5))

    ingest(logs)

    assert once(range(6)) + Counter({"/line/x0x": 1}) == paths()


def test_two_files_with_the_same_first_line_stay_apart(logs: Path, ingest: Ingest, line: Line, paths: Paths) -> None:
    (logs / "a.log").write_text(line(0) + line(1))
    (logs / "b.log").write_text(line(0) + line(2))
    ingest(logs)
    write(logs / "a.log", line, range(3, 5))
    write(logs / "b.log", line, range(5, 7))

    ingest(logs)

    assert once(range(7)) + Counter({"/line/x0x": 1}) == paths()


def test_a_file_to_which_a_symlink_and_a_hard_link_lead_is_read_once(
    logs: Path, ingest: Ingest, line: Line, paths: Paths
) -> None:
    write(logs / "a.log", line, range(10))
    (logs / "current.log").symlink_to("a.log")
    os.link(logs / "a.log", logs / "hard.log")

    assert [10, 0] == [ingest(logs).events, ingest(logs).events]
    assert once(range(10)) == paths()


def test_a_symlink_that_moves_on_to_the_next_file_is_followed(
    logs: Path, ingest: Ingest, line: Line, paths: Paths
) -> None:
    link = logs / "current.log"
    write(logs / "day1", line, range(10))
    link.symlink_to("day1")
    ingest(link)
    write(logs / "day2", line, range(10, 20))
    link.unlink()
    link.symlink_to("day2")

    assert 10 == ingest(link).events
    assert once(range(20)) == paths()


def test_lines_before_the_break_of_a_half_written_gz_are_kept_and_the_rest_follows(
    logs: Path, ingest: Ingest, line: Line, paths: Paths
) -> None:
    path = logs / "a.log.gz"
    packed = gzip.compress("".join(line(n) for n in range(3000)).encode())
    path.write_bytes(packed[: len(packed) // 2])

    done = ingest(path)
    before = paths()

    assert 0 < done.events < 3000
    assert 0 == done.rejects
    assert once(range(done.events)) == before
    assert "ends in the middle of its compressed data" in done.errors[0]
    assert 0 == ingest(path).events
    path.write_bytes(packed)

    done = ingest(path)

    assert [] == done.errors
    assert once(range(3000)) == paths()


def test_one_unreadable_file_does_not_stop_the_others(logs: Path, ingest: Ingest, line: Line, paths: Paths) -> None:
    write(logs / "a.log", line, range(5))
    os.mkfifo(logs / "pipe")

    done = ingest(logs / "pipe", logs / "a.log")

    assert once(range(5)) == paths()
    assert ["pipe is no regular file"] == [error.split("/")[-1].partition(".")[0] for error in done.errors]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_named_and_read_when_it_is_restored(
    logs: Path, ingest: Ingest, line: Line, paths: Paths
) -> None:
    path = logs / "a.log"
    write(path, line, range(5))
    path.chmod(0)

    assert "Permission denied" in ingest(path).errors[0]
    path.chmod(0o600)

    assert [] == ingest(path).errors
    assert once(range(5)) == paths()


@pytest.mark.parametrize("pattern", ["nowhere.log", "*.nothing", "empty"])
def test_a_path_that_finds_no_file_is_refused(logs: Path, pattern: str) -> None:
    (logs / "empty").mkdir()

    with pytest.raises(IngestError, match=r"There is no file .*"):
        files.find([logs / pattern])


def test_globs_folders_and_files_find_each_file_once_and_the_oldest_first(logs: Path) -> None:
    for age, name in enumerate(["c.log", "b.log", "sub/a.log", ".hidden"]):
        (logs / name).parent.mkdir(exist_ok=True)
        (logs / name).write_text("x\n")
        os.utime(logs / name, (1_000_000 - age, 1_000_000 - age))

    found = files.find([logs, logs / "*.log", logs / "c.log"])

    assert ["sub/a.log", "b.log", "c.log"] == [str(path.relative_to(logs)) for path in found]


def test_an_empty_file_is_read_when_it_has_lines(logs: Path, ingest: Ingest, line: Line, paths: Paths) -> None:
    (logs / "a.log").touch()

    assert (0, []) == ((done := ingest(logs)).lines, done.errors)
    write(logs / "a.log", line, range(2))

    assert 2 == ingest(logs).events
    assert once(range(2)) == paths()


def test_a_file_of_many_blocks_is_read_whole_with_one_cursor(logs: Path, line: Line) -> None:
    text = "".join(line(n) for n in range(1000))
    (logs / "a.log").write_text(text + line(1000)[:20])
    seen = look([logs / "a.log"], [])[0]

    found = list(files.blocks(seen, "edge", taken=frozenset(), now=time.time(), size=777))

    assert text.encode() == b"".join(block.data for block in found)
    assert all(block.data.endswith(b"\n") for block in found)
    assert [None, *(block.after for block in found[:-1])] == [block.before for block in found]
    assert (len(text), 1000) == (found[-1].after.offset, found[-1].after.lines)


def test_every_cursor_on_the_way_through_a_file_is_known_again(logs: Path, line: Line) -> None:
    path = logs / "a.log"
    path.write_text("".join(line(n) for n in range(60)))
    seen = look([path], [])[0]
    found = list(files.blocks(seen, "edge", taken=frozenset(), now=0.0, size=333))
    path.rename(logs / "b.log")
    (logs / "c.log.gz").write_bytes(gzip.compress((logs / "b.log").read_bytes()))

    for block in found:
        for name in ("b.log", "c.log.gz"):
            assert block.after == look([logs / name], [block.after])[0].cursor


def test_a_file_that_is_rotated_between_the_look_and_the_reading_is_left_for_the_next_time(
    logs: Path, line: Line
) -> None:
    path = logs / "a.log"
    write(path, line, range(10))
    seen = look([path], [])[0]
    path.rename(logs / "a.log.1")
    write(path, line, range(100, 200))

    with pytest.raises(IngestError, match="was rotated while it was being read"):
        list(files.blocks(seen, "edge", taken=frozenset(), now=0.0))


def test_a_file_that_is_rotated_while_it_is_being_read_is_read_to_its_end(logs: Path, line: Line) -> None:
    path = logs / "a.log"
    write(path, line, range(50))
    seen = look([path], [])[0]
    reading = files.blocks(seen, "edge", taken=frozenset(), now=0.0, size=500)
    first = next(reading)
    path.rename(logs / "a.log.1")
    write(path, line, range(100, 200))

    found = [first, *reading]

    assert "".join(line(n) for n in range(50)).encode() == b"".join(block.data for block in found)
    assert found[-1].after == look([logs / "a.log.1"], [found[-1].after])[0].cursor


def test_a_reused_inode_is_a_new_file(
    logs: Path, ingest: Ingest, line: Line, paths: Paths, workspace: Workspace
) -> None:
    write(logs / "a.log", line, range(10))
    ingest(logs)
    with Content(logs / "a.log") as content:
        inode = content.inode
    (logs / "a.log").write_text("".join(line(n) for n in range(20, 25)))
    (logs / "a.log").rename(logs / "z.log")

    ingest(logs)

    with workspace.store.reading() as tx:
        found = cursors(tx, "edge")

    assert inode == (logs / "z.log").stat().st_ino
    assert 2 == len(found)
    assert once(range(10), range(20, 25)) == paths()


def test_two_sources_read_the_same_file_each_for_itself(logs: Path, ingest: Ingest, line: Line, paths: Paths) -> None:
    write(logs / "a.log", line, range(5))

    done = [ingest(logs, name=name).events for name in ("edge", "inner", "edge")]

    assert [5, 5, 0] == done
    assert once(range(5)) + once(range(5)) == paths()


def test_a_rewritten_file_is_told_by_what_stood_before_the_offset_too(
    logs: Path, ingest: Ingest, line: Line, paths: Paths
) -> None:
    path = logs / "a.log"
    same = "".join(line(n) for n in range(100))
    path.write_text(same + line(100))
    ingest(logs)
    path.write_text(same + line(200) + line(201))

    ingest(logs)

    assert once(range(100), range(100), range(100, 101), range(200, 202)) == paths()


def test_known_content_under_a_new_name_is_opened_once_and_then_left_alone(
    logs: Path, ingest: Callable[..., Ingested], line: Callable[..., str]
) -> None:
    log = logs / "a.log"
    log.write_text("".join(line(n) for n in range(100)))
    ingest(log)
    (logs / "a.log.1.gz").write_bytes(gzip.compress(log.read_bytes()))
    log.unlink()
    renamed, again = ingest(logs / "a.log.1.gz"), ingest(logs / "a.log.1.gz")

    assert (0, 0) == (renamed.events, renamed.unchanged)
    assert (0, 1) == (again.events, again.unchanged)

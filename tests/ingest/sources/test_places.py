"""Where files may lie, what they may be, and how little a look at unchanged ones costs."""

import gzip
import os
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest.sources import files
from ingest.sources.content import Content
from ingest.sources.matching import look
from keywatch.collecting.ingesting import Ingested, ingest_source
from keywatch.config.root import SourceConfig
from keywatch.workspace import Workspace
from model.clock import SystemClock
from model.errors import IngestError

Ingest = Callable[..., Ingested]
Line = Callable[..., str]
Stored = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("what", ["fifo", "socket", "device", "glob of a fifo"])
def test_what_is_no_regular_file_is_refused_at_once(
    logs: Path, ingest: Ingest, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = logs / "a.log"
    match what:
        case "socket":
            monkeypatch.chdir(logs)  # a socket's path is short
            with socket.socket(socket.AF_UNIX) as made:
                made.bind("a.log")
        case "device":
            path = Path("/dev/null")
        case _:
            os.mkfifo(path)

    with pytest.raises(IngestError, match="is no regular file"):
        ingest(logs / "a.*" if "glob" in what else path)


@pytest.mark.parametrize("link", ["file", "folder"])
def test_a_link_that_leads_out_of_the_roots_is_refused_and_the_others_are_read(
    logs: Path, workspace: Workspace, line: Line, stored: Stored, link: str
) -> None:
    outside = logs.parent / "outside"
    outside.mkdir()
    (outside / "secret.log").write_text(line(1))
    (logs / "good.log").write_text(line(0))
    if link == "file":
        (logs / "bad.log").symlink_to(outside / "secret.log")
    else:
        (logs / "bad").symlink_to(outside)
    object.__setattr__(workspace, "config", workspace.config.model_copy(update={"roots": (str(logs),)}))
    source = SourceConfig(name="edge", path=str(logs / "**" / "*.log"))

    done = [ingest_source(workspace, source, clock=SystemClock()) for _ in range(2)]

    assert [1, 0] == [one.events for one in done]
    assert all("leads outside of the roots" in one.errors[0] for one in done)
    assert [("/line/x0x",)] == stored("SELECT path FROM events")


def test_a_link_inside_the_roots_is_followed(logs: Path, line: Line) -> None:
    (logs / "day1").write_text(line(0))
    (logs / "current.log").symlink_to("day1")

    assert 1 == len(look([logs / "current.log"], [], roots=[logs]))
    with Content(logs / "current.log", [logs]) as content:
        assert str(logs / "day1") == content.target


def test_a_file_that_is_named_on_the_command_line_may_lie_anywhere(
    logs: Path, workspace: Workspace, ingest: Ingest, line: Line
) -> None:
    (logs.parent / "a.log").write_text(line(0))
    object.__setattr__(workspace, "config", workspace.config.model_copy(update={"roots": (str(logs),)}))

    assert 1 == ingest(logs.parent / "a.log").events


def test_what_was_written_before_a_link_moved_on_is_read_behind_it(
    logs: Path, ingest: Ingest, line: Line, stored: Stored
) -> None:
    link = logs / "current.log"
    (logs / "day1").write_text(line(0))
    link.symlink_to("day1")
    ingest(link)
    with (logs / "day1").open("a") as file:
        file.write(line(1))
    (logs / "day2").write_text(line(2))
    link.unlink()
    link.symlink_to("day2")
    ingest(link)
    with (logs / "day1").open("a") as file:
        file.write(line(3))

    ingest(link)

    assert [(4, 4)] == stored("SELECT count(*), count(DISTINCT path) FROM events")


def test_ten_thousand_unchanged_files_are_looked_at_and_none_is_opened(logs: Path, line: Line) -> None:
    for n in range(10_000):
        (logs / f"{n}.log").write_text(line(n))
        os.utime(logs / f"{n}.log", ns=(1, 1_700_000_000_000_000_001))
    paths = files.find([logs])
    known = [
        block.after
        for seen in look(paths, [])
        for block in files.blocks(seen, "edge", taken=frozenset(), now=time.time())
    ]
    opened: list[str] = []
    watching = True
    sys.addaudithook(lambda event, args: opened.append(str(args[0])) if watching and event == "open" else None)

    looks = look(files.find([logs]), known)
    watching = False

    assert 10_000 == len(looks)
    assert not any(seen.changed for seen in looks)
    assert not [path for path in opened if path.endswith(".log")]


def test_thousands_of_new_files_are_told_apart_from_as_many_renamed_ones(logs: Path, line: Line) -> None:
    for n in range(3000):
        (logs / f"{n}.log").write_text(line(n))
    known = [
        block.after
        for seen in look(files.find([logs]), [])
        for block in files.blocks(seen, "edge", taken=frozenset(), now=time.time())
    ]
    for n in range(3000):
        (logs / f"{n}.log").rename(logs / f"{n}.log.1")
        (logs / f"{n}.log").write_text(line(n + 3000))

    began = time.process_time()
    looks = look(files.find([logs]), known)

    assert time.process_time() - began < 3
    assert 3000 == sum(seen.cursor is None for seen in looks)


def test_a_folder_that_cannot_be_listed_is_named(logs: Path, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    (logs / "a.log").write_text(line(0))
    (logs / "shut").mkdir()
    listed = os.scandir

    def refuse(path: Any) -> Any:  # noqa: ANN401 (as os.scandir)
        if str(path).endswith("shut"):
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(os, "scandir", refuse)  # root may list everything
    told: list[str] = []
    looks = look(files.find([logs]), [], refused=told)

    assert ["a.log"] == [seen.path.name for seen in looks]
    assert "shut cannot be read: Permission denied" in told[0]


def test_a_broken_file_is_named_again_without_being_read_again(
    logs: Path, ingest: Ingest, line: Line, stored: Stored
) -> None:
    path = logs / "a.log.gz"
    path.write_bytes(gzip.compress("".join(line(n) for n in range(50)).encode())[:-4])
    os.utime(path, ns=(1, 1_700_000_000_000_000_001))

    first, again = ingest(path), ingest(path)

    assert (50, 0) == (first.events, again.events)
    assert (1, 1) == (len(first.errors), again.unchanged)
    assert first.errors == again.errors
    assert "ends in the middle of its compressed data" in again.errors[0]
    assert [(50,)] == stored("SELECT count(*) FROM events")


def test_a_file_of_the_same_size_that_was_written_in_the_same_tick_is_noticed(logs: Path, line: Line) -> None:
    log = logs / "a.log"
    log.write_text(line(1))
    seen = look([log], [])[0]
    (block,) = files.blocks(seen, "edge", taken=frozenset(), now=time.time())
    status = log.stat()
    log.write_text(line(2))
    os.utime(log, ns=(status.st_atime_ns, status.st_mtime_ns))

    assert block.after.signature.endswith("~")
    assert look([log], [block.after])[0].changed

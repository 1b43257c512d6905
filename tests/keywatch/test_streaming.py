"""Standard input: stored while it comes, beside other work, and whole when it ends or somebody ends it."""

import gzip
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from commandline import NOON, Cli, combined

from keywatch.collecting.ingested import Ingested
from keywatch.collecting.streaming import ingest_stdin
from keywatch.config.root import SourceConfig
from keywatch.workspace import Workspace
from model.clock import SystemClock
from model.errors import IngestError
from model.window import Window

PATIENCE = 120
"""Seconds for a machine that tests much else; two is what an idle one takes."""
Stored = Callable[[str], list[tuple[Any, ...]]]
Line = Callable[..., str]


def numbers(stored: Stored) -> list[int]:
    return sorted(int(path.split("x")[1]) for (path,) in stored("SELECT path FROM events"))


class Pipe:
    """A pipe, and an ingest at its end on a thread of its own."""

    def __init__(self, workspace: Workspace, **settings: Any) -> None:  # noqa: ANN401 (of ingest_stdin)
        self.read_end, self.write_end = os.pipe()
        self.result: Ingested | None = None
        self.error: Exception | None = None
        self._workspace, self._settings = workspace, settings
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        source = SourceConfig(name="edge", path="-")
        try:
            self.result = ingest_stdin(
                self._workspace, source, clock=SystemClock(), descriptor=self.read_end, **self._settings
            )
        except IngestError as error:
            self.error = error

    def write(self, data: str | bytes) -> None:
        left = data.encode() if isinstance(data, str) else data
        while left:
            left = left[os.write(self.write_end, left) :]

    def end(self) -> Ingested:
        if self.write_end:
            os.close(self.write_end)
            self.write_end = 0
        self._thread.join(PATIENCE)
        if self.read_end:
            os.close(self.read_end)
            self.read_end = 0
        if self.error:
            raise self.error
        assert self.result
        return self.result


@pytest.fixture
def pipe(workspace: Workspace) -> Iterator[Callable[..., Pipe]]:
    made: list[Pipe] = []

    def run(**settings: Any) -> Pipe:  # noqa: ANN401 (of ingest_stdin)
        made.append(Pipe(workspace, **settings))
        return made[-1]

    yield run
    for one in made:
        if one.read_end:
            one.error = None
            one.end()


def test_all_lines_of_a_pipe_are_stored_the_last_one_without_its_end_too(
    pipe: Callable[..., Pipe], stored: Stored, line: Line
) -> None:
    open_pipe = pipe()
    open_pipe.write("".join(line(n) for n in range(500)).rstrip("\n"))

    done = open_pipe.end()

    assert (500, 500) == (done.lines, done.events)
    assert numbers(stored) == list(range(500))


def test_a_line_is_stored_while_the_pipe_stays_open_and_half_a_line_is_not(
    pipe: Callable[..., Pipe], stored: Stored, line: Line
) -> None:
    open_pipe = pipe()
    open_pipe.write(line(0))
    began = time.monotonic()
    while numbers(stored) != [0]:
        assert time.monotonic() - began < PATIENCE
        time.sleep(0.05)
    open_pipe.write(line(1)[:20])
    time.sleep(1.5)
    assert numbers(stored) == [0]
    open_pipe.write(line(1)[20:])

    open_pipe.end()

    assert numbers(stored) == [0, 1]


def test_others_work_in_the_workspace_while_the_pipe_is_quiet_and_are_waited_for(
    pipe: Callable[..., Pipe], workspace: Workspace, stored: Stored, line: Line
) -> None:
    open_pipe = pipe()
    with workspace.lock("test"):
        open_pipe.write(line(0))
        time.sleep(1.5)
        assert numbers(stored) == []

    open_pipe.end()

    assert numbers(stored) == [0]


def test_a_line_without_an_end_is_left_out_once_and_the_next_is_good(
    pipe: Callable[..., Pipe], stored: Stored, line: Line
) -> None:
    open_pipe = pipe()
    open_pipe.write(line(0) + "x" * (3 << 20) + "\n" + line(1))

    done = open_pipe.end()

    assert numbers(stored) == [0, 1]
    assert done.rejects == 1


def test_compressed_data_is_refused_with_what_to_do(pipe: Callable[..., Pipe], line: Line) -> None:
    open_pipe = pipe()
    open_pipe.write(gzip.compress(line(0).encode()))

    with pytest.raises(IngestError, match="zcat"):
        open_pipe.end()


def test_a_window_keeps_its_events_only(pipe: Callable[..., Pipe], stored: Stored, line: Line) -> None:
    since, until = (datetime(2026, 10, 1, 9, 0, second, tzinfo=UTC) for second in (10, 20))
    open_pipe = pipe(window=Window(since=since, until=until))
    open_pipe.write("".join(line(n) for n in range(60)))

    done = open_pipe.end()

    assert numbers(stored) == list(range(10, 20))
    assert done.outside == 50


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_command_cleanly_with_what_was_read_stored(cli: Cli, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "keywatch", "-c", str(cli.config), "ingest", "--source", "pipe", "-", "--json"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin
        process.stdin.write("".join(f"{one}\n" for one in combined(NOON, 50)).encode())
        process.stdin.flush()
        while not cli("store", "status", "--json").json()["events"]:
            time.sleep(0.1)
        process.stdin.write("".join(f"{one}\n" for one in combined(NOON, 30)).encode())
        process.stdin.flush()
        time.sleep(0.5)
        process.send_signal(number)
        out, err = process.communicate(timeout=120)

    assert (0, True) == (process.returncode, b'"lines": 80' in out), err.decode()
    assert cli("store", "status", "--json").json()["events"] == 80


def test_standard_input_is_read_alone(cli: Cli) -> None:
    done = cli("ingest", "-", "access.log")

    assert done.code == 2
    assert "read alone" in done.err


def test_a_configured_pipe_is_left_to_whoever_feeds_it(cli: Cli) -> None:
    cli.configure('[[sources]]\nname = "pipe"\npath = "-"\n\n[[sources]]\nname = "edge"\npath = "access.log"\n')
    cli.log(combined(NOON, 3))

    done = cli("ingest", "--json")

    assert [("edge", 3)] == [(one["source"], one["lines"]) for one in done.json()]

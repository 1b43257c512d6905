"""`keywatch ingest --since --until`: the events of that time and no others, each once, whatever else was read when."""

import gzip
import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from commandline import NOON, Cli, combined

from keywatch.collecting.ingesting import Ingested, ingest_source
from keywatch.config.root import SourceConfig
from keywatch.workspace import Workspace
from model.clock import SystemClock
from model.window import Window

T0 = datetime(2026, 10, 1, 9, tzinfo=UTC)
Stored = Callable[[str], list[tuple[Any, ...]]]
Line = Callable[..., str]


@pytest.fixture
def read(workspace: Workspace) -> Callable[..., Ingested]:
    """`read(path, since, until)` reads the lines of these seconds; without them, all."""

    def run(path: Path, since: int | None = None, until: int | None = None) -> Ingested:
        window = None
        if since is not None and until is not None:
            window = Window(since=T0 + timedelta(seconds=since), until=T0 + timedelta(seconds=until))
        source = SourceConfig(name="edge", path=str(path))
        return ingest_source(workspace, source, clock=SystemClock(), window=window)

    return run


def numbers(stored: Stored) -> list[int]:
    return sorted(int(path.split("x")[1]) for (path,) in stored("SELECT path FROM events"))


def test_only_the_events_of_the_window_are_stored_and_the_rest_comes_later(
    read: Callable[..., Ingested], stored: Stored, line: Line, tmp_path: Path
) -> None:
    log = tmp_path / "access.log"
    log.write_text("".join(line(n) for n in range(100)))

    done = read(log, 20, 30)
    assert (10, 90, 10) == (done.events, done.outside, done.lines)
    assert numbers(stored) == list(range(20, 30))
    rest = read(log)

    assert (90, 10) == (rest.events, rest.outside)
    assert numbers(stored) == list(range(100))
    assert (0, 0) == (read(log, 20, 30).lines, read(log).lines)


def test_a_backfill_of_what_was_read_before_adds_nothing_and_opens_nothing(
    read: Callable[..., Ingested], stored: Stored, line: Line, tmp_path: Path
) -> None:
    log = tmp_path / "access.log"
    log.write_text("".join(line(n) for n in range(10)))
    read(log)

    done = read(log, 0, 100)

    assert (0, 0, 1) == (done.lines, done.outside, done.unchanged)
    assert numbers(stored) == list(range(10))


def test_rejects_are_counted_once_by_the_ordinary_ingest(
    read: Callable[..., Ingested], workspace: Workspace, line: Line, tmp_path: Path
) -> None:
    from store.state.sources import source_frame

    log = tmp_path / "access.log"
    log.write_text(line(1) + line(2) + "no line of a log\n" + line(3) + "\n")

    assert [0, 0, 1] == [one.rejects for one in (read(log, 0, 2), read(log, 0, 3), read(log))]

    with workspace.store.reading() as tx:
        row = source_frame(tx, T0).iloc[0]
    assert [5, 3, 1, 1] == [row[name] for name in ("lines", "events", "rejects", "skipped")]


def test_the_lines_of_the_window_lead_back_to_their_place_in_the_file(
    read: Callable[..., Ingested], stored: Stored, line: Line, tmp_path: Path
) -> None:
    log = tmp_path / "access.log"
    log.write_text("".join(line(n) for n in range(50)))

    read(log, 20, 23)

    assert [(21,), (22,), (23,)] == stored("SELECT line FROM events ORDER BY line")


def test_a_document_of_many_records_in_one_line_is_taken_apart_by_time(
    read: Callable[..., Ingested], stored: Stored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.sources.files.BLOCK_BYTES", 1000)
    moments = [f"{T0 + timedelta(seconds=n):%Y-%m-%dT%H:%M:%SZ}" for n in range(40)]
    records = [
        {"eventTime": at, "eventSource": "s3.amazonaws.com", "eventName": f"Get{n}", "sourceIPAddress": "192.0.2.1"}
        for n, at in enumerate(moments)
    ]
    (tmp_path / "trail.json").write_text(json.dumps({"Records": records}))

    for window in [(10, 20), (15, 25), (), (0, 30)]:
        read(tmp_path / "trail.json", *window)

    assert [(at.replace("T", " ").rstrip("Z"),) for at in moments] == [
        (f"{at:%Y-%m-%d %H:%M:%S}",) for (at,) in stored("SELECT ts FROM events ORDER BY ts")
    ]


@pytest.mark.parametrize("seed", range(6))
def test_windows_and_ordinary_looks_in_any_order_over_a_log_that_grows_and_rotates_store_each_line_once(
    read: Callable[..., Ingested],
    stored: Stored,
    line: Line,
    tmp_path: Path,
    seed: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ingest.sources.files.BLOCK_BYTES", 2000)
    chance = random.Random(seed)
    log, written, wanted = tmp_path / "access.log", 0, set()
    times: list[int] = []
    for _ in range(12):
        match chance.choice(["write", "write", "rotate", "zip", "window", "window", "all"]):
            case "write":
                more = [chance.randrange(100) for _ in range(chance.randrange(60))]
                with log.open("a") as file:
                    file.writelines(line(at, path=f"/line/x{written + n}x") for n, at in enumerate(more))
                times += more
                written += len(more)
            case "rotate" if log.exists() and not (tmp_path / "access.log.1").exists():
                log.rename(tmp_path / "access.log.1")
            case "zip" if (tmp_path / "access.log.1").exists() and not (tmp_path / "access.log.2.gz").exists():
                (tmp_path / "access.log.2.gz").write_bytes(gzip.compress((tmp_path / "access.log.1").read_bytes()))
                (tmp_path / "access.log.1").unlink()
            case "window" if times:
                since = chance.randrange(90)
                until = since + chance.randrange(1, 60)
                read(tmp_path / "access.log*", since, until)
                wanted |= {n for n, at in enumerate(times) if since <= at < until}
            case "all" if times:
                read(tmp_path / "access.log*")
                wanted |= set(range(written))
        assert numbers(stored) == sorted(wanted)
    if times:
        read(tmp_path / "access.log*")
    assert numbers(stored) == list(range(written))


def test_the_command_says_how_many_events_are_not_of_that_time(cli: Cli) -> None:
    path = cli.log([*combined(NOON, 3), *combined(NOON + timedelta(days=1), 4)])

    done = cli("ingest", path, "--since", "2026-10-02", "--until", "2026-10-03", "--json")

    assert [(4, 3)] == [(one["events"], one["outside"]) for one in done.json()]
    assert "3 events are not of that time" in done.err


def test_an_end_before_its_beginning_is_a_mistake_of_the_command_line(cli: Cli) -> None:
    done = cli("ingest", cli.log(combined(NOON, 3)), "--since", "2026-10-02", "--until", "2026-10-01")

    assert done.code == 2

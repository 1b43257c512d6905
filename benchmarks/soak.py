"""A soak: eight hours of trouble in twenty minutes. `python benchmarks/soak.py [--minutes 20] [--sqlite]`.

A web server writes 5,000 lines a second and rotates its log each minute; `keywatch run` reads it and is killed with
SIGKILL every 30 seconds; twice for 15 seconds the disk of the workspace is full (as root: a tmpfs that is filled to its
last byte; else no file may grow beyond 4 KB); the PostgreSQL that holds the state dies at once twice and is away for
five seconds (not with --sqlite). Now and then an address guesses keys. In the end every line is an event or a reject,
exactly once; every guesser and every incident was told of, and every delivery was sent; nothing lags; memory is flat;
SIGTERM ends it with 0 within ten seconds. One JSON line says so, and a run of 20 minutes writes its part of RESULTS.md;
exit code 1 when something is not as it should be.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that both `-m benchmarks.x` and a path work

from benchmarks.results import write_section
from benchmarks.soaking import GUESSES, Database, Disk, Target, Worker, Writer, told
from keywatch.new_workspace import make

RESULTS = Path(__file__).with_name("RESULTS.md")
KILLED, ROTATED, FULL, AWAY = 30.0, 60.0, 15.0, 5.0
"""Seconds: between kills, between rotations, of a full disk, of a database that is away."""
SMALL = 4 << 10
"""Bytes that a file may have while the disk is full, where it cannot be filled: less than a segment."""
ROOM = 256
"""Megabytes of the disk that is filled: thirty times what twenty minutes take."""
WHOLE = 20.0
"""Minutes of a soak that counts."""
PATIENCE = 240.0
"""Seconds in which all has to be read and told, after the last trouble: an alert is due within 90."""
ALONE = 15
"""Guessers: from twenty networks within half an hour on they would be one cluster, and told as one."""
FLAT = 1.3
"""The median memory of the last third of the processes, compared with that of the first third."""
CONFIG = """
[store]
state = "{state}"
lease = "5s"

[secrets]
pepper = "file:keywatch.pepper"

[[sources]]
name = "edge"
path = "{logs}/access.log*"

[[alerts.targets]]
name = "hook"
url  = "{url}"

[[alerts.routes]]
when = {{ severity = "medium" }}
to   = ["hook"]

[alerts]
group_wait = "0s"
update = "10s"
storm = 1000
"""


def main() -> int:
    """Run it; 1 when a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--rate", type=int, default=5000, help="lines a second")
    parser.add_argument("--sqlite", action="store_true", help="the state on SQLite: no database dies")
    parser.add_argument("--results", type=Path, help="write there, also what is shorter than 20 minutes")
    parser.add_argument("--keep", type=Path, help="work in this new folder, and leave it")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        found = soak(asked.keep or Path(temporary), asked.minutes * 60, asked.rate, is_sqlite=asked.sqlite)
    sys.stdout.write(json.dumps(found) + "\n")
    if asked.results or asked.minutes >= WHOLE:
        write_section(asked.results or RESULTS, "soak", section(found))
    return int(bool(found["broken"]))


def soak(folder: Path, seconds: float, rate: int, *, is_sqlite: bool) -> dict[str, Any]:
    """All of it; what was done, what came of it, and which promises were broken."""
    folder.mkdir(exist_ok=True)
    root, logs = folder / "workspace", folder / "logs"
    disk = Disk(root, ROOM)
    make(root)
    logs.mkdir()
    target, database = Target(), None if is_sqlite else Database(folder)
    state = "sqlite:///keywatch.db" if database is None else database.url
    (root / "keywatch.toml").write_text(CONFIG.format(state=state, url=target.url, logs=logs))
    writer = Writer(logs / "access.log", rate, ROTATED)
    worker = Worker([*keywatch(root), "run", "--interval", "5s", "--log-format", "json"], folder / "run.log")
    writer.start()
    try:
        guessers = trouble(seconds, writer, worker, database, disk)
        took = settled(writer, worker, target, guessers)
        writer.end()
        drained = caught_up(root, writer, worker)
        worker.measure()
        code, ended = worker.end()
        ends = (took, drained, code, ended)
        said = (folder / "run.log").read_text()
        return judged(root, writer, worker, target, guessers=guessers, ends=ends) | {
            "minutes": round(seconds / 60, 1),
            "rate": rate,
            "state": "sqlite" if is_sqlite else "postgresql",
            "the disk was": "filled" if disk.is_own else "limited",
            "times it said that the disk is full": said.count("No space left") + said.count("File too large"),
            "times it said that the state is away": said.count("cannot be opened")
            + said.count("cannot be written: con"),
        }
    finally:
        worker.process.kill()
        target.close()
        if database is not None:
            database.stop()
        disk.close()


def trouble(seconds: float, writer: Writer, worker: Worker, database: Database | None, disk: Disk) -> list[str]:
    """What is done to it, in its time; returns the addresses that guessed."""
    began = time.monotonic()
    guessers: list[str] = []
    every = max(20.0, seconds / ALONE)
    full = [0.2 * seconds, 0.6 * seconds]
    away = [0.4 * seconds, 0.8 * seconds] if database is not None else []
    guessing, killing, freed = 5.0, KILLED, None
    while (now := time.monotonic() - began) < seconds:
        if now >= guessing:
            guessers.append(f"198.{18 + len(guessers) % 2}.{len(guessers) + 1}.9")  # a network each
            writer.attack(guessers[-1])
            guessing += every
        if full and now >= full[0]:
            with told("the disk is full"):
                no_room(worker, disk)
            full.pop(0)
            freed = now + FULL
        if freed is not None and now >= freed:
            with told("the disk has room"):
                disk.make_room()
                worker.limit(None)
            freed = None
        if now >= killing:
            with told(f"killed; {writer.lines:,} lines so far"):
                worker.kill()
            killing += KILLED
        if database is not None and away and now >= away[0]:
            away.pop(0)
            with told("the database dies"):
                database.stop(3)  # SIGQUIT
                time.sleep(AWAY)
                database.start()
        worker.look()
        if freed is not None:
            no_room(worker, disk)
        time.sleep(0.2)
    disk.make_room()
    worker.limit(None)
    return guessers


def no_room(worker: Worker, disk: Disk) -> None:
    """Nothing can be written any more, nor in the room that the worker frees."""
    if disk.is_own:
        disk.fill()
    else:
        worker.limit(SMALL)


def settled(writer: Writer, worker: Worker, target: Target, guessers: list[str]) -> float:
    """Wait until every guesser was told of while the log goes on, a tenth as fast; seconds that it took."""
    writer.rate = max(1, writer.rate // 10)
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE and not_told(target, guessers):
        worker.look()
        time.sleep(2)
    return time.monotonic() - began


def not_told(target: Target, guessers: list[str]) -> list[str]:
    """The guessers that no message names."""
    return [one for one in guessers if not target.heard_of(one)]


def caught_up(root: Path, writer: Writer, worker: Worker) -> float:
    """Wait until every line is counted; seconds that it took."""
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE:
        if metric(root, "keywatch_source_lines_total") >= writer.lines and not metric(root, "keywatch_outbox_pending"):
            break
        worker.look()
        time.sleep(1)
    return time.monotonic() - began


def judged(
    root: Path,
    writer: Writer,
    worker: Worker,
    target: Target,
    *,
    guessers: list[str],
    ends: tuple[float, float, int, float],
) -> dict[str, Any]:
    """The figures, and the promises that were broken."""
    took, drained, code, ended = ends
    read, events, rejects = (metric(root, f"keywatch_source_{name}_total") for name in ("lines", "events", "rejected"))
    kept = metric(root, "keywatch_store_events")
    third = max(1, len(worker.memory) // 3)
    first, last = (statistics.median(part) for part in (worker.memory[:third], worker.memory[-third:]))
    unheard = not_told(target, guessers)
    waiting, dead = metric(root, "keywatch_outbox_pending"), metric(root, "keywatch_outbox_dead")
    incidents = json.loads(ask(root, "incidents", "--json"))
    untold = [
        one["id"]
        for one in incidents
        if one["severity"] in {"medium", "high", "critical"} and not target.heard_of(one["id"])
    ]
    keys = [json.loads(text)["idempotency_key"] for text in target.got]
    promises = {
        "lines are events or rejects": (writer.lines, writer.lines) == (read, events + rejects),
        "broken lines are rejects": rejects == writer.broken,
        "each event is stored once": kept == events,
        "no byte was lost": metric(root, "keywatch_source_bytes_lost_total") == 0,
        "every guesser was told of": not unheard,
        "every incident was told of": not untold,
        "it never ends by itself": not worker.own_ends,
        "every delivery was sent": (waiting, dead) == (0, 0),
        "nothing lags": metric(root, "keywatch_source_lag_bytes") == 0,
        "memory is flat": last <= FLAT * first,
        "SIGTERM ends it within ten seconds with 0": code == 0 and ended < 10,
        "nothing is missing in the store": "error" not in ask(root, "store", "status", "--json"),
    }
    return {
        "lines": writer.lines,
        "events": int(events),
        "rejects": int(rejects),
        "rotations": writer.rotations,
        "starts": worker.starts,
        "ended by itself": worker.own_ends,
        "guessers": len(guessers),
        "guesses": GUESSES,
        "incidents": len(incidents),
        "messages": len(target.got),
        "messages sent twice": len(keys) - len(set(keys)),
        "megabytes at first": round(first / 1e6),
        "megabytes at last": round(last / 1e6),
        "seconds until all was told": round(took, 1),
        "seconds until all was read": round(drained, 1),
        "seconds from SIGTERM": round(ended, 1),
        "unheard": unheard,
        "untold": untold,
        "broken": [name for name, kept in promises.items() if not kept],
    }


def section(found: dict[str, Any]) -> str:
    """What RESULTS.md has of it."""
    broken = ", ".join(found["broken"]) or "none"
    head = (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores for the writer, the database and keywatch together."
        " `python benchmarks/soak.py`: a log with a rotation each minute, SIGKILL each 30 s, twice a full disk for"
        " 15 s, twice a database that dies and is away for 5 s, and an address that guesses now and then."
    )
    rows = [
        f"| {name} | {value:,} |" if isinstance(value, (int, float)) else f"| {name} | {value} |"
        for name, value in found.items()
        if name not in {"broken", "unheard", "untold"}
    ]
    return "\n".join(
        [
            f"## A soak of {found['minutes']:g} minutes",
            "",
            head,
            "",
            f"Promises that were broken: {broken}.",
            "",
            "| | |",
            "|---|---:|",
            *rows,
        ]
    )


def keywatch(root: Path) -> list[str]:
    """The program on a workspace."""
    return [sys.executable, "-m", "keywatch", "-c", str(root / "keywatch.toml")]


def ask(root: Path, *words: str) -> str:
    """What a command prints."""
    return subprocess.run([*keywatch(root), *words], check=True, capture_output=True, text=True).stdout


def metric(root: Path, name: str) -> float:
    """The sum of a metric's samples; 0 where it has none."""
    lines = ask(root, "metrics").splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.partition("{")[0].partition(" ")[0] == name)


if __name__ == "__main__":
    sys.exit(main())

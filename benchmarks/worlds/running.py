"""Run the real program on a world: init, keys import, ingest, detect, findings. Nothing of it is imported."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from benchmarks.worlds.scoring import Found, read_finding
from benchmarks.worlds.writing import COMBINED_FORMAT

_PROGRAM: Final = (sys.executable, "-m", "keywatch")
_SOURCE: Final = """
[[sources]]
name = "edge"
path = "{path}"
{form}
key = {{ field = "http_x_api_token" }}
"""


_EVENT: Final = """
[[calendar]]
name = "{kind}"
since = {start}
until = {end}
when = {{ key = {keys} }}
"""


class Failed(Exception):
    """The program ended with an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a run gave."""

    findings: list[Found]
    """Muted ones left out: nobody is told of them."""
    seconds: float
    """Of all `detect` together."""


def read_world(folder: Path) -> dict[str, Any]:
    """What truth.json says about the world, with `start` and `end` as moments."""
    about = json.loads((folder / "truth.json").read_text(encoding="utf-8"))["world"]
    return about | {name: datetime.fromisoformat(about[name]) for name in ("start", "end")}


def run(folder: Path, workspace: Path, *, live: timedelta | None = None, again: bool = True) -> Ran:
    """Judge a world with the program in a fresh workspace: all at once, or in steps of `live`; raises Failed.

    Without `again` only the findings of a workspace that is there are read.
    """
    call = Caller(workspace)
    if again:
        _judge(folder, workspace, call, live)
    return Ran(
        findings=[read_finding(row) for row in json.loads(call("findings", "--json")) if row["status"] != "muted"],
        seconds=call.seconds,
    )


def _judge(folder: Path, workspace: Path, call: "Caller", live: timedelta | None) -> None:
    log, about = prepare(folder, workspace), read_world(folder)
    if live is None:
        log.symlink_to((folder / "access.log").resolve())
        call("ingest", "--json")
        call("detect", "--until", about["end"].isoformat())
    else:
        _live(call, folder, log, about, live)


def prepare(folder: Path, workspace: Path) -> Path:
    """A fresh workspace that knows the world's keys; returns the log that its source reads, which is not there yet."""
    call = Caller(workspace)
    shutil.rmtree(workspace, ignore_errors=True)
    keywatch("init", str(workspace))
    log = workspace / "source" / "access.log"
    log.parent.mkdir()
    with (folder / "access.log").open(encoding="utf-8") as file, (workspace / "keywatch.toml").open("a") as config:
        form = 'format = "nginx-json"' if file.read(1) == "{" else f"log_format = '{COMBINED_FORMAT}'"
        config.write(_SOURCE.format(path=log.resolve().parent / log.name, form=form))
    _announce(folder, workspace / "keywatch.toml", call)
    call("keys", "import", str(folder / "keys.csv"), "--hash-keys")
    return log


def _announce(folder: Path, config: Path, call: "Caller") -> None:
    """Put what is announced (load tests) into the config's calendar, if this version of the program has one."""
    before = config.read_text(encoding="utf-8")
    odd = json.loads((folder / "nuisance.json").read_text(encoding="utf-8"))
    events = "".join(_EVENT.format(**row, keys=json.dumps(row["key_ids"])) for row in odd if row["kind"] == "load-test")
    config.write_text(before + events, encoding="utf-8")
    try:
        call("config", "check")
    except Failed:
        config.write_text(before, encoding="utf-8")


def _live(call: "Caller", folder: Path, log: Path, about: dict[str, Any], step: timedelta) -> None:
    """Append what arrived, ingest it, detect as of then."""
    arrivals = Arrivals(folder, log, about["start"])
    now = about["start"]
    while now < about["end"]:
        now = min(about["end"], now + step)
        arrivals.until(now)
        call("ingest", "--json")
        call("detect", "--until", now.isoformat())


class Arrivals:
    """A world's log as it grows."""

    def __init__(self, folder: Path, log: Path, start: datetime) -> None:
        self._whole, self._log, self._start, self._at = folder / "access.log", log, start, 0
        self._begins: list[int] = json.loads((folder / "arrivals.json").read_text(encoding="utf-8"))

    def until(self, now: datetime) -> None:
        """Append what arrived before `now`; at the end of the world what is still on its way as well."""
        minute = (now - self._start) // timedelta(minutes=1)
        upto = self._begins[minute] if minute < len(self._begins) - 2 else self._begins[-1]
        with self._whole.open("rb") as whole, self._log.open("ab") as growing:
            whole.seek(self._at)
            growing.write(whole.read(upto - self._at))
        self._at = upto


class Caller:
    """Calls the program on one workspace, and adds up the time of `detect`."""

    def __init__(self, workspace: Path) -> None:
        self._config = str(workspace / "keywatch.toml")
        self.seconds = 0.0

    def __call__(self, *arguments: str) -> str:
        """Its standard output; raises Failed."""
        before = os.times()
        output = keywatch("-c", self._config, *arguments)
        if arguments[0] == "detect":
            self.seconds += os.times().elapsed - before.elapsed
        return output


def keywatch(*arguments: str) -> str:
    """Run the program; raises Failed with what it said."""
    done = subprocess.run([*_PROGRAM, *arguments], capture_output=True, text=True, check=False)
    if done.returncode not in {0, 5}:
        msg = f"keywatch {' '.join(arguments)} ended with {done.returncode}:\n{done.stderr[-2_000:]}"
        raise Failed(msg)
    return done.stdout

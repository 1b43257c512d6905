"""The command line in this process, a workspace to run it in, and logs to feed it."""

import json
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from keywatch.__main__ import _run

NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)
UNTIL = "2026-10-01T13:00:00Z"
"""The clock of `detect`: an hour after noon."""
GUESSER = "203.0.113.66"
GOOD = "kw_live_3f9a77c1d2e4b5a69788"
GUESSES = [f"kw_guess_{number:04d}_5b1f0c" for number in range(40)]

SOURCE = """
[[sources]]
name = "edge"
path = "access.log"
"""
ATTACKED = (
    SOURCE
    + """
[[alerts.targets]]
name = "file"
url  = "jsonl:alerts.jsonl"

[[alerts.routes]]
when = { severity = "high" }
to   = ["file"]
"""
)
"""The config of the workspace that an attack was found in."""

BEGUN = datetime(2026, 9, 1, tzinfo=UTC)
SPIKE = BEGUN + timedelta(days=30, hours=10)
JUDGED = SPIKE - timedelta(days=1)
"""From here on the workspace with spikes is judged,"""
ENDED = SPIKE + timedelta(hours=4)
"""and until then."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a command did."""

    code: int
    out: str
    err: str

    def json(self) -> Any:  # noqa: ANN401 (whatever the command printed)
        """All of stdout as one JSON document: anything else on it fails here."""
        return json.loads(self.out)


@dataclass(slots=True)
class Cli:
    """`keywatch -c <root>/keywatch.toml …`."""

    root: Path
    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch

    @property
    def config(self) -> Path:
        return self.root / "keywatch.toml"

    def __call__(self, *arguments: str | Path) -> Done:
        return self.bare("-c", self.config, *arguments)

    def bare(self, *arguments: str | Path) -> Done:
        """`keywatch …` without naming the config."""
        self.monkeypatch.setattr(sys, "argv", ["keywatch", *map(str, arguments)])
        self.capsys.readouterr()
        code = _run()
        said = self.capsys.readouterr()
        return Done(code, said.out, said.err)

    def configure(self, text: str) -> None:
        """Replace the config file."""
        self.config.write_text(text, encoding="utf-8")

    def log(self, lines: Iterable[str], name: str = "access.log") -> Path:
        """Write a log beside the config."""
        path = self.root / name
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return path


def line(at: datetime, status: int = 200, *, token: str = "", ip: str = "198.51.100.7", uri: str = "/v1/pets") -> str:
    """A line of nginx's JSON log."""
    row = {
        "time_iso8601": at.isoformat(),
        "remote_addr": ip,
        "request_method": "GET",
        "request_uri": uri,
        "status": status,
        "body_bytes_sent": 100,
        "http_user_agent": "curl/8.4.0",
        "http_x_api_token": token,
    }
    return json.dumps(row)


def combined(at: datetime, count: int) -> list[str]:
    """Lines of the combined format: no field for a key."""
    stamp = f"{at:%d/%b/%Y:%H:%M:%S +0000}"
    return [f'198.51.100.{n % 250} - - [{stamp}] "GET /pets/{n} HTTP/1.1" 200 512 "-" "curl/8"' for n in range(count)]


def attack() -> list[str]:
    """Ten good requests a minute for half an hour, then forty guesses from one address within a minute."""
    good = [line(NOON + timedelta(seconds=6 * n), token=GOOD) for n in range(300)]
    begun = NOON + timedelta(minutes=30)
    guessed = [line(begun + timedelta(seconds=n), 401, token=t, ip=GUESSER) for n, t in enumerate(GUESSES)]
    return good + guessed


def spikes() -> list[str]:
    """Three keys with twenty calls an hour for thirty days.

    Then one has ten times as many for two hours, one three and a half times, and one falls silent.
    """
    hours = [BEGUN + timedelta(hours=n) for n in range((ENDED - BEGUN) // timedelta(hours=1))]
    calls = {
        "kw_live_a1b2c3d4e5f6": {SPIKE: 200, SPIKE + timedelta(hours=1): 200},
        "kw_live_f6e5d4c3b2a1": {SPIKE - timedelta(hours=6): 70, SPIKE - timedelta(hours=5): 70},
        "kw_live_0f1e2d3c4b5a": {hour: 0 for hour in hours if hour >= SPIKE - timedelta(hours=18)},
    }
    return [
        line(hour + timedelta(seconds=n * 3600 // count), token=token)
        for token, others in calls.items()
        for hour in hours
        for count in (others.get(hour, 20),)
        for n in range(count)
    ]


def copied(template: Path, folder: Path) -> Path:
    """A workspace of one's own, like the template."""
    shutil.copytree(template, folder)
    return folder

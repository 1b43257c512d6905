"""From a burst to its alert at the target: `keywatch run` on a log that grows, real clocks, a file as the target.

Each burst is 60 refused calls with a key of its own within two seconds, at a random moment of the program's interval;
what is measured is the time from its last line to the alert that names the key.
"""

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TextIO

from benchmarks.measure import ROOT, Failed, run

_CONFIG: Final = """
[[sources]]
name = "edge"
path = "{log}"
key = {{ field = "http_x_api_token" }}
[[alerts.targets]]
name = "file"
url = "jsonl:{target}"
[[alerts.routes]]
when = {{ severity = "high" }}
to = ["file"]
"""
_LONGEST: Final = 300.0
"""Seconds after which an alert counts as lost."""


def measure(folder: Path, *, bursts: int, interval: int, seed: int = 1) -> list[float]:
    """Seconds from each burst to its alert; infinity for one that never came. Raises Failed when `run` ends early."""
    config, log, target = _workspace(folder, bursts)
    rng = random.Random(seed)
    with log.open("a", encoding="utf-8") as file, _running(config, interval) as process:
        _ordinary(file, seconds=interval * 2)
        return [_one(n, file, target, process) for n in range(bursts) if _pause(file, rng.uniform(0, interval))]


def _workspace(folder: Path, bursts: int) -> tuple[Path, Path, Path]:
    program = [sys.executable, "-m", "keywatch"]
    run([*program, "init", str(folder)])
    config, log, target = folder / "keywatch.toml", folder / "access.log", folder / "alerts.jsonl"
    with config.open("a", encoding="utf-8") as file:
        file.write(_CONFIG.format(log=log, target=target))
    made = (datetime.now(UTC) - timedelta(days=30)).isoformat()
    rows = "\n".join(f"k{n},customer-{n},active,{made},{_secret(n)}" for n in range(bursts + 1))
    (folder / "keys.csv").write_text(f"key_id,name,status,created_at,secret\n{rows}\n", encoding="utf-8")
    run([*program, "-c", str(config), "keys", "import", str(folder / "keys.csv"), "--hash-keys"])
    log.touch()
    return config, log, target


@contextmanager
def _running(config: Path, interval: int) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "keywatch", "-c", str(config), "run", "--interval", f"{interval}s"]
    with (config.parent / "run.log").open("wb") as told:
        process = subprocess.Popen(command, cwd=ROOT, stdout=told, stderr=told)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(60)


def _one(n: int, file: TextIO, target: Path, process: subprocess.Popen[bytes]) -> float:
    for _ in range(60):
        _line(file, f"198.18.{n + 1}.9", _secret(n), 401)  # of one network they would be one incident
        time.sleep(0.03)
    done = time.monotonic()
    while time.monotonic() - done < _LONGEST:
        if process.poll() is not None:
            msg = f"keywatch run ended with {process.returncode}."
            raise Failed(msg)
        if target.exists() and any(f"customer-{n}" in line for line in target.read_text().splitlines()):
            return time.monotonic() - done
        _ordinary(file, seconds=1)
    return float("inf")


def _pause(file: TextIO, seconds: float) -> bool:
    _ordinary(file, seconds=seconds)
    return True


def _ordinary(file: TextIO, seconds: float) -> None:
    """A few ordinary calls a second with the last key."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        _line(file, "198.51.100.7", _secret(10**6), 200)
        time.sleep(min(0.25, max(0.01, until - time.monotonic())))


def _line(file: TextIO, ip: str, secret: str, status: int) -> None:
    row = {"time_iso8601": datetime.now(UTC).isoformat(timespec="seconds"), "remote_addr": ip, "request_method": "GET"}
    row |= {"request_uri": "/v1/agents/7", "host": "api.example.com", "status": str(status), "body_bytes_sent": "100"}
    row |= {"request_time": "0.010", "http_user_agent": "curl/8.9.1", "http_x_api_token": secret}
    file.write(json.dumps(row) + "\n")
    file.flush()


def _secret(n: int) -> str:
    return f"ac_live_{n:032d}"

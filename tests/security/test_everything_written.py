"""A thousand canaries through a whole life: nothing that is written, printed or shown holds one, or is for others.

One workspace, by the command line with a careless umask: ingest of every place in a line, keys with their secrets, an
attack, alerts, a report in all formats, a backup, and a service that a process list and a scraper look at.
"""

import io
import json
import os
import re
import socket
import stat
import subprocess
import sys
import threading
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from canaries import CANARIES, left, lines

from keywatch.__main__ import _run
from keywatch.new_workspace import make

TOKEN = "T0KENhook" + "9f3a7c51e2d8" * 2
"""What a target's URL and /metrics' token hold."""
INPUTS = {"access.log", "keys.csv", "hook.url", "metrics.token", "keywatch.pepper"}
CONFIG = """
[secrets]
prefixes = ["acme-"]
[run]
listen = "127.0.0.1:{port}"
metrics_token = "file:metrics.token"
[[sources]]
name = "edge"
path = "access.log"
[[alerts.targets]]
name = "file"
url  = "jsonl:alerts.jsonl"
[[alerts.targets]]
name = "hook"
url  = "file:hook.url"
[[alerts.routes]]
to = ["file", "hook"]
"""


@dataclass
class House:
    """A workspace, and all that its commands said."""

    root: Path
    said: list[bytes] = field(default_factory=list)

    def words(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "keywatch", "-c", str(self.root / "keywatch.toml"), *arguments]

    def __call__(self, *arguments: str, codes: tuple[int, ...] = (0,)) -> str:
        out, err = io.StringIO(), io.StringIO()
        careless = os.umask(0o022)
        try:
            with pytest.MonkeyPatch.context() as patched, redirect_stdout(out), redirect_stderr(err):
                patched.chdir(self.root)
                patched.setattr(sys, "argv", ["keywatch", *arguments])
                code = _run()
        finally:
            os.umask(careless)
        assert code in codes, err.getvalue()[-2000:]
        self.said += [out.getvalue().encode(), err.getvalue().encode()]
        return out.getvalue()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    root = tmp_path_factory.mktemp("life") / "workspace"
    make(root)
    lived = House(root)
    (root / "keywatch.toml").write_text(CONFIG.format(port=0))
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    (root / "access.log").write_text("".join(f"{one}\n" for one in lines()).replace("2026-10-01T09:00:30Z", now))
    keys = [f"k{n},key {n},production,Payments,active,2026-09-01,{secret}" for n, secret in enumerate(CANARIES[::20])]
    (root / "keys.csv").write_text("key_id,name,environment,owner,status,created_at,secret\n" + "\n".join(keys) + "\n")
    for name, text in (("hook.url", f"https://127.0.0.1:9/{TOKEN}"), ("metrics.token", TOKEN)):
        (root / name).write_text(text)
        (root / name).chmod(0o600)
    lived("keys", "import", "keys.csv", "--hash-keys")
    lived("ingest", "--json", codes=(0, 5))
    lived("detect", "--json")
    lived("alerts", "deliver", codes=(0, 5))
    lived("report", "render", "--period", "last-7d", "-o", "report", codes=(0, 3))
    lived("store", "backup", "copy")
    lived("store", "compact")
    for words in (("usage",), ("usage", "--by", "route"), ("findings",), ("incidents",), ("alerts", "list")):
        lived(*words, "--json")
    for words in (("keys", "list"), ("store", "status"), ("keys", "show", "k1")):
        lived(*words, "--json")
    lived("config", "show")
    lived("doctor", codes=(0, 1))
    lived("metrics")
    return lived


@dataclass
class Watched:
    """What a process list, a scraper and a log store see of the service."""

    seen: bytes
    metrics: str


@pytest.fixture(scope="module")
def service(house: House) -> Watched:
    """`keywatch run`, with no secret in its environment; looked at while it runs."""
    port = _free_port()
    (house.root / "keywatch.toml").write_text(CONFIG.format(port=port))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KEYWATCH_")}
    running = subprocess.Popen(
        house.words("run", "--log-format", "json"), cwd=house.root, env=environment, stderr=subprocess.PIPE
    )
    assert running.stderr is not None
    timer = threading.Timer(60, running.kill)
    timer.start()
    try:
        first = running.stderr.readline()
        process = Path(f"/proc/{running.pid}")
        shown = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        asked = urllib.request.Request(f"http://127.0.0.1:{port}/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        with urllib.request.urlopen(asked, timeout=20) as answer:
            metrics = answer.read().decode()
    finally:
        running.terminate()
        rest = running.communicate(timeout=30)[1]
        timer.cancel()
    assert b'"event"' in first
    return Watched(first + rest + shown + metrics.encode(), metrics)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def written(root: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file that we wrote, with what is packed in it unpacked."""
    with duckdb.connect(":memory:") as duck:
        for path in root.rglob("*"):
            if not path.is_file() or path.name in INPUTS:
                continue
            yield path, path.read_bytes()
            if path.suffix == ".parquet":
                held = duck.execute(f"SELECT list(DISTINCT CAST(COLUMNS(*) AS VARCHAR)) FROM read_parquet('{path}')")
                yield path, str(held.fetchall()).encode()
            if zipfile.is_zipfile(path):
                with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as packed:
                    yield from ((path, packed.read(name)) for name in packed.namelist())


def test_the_whole_life_was_lived(house: House) -> None:
    names = {path.name for path, _ in written(house.root)}

    assert {"alerts.jsonl", "keywatch.db", "manifest.json"} <= names
    assert any(name.endswith(".parquet") for name in names)
    assert len(CANARIES) > 1000
    assert left((house.root / "access.log").read_bytes()) == CANARIES
    assert json.loads(house("findings", "--json"))


def test_no_canary_is_in_any_file(house: House, service: Watched) -> None:
    del service
    assert [] == [(path, canary) for path, data in written(house.root) for canary in left(data)]


def test_no_canary_is_in_anything_that_was_said(house: House) -> None:
    assert [] == left(b"\n".join(house.said))


def test_no_secret_of_the_config_is_in_any_file_or_anything_that_was_said(house: House, service: Watched) -> None:
    pepper = (house.root / "keywatch.pepper").read_text().strip().rpartition(":")[2].encode()
    told = [*house.said, service.seen, *(data for _, data in written(house.root))]

    for secret in (TOKEN.encode(), pepper, bytes.fromhex(pepper.decode())):
        assert not any(secret in text for text in told)


def test_no_canary_is_in_the_process_list_the_log_or_the_metrics(service: Watched) -> None:
    assert [] == left(service.seen)
    assert "keywatch_source_lines_total" in service.metrics


def test_no_key_address_or_owner_is_a_label(service: Watched) -> None:
    values = re.findall(r'="([^"]*)"', service.metrics)

    assert {"edge", "file", "hook"} <= set(values)
    assert not any(re.search(r"\d+\.\d+\.\d+\.\d+|^k\d+$|^fp:|^id:|Payments", value) for value in values)


def test_all_that_was_written_is_for_its_owner_alone(house: House, service: Watched) -> None:
    """With a umask that would let everybody read; what was there before keeps the mode that it had."""
    del service
    loose = {
        (str(path.relative_to(house.root)), oct(stat.S_IMODE(path.stat().st_mode)))
        for path in (house.root, *house.root.rglob("*"))
        if path.name not in INPUTS and path.name != "keywatch.toml" and path.stat().st_mode & 0o077
    }

    assert set() == loose

"""How long readers wait, and what they cost: `python benchmarks/dashboard.py`; writes its part of RESULTS.md.

Real Chromium against the real server, over a store that is filled first, with sessions open and ingest running. The
targets, for 95 % of the cases, at 10 million events and 5,000 keys: the first figures of a page after 1.5 s, what a
click asks for after 0.7 s, under 20 MB an idle session; twice the times at 100 million events.
"""

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from statistics import linear_regression, median, quantiles
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from playwright.sync_api import BrowserContext, Page

from benchmarks.browsing import CHROMIUM, Reader, browser, paint, rest
from benchmarks.measure import ROOT, run
from benchmarks.results import write_section

_PAGES: Final = ("/", "/keys", "/key?key={key}", "/explore", "/incidents")
"""What the open sessions show, in turn."""
_SECTION: Final = "dashboard"
_CLICKS: Final = ("a page of the menu", "a filter", "another time window")
_NOTHING: Final = "an empty page of Streamlit's"
_BARE: Final = ("streamlit", "run", str(ROOT / "benchmarks" / "bare.py"), "--server.headless", "true", "--server.port")


@dataclass(slots=True)
class Measured:
    """Seconds of each case, and memory in MB of 1,000,000 bytes."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    session_mb: float = 0
    clicks: int = 0
    slope_mb: float = 0
    """By which the server grew in 100 clicks, over the later half of them."""
    held_mb: list[float] = field(default_factory=list)
    """At the end of each tenth of the clicks."""
    clicking: float = 0
    """Seconds that all clicks took."""
    peak_mb: float = 0
    cpu_seconds: float = 0

    def add(self, what: str, seconds: float) -> None:
        """One more case."""
        self.seconds.setdefault(what, []).append(seconds)


def main() -> None:
    """Fill, serve, look and click; then tell."""
    given = _arguments()
    if not CHROMIUM.exists():
        msg = "Debian's Chromium is not installed, so nothing is measured."
        raise SystemExit(msg)
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        workspace = Path(folder) / "workspace"
        if given.store is None:
            end = datetime.now(UTC).replace(second=0, microsecond=0).isoformat()
            filling = [sys.executable, str(ROOT / "benchmarks" / "filling.py"), str(workspace), end]
            run([*filling, "--events", str(given.events), "--keys", str(given.keys), "--compacted"])
        else:
            shutil.copytree(given.store, workspace, copy_function=_same)
        with (
            _feeding(workspace, given.keys),
            _served(_dashboard(workspace)) as (server, url),
            _served(_BARE, "_stcore/health") as (_, bare),
        ):
            measured = _measure(server, url, bare, given)
    text = _told(measured, given)
    print(text)
    write_section(given.results, _SECTION if given.events < 50_000_000 else f"{_SECTION}-large", text)


def _same(source: str, to: str) -> str:
    """Segments never change, so they are shared with the store that was given; everything else is copied."""
    if source.endswith(".parquet"):
        os.link(source, to)
        return to
    return str(shutil.copy2(source, to))


def _measure(server: int, url: str, bare: str, given: argparse.Namespace) -> Measured:
    measured = Measured()
    keys = cycle(f"key_{n:05d}" for n in range(0, given.keys, max(1, given.keys // 97)))
    with browser() as context:
        for path in _PAGES:  # what every process does once is no session's
            _open(context, url + path.format(key=next(keys)))
        before = _memory(server)
        pages = cycle(_PAGES)
        open_ = [_open(context, url + next(pages).format(key=next(keys))) for _ in range(given.sessions)]
        rest(open_[0], given.idle)
        measured.session_mb = (_memory(server) - before) / given.sessions
        for _ in range(given.rounds):
            pages_ = ("overview", url), ("a key's page", f"{url}/key?key={next(keys)}"), (_NOTHING, bare)
            for what, address in pages_:
                tab, painted, ended = paint(context, address)
                measured.add(f"first figures of {what}", painted)
                measured.add(f"all of {what}", ended)
                if what == _NOTHING:
                    measured.add(f"a click on {what}", Reader(tab).press("Again"))
                tab.close()
        _click(server, url, context, given, measured)
    measured.peak_mb, measured.cpu_seconds = _memory(server, "VmHWM"), _cpu(server)
    return measured


def _open(context: BrowserContext, url: str) -> Page:
    """Open a tab and wait until its page is drawn; not every page has figures."""
    page = context.new_page()
    page.goto(url)
    page.locator("[data-test-script-state=notRunning]").wait_for()
    rest(page, 1)
    return page


def _click(server: int, url: str, context: BrowserContext, given: argparse.Namespace, measured: Measured) -> None:
    """Rounds of seven clicks by one reader, and the server's memory after each."""
    begun = time.monotonic()
    tab, _, _ = paint(context, url + "/")
    reader, held = Reader(tab), []
    menu, narrowed, window = _CLICKS
    while measured.clicks < given.clicks or time.monotonic() - begun < given.minutes * 60:
        measured.add(menu, reader.go("Explore"))
        measured.add(narrowed, reader.filter())
        measured.add(window, reader.preset())
        measured.add(menu, reader.go("Keys"))
        measured.add(narrowed, reader.narrow(f"customer-0{measured.clicks % 10}"))
        measured.add(menu, reader.go("Overview"))
        measured.add(window, reader.preset())
        measured.clicks += 7
        held.append((measured.clicks, _memory(server)))
    measured.clicking = time.monotonic() - begun
    measured.held_mb = [held[len(held) * tenth // 10 - 1][1] for tenth in range(1, 11)] if len(held) > 9 else []
    later = held[len(held) // 2 :]
    if len(later) > 1:
        measured.slope_mb = linear_regression(*zip(*later, strict=True)).slope * 100


def _told(measured: Measured, given: argparse.Namespace) -> str:
    cores, load = len(os.sched_getaffinity(0)), os.getloadavg()[0]
    twice = given.events >= 50_000_000
    when = (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC on {cores} cores (load {load:.0f} at the end, the browser's included)"
    )
    lines = [
        f"## Dashboard: {given.events:,} events, {given.keys:,} keys",
        "",
        f"Measured {when}, with {given.sessions} sessions open and ingest of 100 lines a second running.",
        "",
        "| what | cases | median s | 95 % s | longest s | target s (95 %) |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    clicks = [seconds for what in _CLICKS for seconds in measured.seconds.get(what, ())]
    for what, those in {**measured.seconds, "any click": clicks}.items():
        wanted = None if _NOTHING in what or what.startswith("all") else 1.5 if what.startswith("first") else 0.7
        target = f"{wanted * (1 + twice):.1f}" if wanted else "-"
        lines.append(
            f"| {what} | {len(those)} | {median(those):.2f} | {_most(those):.2f} | {max(those):.2f} | {target} |"
        )
    held = f"{measured.session_mb:.1f} MB an idle session (target: under 20); {measured.slope_mb:+.1f} MB in 100 clicks"
    took = f"The server took {measured.cpu_seconds:.0f} s of processor time in all."
    lines.append(
        f"\nMemory: {held}, over the later half of {measured.clicks}; {measured.peak_mb:,.0f} MB at most. {took}"
    )
    if measured.held_mb:
        said = ", ".join(f"{mb:,.0f}" for mb in measured.held_mb)
        lines.append(f"After each tenth of the clicks, which took {measured.clicking / 60:.0f} min, it held {said} MB.")
    return "\n".join(lines)


def _most(those: Sequence[float]) -> float:
    """What 95 % of them are at most."""
    return quantiles(those, n=20, method="inclusive")[-1] if len(those) > 1 else those[0]


@contextmanager
def _feeding(workspace: Path, keys: int) -> Iterator[None]:
    words = [sys.executable, str(ROOT / "benchmarks" / "feeding.py"), str(workspace), "--keys", str(keys)]
    feed = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    try:
        yield
        if feed.poll() is not None:
            msg = "Ingest ended before its time."
            raise SystemExit(msg)
    finally:
        feed.kill()
        feed.wait()


def _dashboard(workspace: Path) -> Sequence[str]:
    return ("keywatch", "-c", str(workspace / "keywatch.toml"), "dashboard", "--headless", "--port")


@contextmanager
def _served(words: Sequence[str], ready: str = "readyz") -> Iterator[tuple[int, str]]:
    """The process id and the address of a server, whose words a free port is added to."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    whole = [sys.executable, "-m", *words, str(port)]
    server = subprocess.Popen(whole, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(f"{url}/{ready}")
        yield server.pid, url
    finally:
        server.terminate()
        server.wait(timeout=60)


def _wait(url: str) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def _memory(process: int, what: str = "VmRSS") -> float:
    """Resident memory of a process in MB."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith(what)).split()[1]) * 1024 / 1e6


def _cpu(process: int) -> float:
    """User and system time of a process in seconds."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--keys", type=int, default=5_000)
    parser.add_argument("--sessions", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=20, help="how often each page is opened")
    parser.add_argument("--clicks", type=int, default=210)
    parser.add_argument("--minutes", type=float, default=0, help="go on clicking until so many have passed")
    parser.add_argument("--idle", type=float, default=35, help="seconds that the sessions rest before memory is read")
    parser.add_argument("--folder", type=Path, help="where the store is made; 2 GB at 100 million events")
    parser.add_argument("--store", type=Path, help="a workspace of benchmarks/filling.py that is not written to; give"
                        " its --events and --keys, and a --folder on the same disk")  # fmt: skip
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "RESULTS.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()

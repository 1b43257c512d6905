"""How long readers wait, and what they cost: `python benchmarks/dashboard.py`; writes its part of RESULTS.md.

Real Chromium against the real server, over a store that is filled first and then attacked, with sessions open and
ingest running. The targets, for 95 % of the cases, at 10 million events and 5,000 keys: the first figures of a page
after 1.5 s, what a click asks for after 0.7 s, under 20 MB an idle session; twice the times at 100 million events. A
click is over when all that is in the window stands; what is below its edge is told beside.
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count, cycle
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from playwright.sync_api import BrowserContext, Page

from benchmarks import journey
from benchmarks.browsing import CHROMIUM, NEVER, Reader, browser, paint, rest
from benchmarks.measure import ROOT, run
from benchmarks.results import write_section
from benchmarks.serving import Server, bare, dashboard, feeding
from benchmarks.sitting import Held, Sitting
from benchmarks.waited import Waited

_PAGES: Final = ("/", "/keys", "/key?key={key}", "/explore", "/incidents")
"""What the open sessions show, in turn."""
_OVERVIEW: Final = "overview"
_KEY: Final = "a key's page"
_NOTHING: Final = "an empty page of Streamlit's"
_PRESSED: Final = f"a click on {_NOTHING}"
_PAINTED: Final = 1.5
_CLICKED: Final = 0.7
_LARGE: Final = 50_000_000
"""Events from which on everything may take twice as long."""


@dataclass(slots=True)
class Measured:
    """What came out."""

    incidents: int
    """That came of the attacks."""
    waited: Waited = field(default_factory=Waited)
    held: Held = field(default_factory=Held)
    session_mb: float = 0
    peak_mb: float = 0
    cpu_seconds: float = 0


def main() -> None:
    """Fill, attack, serve, look and click; then tell."""
    given = _arguments()
    if not CHROMIUM.exists():
        msg = "Debian's Chromium is not installed, so nothing is measured."
        raise SystemExit(msg)
    if given.folder is not None:
        given.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        workspace = Path(folder).resolve() / "workspace"
        measured = Measured(incidents=_prepare(workspace, given))
        with (
            feeding(workspace, given.keys),
            dashboard(workspace) as server,
            bare(ROOT / "benchmarks" / "bare.py", workspace.parent / "bare.log") as nothing,
        ):
            _measure(server, nothing, given, measured)
    text = _told(measured, given)
    print(text)
    write_section(given.results, _section(given), text)


def _prepare(workspace: Path, given: argparse.Namespace) -> int:
    """Make the workspace, or copy the one that was given, and attack it; returns how many incidents came of it."""
    size = ("--keys", str(given.keys))
    if given.store is None:
        end = datetime.now(UTC).replace(second=0, microsecond=0).isoformat()
        filling = [sys.executable, str(ROOT / "benchmarks" / "filling.py"), str(workspace), end]
        run([*filling, "--events", str(given.events), *size, "--compacted"])
    else:
        shutil.copytree(given.store, workspace, copy_function=_same)
    attacking = run([sys.executable, str(ROOT / "benchmarks" / "attacking.py"), str(workspace), *size])
    return int(attacking.output)


def _same(source: str, to: str) -> str:
    """Segments never change, so they are shared with the store that was given; everything else is copied."""
    if source.endswith(".parquet"):
        os.link(source, to)
        return to
    return str(shutil.copy2(source, to))


def _measure(server: Server, nothing: Server, given: argparse.Namespace, measured: Measured) -> None:
    numbers = cycle(range(0, given.keys, max(1, given.keys // 97)))
    with browser() as context:
        for path in _PAGES:  # what every process does once is no session's
            _open(context, server.url + path.format(key=_key(next(numbers))))
        before = server.memory()
        pages = cycle(_PAGES)
        paths = [next(pages).format(key=_key(next(numbers))) for _ in range(given.sessions)]
        open_ = [_open(context, server.url + path) for path in paths]
        rest(open_[0], given.idle)
        measured.session_mb = (server.memory() - before) / given.sessions
        for _ in range(given.rounds):
            _paint(context, _OVERVIEW, server, "/", measured.waited)
            _paint(context, _KEY, server, f"/key?key={_key(next(numbers))}", measured.waited)
            _paint(context, _NOTHING, nothing, "", measured.waited)
        sitting = Sitting(context, server, measured.waited)
        measured.held = sitting.held
        for turn in count():
            if turn >= given.turns and sitting.held.minutes >= given.minutes:
                break
            number = next(numbers)
            label = f"customer-{number:05d} · {_key(number)}"
            sitting.turn(journey.everyday(turn), journey.way(turn, measured.incidents), journey.explore(label))
    measured.peak_mb, measured.cpu_seconds = server.memory("VmHWM"), server.cpu()


def _key(number: int) -> str:
    return f"key_{number:05d}"


def _open(context: BrowserContext, url: str) -> Page:
    """Open a tab and wait until its page is drawn; not every page has figures."""
    page = context.new_page()
    page.goto(url)
    page.locator("[data-test-script-state=notRunning]").wait_for()
    rest(page, 1)
    return page


def _paint(context: BrowserContext, what: str, server: Server, path: str, waited: Waited) -> None:
    """Open it in a tab of its own; of the empty page click its button too."""
    page = context.new_page()
    try:
        painted, ended = paint(page, server.url + path)
        waited.add(f"first figures of {what}", painted)
        waited.add(f"all of {what}", ended)
        if what == _NOTHING:
            took = Reader(page).press("Again")
            waited.add(_PRESSED, took.sight, took.whole)
    except NEVER as why:
        waited.in_vain(f"first figures of {what}", why, page, server)
    page.close()


def _told(measured: Measured, given: argparse.Namespace) -> str:
    waited, held, times = measured.waited, measured.held, 2 if given.events >= _LARGE else 1
    cores, load = len(os.sched_getaffinity(0)), os.getloadavg()[0]
    when = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC on {cores} cores"
    beside = f"with {given.sessions} sessions open and ingest of 100 lines a second running"
    clicks = dict.fromkeys((*journey.EVERYDAY, *journey.EXPLORE), _CLICKED * times)
    way = dict.fromkeys(journey.WAY, _CLICKED * times)
    vain, again = waited.never.total(), waited.unheeded
    lines = [
        f"## Dashboard: {given.events:,} events, {given.keys:,} keys{_hour(given)}",
        "",
        f"Measured {when} (load {load:.0f} at the end, the browser's included), {beside}.",
        "",
        waited.table({**_painted(times), **clicks}),
        waited.sum_row("any click", [*clicks, *way], _CLICKED * times),
        "",
        "### The way from an incident to its requests",
        "",
        f"{measured.incidents} incidents stood, found by the detectors; promised is under a second a click.",
        "",
        waited.table(way),
        "",
        f"Of {held.clicks} clicks {vain} {'was' if vain == 1 else 'were'} not answered; {again} had to be made again.",
        "",
        _memory(measured),
    ]
    return "\n".join(lines)


def _painted(times: int) -> Mapping[str, float | None]:
    first = {f"first figures of {what}": _PAINTED * times for what in (_OVERVIEW, _KEY)}
    whole = {f"all of {what}": None for what in (_OVERVIEW, _KEY)}
    least = (f"first figures of {_NOTHING}", f"all of {_NOTHING}", _PRESSED)
    return {**first, **whole, **dict.fromkeys(least)}


def _memory(measured: Measured) -> str:
    held = measured.held
    session = f"Memory: {measured.session_mb:.1f} MB an idle session (target: under 20)"
    grew = "" if held.slope is None else f"; {held.slope:+.1f} MB in 100 clicks, over the later half of {held.clicks}"
    took = f"The server took {measured.cpu_seconds:.0f} s of processor time in all."
    whole = f"{session}{grew}; {measured.peak_mb:,.0f} MB at most. {took}"
    if not held.tenths:
        return whole
    said = ", ".join(f"{mb:,.0f}" for mb in held.tenths)
    return f"{whole}\nAfter each tenth of the clicks, which took {held.minutes:.0f} min, it held {said} MB."


def _section(given: argparse.Namespace) -> str:
    """The part of the results that is written: each kind of run has its own."""
    return "dashboard" + ("-large" if given.events >= _LARGE else "") + ("-hour" if given.minutes else "")


def _hour(given: argparse.Namespace) -> str:
    return f", {given.minutes:.0f} minutes of clicks" if given.minutes else ""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--keys", type=int, default=5_000)
    parser.add_argument("--sessions", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=20, help="how often each page is opened")
    parser.add_argument("--turns", type=int, default=24, help="how often the reader goes all ways; 40 incidents stand")
    parser.add_argument("--minutes", type=float, default=0, help="go on with turns until so many have passed")
    parser.add_argument("--idle", type=float, default=35, help="seconds that the sessions rest before memory is read")
    parser.add_argument("--folder", type=Path, help="where the store is made; 2 GB at 100 million events")
    parser.add_argument("--store", type=Path, help="a workspace of benchmarks/filling.py that is not written to; give"
                        " its --events and --keys, and a --folder on the same disk")  # fmt: skip
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "RESULTS.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()

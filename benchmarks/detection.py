"""How fast detection is: live cycles on a large store, backtest, burst to alert. `python benchmarks/detection.py`.

`--events 1000000 --bursts 3` is a quick run. Parts that the program does not have yet are left out and named.
"""

import argparse
import json
import math
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.measure import ROOT, Failed, Measured, run
from benchmarks.results import write_section

END: Final = datetime(2026, 10, 29, 12, tzinfo=UTC)
DAYS: Final = 28
LONG: Final = 90
"""Days of the store that is asked about one key."""
Row = tuple[str, str, str, str]
"""What, measured, peak MB, the promise."""


def main() -> int:
    """Measure the parts, write the table; returns the exit code."""
    given = _arguments()
    parts: dict[str, Callable[[Path, argparse.Namespace], list[Row]]] = {
        "cycle": _cycles,
        "usage": _usage,
        "backtest": _backtest,
        "guessing": _guessing,
        "latency": _latency,
    }
    rows: list[Row] = []
    if given.folder is not None:
        given.folder.mkdir(parents=True, exist_ok=True)
    for name in given.only or parts:
        with tempfile.TemporaryDirectory(dir=given.folder) as folder:
            try:
                rows += parts[name](Path(folder) / "workspace", given)
            except Failed as error:
                rows.append((name, "not measured", "-", str(error).splitlines()[-1][:80]))
                _say(str(error))
    text = _section(rows)
    print(text)
    write_section(given.results, "detection", text)
    return 0


def _cycles(folder: Path, given: argparse.Namespace) -> list[Row]:
    made = _filled(folder, given, DAYS, given.store)
    measured = _python("benchmarks/cycle.py", str(folder / "keywatch.toml"), END.isoformat(), "--keys", str(given.keys))
    told: dict[str, float] = json.loads(measured.output)
    first, *cycles, hour, day = told.values()
    peak, size = f"{measured.peak_mb:,.0f}", f"{given.events:,} events, {given.keys:,} keys, {DAYS} days"
    stored = sum(path.stat().st_size for path in (folder / "events").rglob("*.parquet")) / 1e6
    seen = ", ".join(f"{s:.2f}" for s in cycles)
    return [
        (f"live cycle, 500 touched keys ({size})", f"{median(cycles):.2f} s ({seen})", peak, "3 s, 1,000 MB"),
        ("first cycle of the next hour", f"{hour:.2f} s", peak, "15 s"),
        ("first cycle of the next day", f"{day:.2f} s", peak, "15 s"),
        ("first cycle of the process, one hour of history", f"{first:.2f} s", peak, "-"),
        ("making the store", f"{made:.0f} s" if made else "was there", "-", "-"),
        ("size of the store", f"{stored:,.0f} MB", "-", "3,000 MB"),
    ]


def _usage(folder: Path, given: argparse.Namespace) -> list[Row]:
    """`keywatch usage` of the busiest key and of one in the middle, over all days of the store."""
    days = DAYS if given.store and not given.long else LONG
    _filled(folder, given, days, given.long or given.store)
    rows = []
    for number in (0, given.keys // 2):
        call = ("usage", "--key", f"key_{number:05d}", "--since", f"{days}d", "--until", END.isoformat(), "--by", "day")
        runs = [_python("-m", "keywatch", "-c", str(folder / "keywatch.toml"), *call, "--json") for _ in range(3)]
        used = sum(row["requests"] for row in json.loads(runs[0].output))
        best = sorted(runs, key=lambda one: one.seconds)[1]
        what = f"`usage` of one key, {used:,} of {given.events:,} events, {days} days, the process's start included"
        told = f"{best.seconds:.2f} s ({best.cpu_seconds:.2f} s of CPU)"
        rows.append((what, told, f"{best.peak_mb:,.0f}", "1 s"))
    return rows


def _backtest(folder: Path, given: argparse.Namespace) -> list[Row]:
    events = min(given.events, 10_000_000)
    _store(folder, events, min(given.keys, 1_000))
    since = (END - timedelta(days=DAYS)).isoformat()
    call = ("-c", str(folder / "keywatch.toml"), "backtest", "--since", since, "--until", END.isoformat())
    measured = _python("-m", "keywatch", *call)
    what = f"backtest of {DAYS} days, {events:,} events"
    told = f"{measured.seconds:.1f} s ({measured.cpu_seconds:.1f} s of CPU)"
    return [(what, told, f"{measured.peak_mb:,.0f}", "60 s")]


def _guessing(folder: Path, given: argparse.Namespace) -> list[Row]:
    """The first detection over an hour in which every guess was another key."""
    _python("benchmarks/guessing.py", str(folder), END.isoformat(), "--guesses", str(given.guesses))
    measured = _python("-m", "keywatch", "-c", str(folder / "keywatch.toml"), "detect", "--until", END.isoformat())
    what = f"detection over an hour of {given.guesses:,} guesses, each another key, from 20,001 addresses"
    return [(what, f"{measured.seconds:.1f} s ({measured.cpu_seconds:.1f} s of CPU)", f"{measured.peak_mb:,.0f}", "-")]


def _latency(folder: Path, given: argparse.Namespace) -> list[Row]:
    from benchmarks.latency import measure

    seconds = sorted(measure(folder, bursts=given.bursts, interval=30))
    high = seconds[math.ceil(0.95 * len(seconds)) - 1]
    what = f"burst to delivered alert, `keywatch run`, {given.bursts} bursts"
    return [(what, f"p50 {median(seconds):.0f} s, p95 {high:.0f} s, most {seconds[-1]:.0f} s", "-", "p95 90 s")]


def _filled(folder: Path, given: argparse.Namespace, days: int, store: Path | None) -> float:
    """As `_store`, or a copy of the store that was given, which takes no time."""
    if store is None:
        return _store(folder, given.events, given.keys, days)
    shutil.copytree(store, folder, copy_function=_linked)
    return 0.0


def _linked(source: str, target: str) -> None:
    """Segments are never written again, so a link will do."""
    if source.endswith(".parquet"):
        os.link(source, target)
    else:
        shutil.copy2(source, target)


def _store(folder: Path, events: int, keys: int, days: int = DAYS) -> float:
    """A workspace with a full store; returns the seconds that making it took."""
    begun = time.perf_counter()
    size = ("--events", str(events), "--keys", str(keys), "--days", str(days))
    _python("benchmarks/filling.py", str(folder), END.isoformat(), *size)
    _say(f"{events:,} events in the store after {time.perf_counter() - begun:.0f} s")
    return time.perf_counter() - begun


def _python(*arguments: str) -> Measured:
    return run([sys.executable, *arguments])


def _section(rows: list[Row]) -> str:
    cores = len(os.sched_getaffinity(0))
    lines = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return (
        f"## Detection\n\nMeasured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC on {cores} cores ({platform.machine()}, "
        f"Python {platform.python_version()}), load {os.getloadavg()[0]:.1f} at the end.\n\n"
        f"| what | measured | peak MB | promised |\n|---|---|---:|---|\n{lines}\n"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure detection on a large store.")
    parser.add_argument("--events", type=int, default=100_000_000)
    parser.add_argument("--keys", type=int, default=10_000)
    parser.add_argument("--bursts", type=int, default=12)
    parser.add_argument("--guesses", type=int, default=1_000_000)
    parser.add_argument("--only", nargs="*", choices=["cycle", "usage", "backtest", "guessing", "latency"])
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "RESULTS.md")
    parser.add_argument("--folder", type=Path, help="where the store is made (3 GB for 100 million events)")
    parser.add_argument(
        "--store",
        type=Path,
        help=f"a workspace filled before, for cycle and usage (benchmarks/filling.py FOLDER {END.isoformat()} "
        "--events N --keys K); it stays as it is",
    )
    parser.add_argument("--long", type=Path, help=f"one filled with --days {LONG}, for usage")
    given = parser.parse_args()
    if given.store is not None:
        given.folder = given.folder or given.store.resolve().parent
    return given


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())

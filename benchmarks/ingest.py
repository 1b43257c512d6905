"""How fast a log becomes a store, beside two peers, in one run: `python benchmarks/ingest.py --lines 2000000`.

The repetitions go round (ours, GoAccess, DuckDB, ours, …), so that a slow minute of the machine hits all alike. Every
program's count of lines must be right, otherwise nothing is written.
"""

import argparse
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that both `-m benchmarks.x` and a path work

from benchmarks.contenders import CONTENDERS, Contender, Keywatch
from benchmarks.measure import ROOT, Failed, Measured, run
from benchmarks.results import Result, table, write_section

KINDS: Final = ("json", "combined")


def main() -> int:
    """Generate, measure, write; returns the exit code."""
    given = _arguments()
    versions = {c: c.version() for c in CONTENDERS if c.name.split()[0].lower() not in given.without}
    for contender in (c for c, found in versions.items() if found is None):
        _say(f"{contender.name} is not installed; it is left out.")
    present = [c for c, found in versions.items() if found is not None]
    try:
        with tempfile.TemporaryDirectory(dir=given.folder) as folder:
            results = [r for kind in KINDS for r in _measure(kind, present, Path(folder), given)]
    except Failed as error:
        _say(str(error))
        return 1
    named = ", ".join(f"{c.name} {versions[c]}" for c in present)
    text = _section(results, named, given)
    print(text)
    write_section(given.results, "ingest", text)
    return 0


def _measure(kind: str, present: Sequence[Contender], folder: Path, given: argparse.Namespace) -> list[Result]:
    """All repetitions of all programs on one generated file, which is removed again."""
    log, lines = folder / f"access.{kind}.log", given.lines
    _say(f"Generating {lines:,} lines of {kind} …")
    made = run(
        [sys.executable, str(ROOT / "benchmarks" / "generate.py"), str(log), "--lines", str(lines), "--format", kind]
    )
    expected = lines - int(made.output)
    runs: dict[Contender, list[tuple[Measured, int | None]]] = {c: [] for c in present}
    for repetition in range(given.repeat):
        for contender in present:
            runs[contender].append(_one(contender, log, kind, expected))
            _say(f"{kind} {repetition + 1}/{given.repeat} {contender.name}: {runs[contender][-1][0].seconds:.2f} s")
    log.unlink()
    return [
        Result(
            kind=kind,
            program=contender.name,
            lines=lines,
            seconds=tuple(m.seconds for m, _ in measured),
            peak_mb=tuple(m.peak_mb for m, _ in measured),
            stored=measured[-1][1],
        )
        for contender, measured in runs.items()
    ]


def _one(contender: Contender, log: Path, kind: str, expected: int) -> tuple[Measured, int | None]:
    """One run in an empty folder, and what it stored; raises Failed when its count of lines is wrong."""
    folder = log.parent / "run"
    folder.mkdir()
    try:
        contender.prepare(folder)
        measured = run(contender.command(log, kind, folder))
        rows = contender.rows(folder)
        if rows != expected:
            msg = f"{contender.name} counts {rows:,} good lines in the {kind} log; there are {expected:,}."
            raise Failed(msg)
        return measured, contender.stored(folder)
    finally:
        shutil.rmtree(folder)


def _section(results: Sequence[Result], named: str, given: argparse.Namespace) -> str:
    cores = len(os.sched_getaffinity(0))
    return (
        f"## Ingest: {given.lines:,} lines\n\n"
        f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC on {cores} cores ({platform.machine()}, "
        f"Python {platform.python_version()}) with {named}. Median of {given.repeat} runs, all in one go; "
        "processes start cold, files are in the page cache.\n\n"
        f"{table(results, Keywatch.name)}"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure ingest against GoAccess and a bare DuckDB copy.")
    parser.add_argument("--lines", type=int, default=10_000_000)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--without", nargs="*", default=[], choices=["keywatch", "goaccess", "duckdb"])
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "RESULTS.md")
    parser.add_argument("--folder", type=Path, help="where to put the generated files (6 GB for 10 million lines)")
    return parser.parse_args()


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())

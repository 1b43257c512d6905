"""The curve: one ingest of N lines, a row of RESULTS.md: `python benchmarks/curve.py --lines 100000000 --kind json`.

100 million lines of JSON are 38 GB. So a log of more than ten million comes as a server's log does: as files that are
rotated, each made, ingested and removed before the next one. One process ingests them all, and what counts is the time
of its ingests; all lines are distinct, their time goes on from file to file, and the store grows to hold them all.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that both `-m benchmarks.x` and a path work

from benchmarks.contenders import Keywatch
from benchmarks.measure import ROOT, Failed, run
from benchmarks.results import section_of, write_section

KINDS: Final = ("json", "combined")
PART: Final = 10_000_000
"""Lines of one file."""
_COLUMNS: Final = ("log", "lines", "seconds", "processor s", "lines/s", "first part", "last part", "peak MB")
_HEAD: Final = f"| {' | '.join(_COLUMNS)} | stored bytes/line | measured |\n|---|{'---:|' * (len(_COLUMNS))}---|"
_ABOUT: Final = """## Ingest: the curve

One ingest each, by `python benchmarks/curve.py --lines N`: a process reads the log as files of at most ten million
lines, each rotated in when the one before has been read. Seconds are those of its ingests, without the process's start;
`first part` and `last part` are the lines/s of the first and the last file, so a store that grew slower would show.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one log took."""

    kind: str
    lines: int
    cells: tuple[str, ...]
    """The other columns."""

    def __str__(self) -> str:
        return f"| {' | '.join((self.kind, f'{self.lines:,}', *self.cells))} |"


def main() -> int:
    """Measure, and put the rows beside those that RESULTS.md has; returns the exit code."""
    given = _arguments()
    for kind in given.kind:
        try:
            with tempfile.TemporaryDirectory(dir=given.folder) as folder:
                row = _measure(kind, given.lines, given.part, Path(folder))
        except Failed as error:
            _say(str(error))
            return 1
        kept = [
            one for one in _rows(section_of(given.results, "curve")) if (one.kind, one.lines) != (kind, given.lines)
        ]
        rows = sorted([*kept, row], key=lambda one: (-KINDS.index(one.kind), -one.lines), reverse=True)
        write_section(given.results, "curve", "\n".join((_ABOUT, _HEAD, *map(str, rows))))
        print(row)
    return 0


def _measure(kind: str, lines: int, part: int, folder: Path) -> Row:
    ours, log = Keywatch(), folder / "access.log"
    ours.prepare(folder)
    config = folder / "workspace" / "keywatch.toml"
    with config.open("a") as file:
        file.write(f'\n[[sources]]\nname = "edge"\npath = "{log}*"\n')
    command = [sys.executable, str(ROOT / "benchmarks" / "parts_reader.py"), str(config)]
    # Small pipes and nothing large in this process: Linux counts what a child had before exec.
    reader = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert reader.stdin is not None
    assert reader.stdout is not None
    parts, broken = list[dict[str, Any]](), 0
    try:
        for first in range(0, lines, part):
            count = min(part, lines - first)
            broken += _rotate(log, kind, first, count, lines)
            reader.stdin.write("\n")
            reader.stdin.flush()
            parts.append(json.loads(reader.stdout.readline() or "{}"))
            if parts[-1].get("lines") != count or parts[-1]["errors"]:
                msg = f"The part from line {first:,} on was not read whole: {parts[-1]}."
                raise Failed(msg)
            _say(f"{kind} {first + count:,} of {lines:,}: {parts[-1]['seconds']:.2f} s")
    finally:
        reader.stdin.close()
        reader.stdout.close()
        _, _, usage = os.wait4(reader.pid, 0)
        reader.returncode = 0
    log.unlink()
    if (rows := ours.rows(folder)) != lines - broken:
        msg = f"The store counts {rows:,} requests of the {kind} log; there are {lines - broken:,}."
        raise Failed(msg)
    return _row(kind, lines, parts, peak=usage.ru_maxrss * 1024 / 1e6, stored=ours.stored(folder) or 0)


def _rotate(log: Path, kind: str, first: int, count: int, total: int) -> int:
    """Make the next file, and remove the one that was read; returns how many of its lines are broken."""
    made = log.with_name("next")
    place = ["--lines", str(count), "--first", str(first), "--total", str(total), "--format", kind]
    told = run([sys.executable, str(ROOT / "benchmarks" / "generate.py"), str(made), *place])
    log.unlink(missing_ok=True)
    made.rename(log)
    return int(told.output)


def _row(kind: str, lines: int, parts: Sequence[dict[str, Any]], *, peak: float, stored: int) -> Row:
    seconds = sum(one["seconds"] for one in parts)
    pace = [f"{one['lines'] / one['seconds']:,.0f}" for one in (parts[0], parts[-1])]
    return Row(
        kind=kind,
        lines=lines,
        cells=(
            f"{seconds:.2f}",
            f"{sum(one['processor'] for one in parts):.2f}",
            f"{lines / seconds:,.0f}",
            *pace,
            f"{peak:,.0f}",
            f"{stored / lines:.1f}",
            f"{datetime.now(UTC):%Y-%m-%d %H:%M}",
        ),
    )


def _rows(section: str) -> list[Row]:
    """The rows that stand there; those of another shape are no longer wanted."""
    found = []
    for line in section.splitlines():
        kind, lines, *cells = (
            [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else ["", ""]
        )
        if kind in KINDS and len(cells) == len(_COLUMNS):
            found.append(Row(kind=kind, lines=int(lines.replace(",", "")), cells=tuple(cells)))
    return found


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure one ingest of N lines for the curve.")
    parser.add_argument("--lines", type=int, default=10_000_000)
    parser.add_argument("--kind", nargs="*", default=KINDS, choices=KINDS)
    parser.add_argument("--part", type=int, default=PART, help="lines of one file (4 GB of JSON for ten million)")
    parser.add_argument("--results", type=Path, default=ROOT / "benchmarks" / "RESULTS.md")
    parser.add_argument("--folder", type=Path, help="where to put files and store: one part, and 25 bytes a line")
    given = parser.parse_args()
    shutil.disk_usage(given.folder or tempfile.gettempdir())  # raises where there is no such folder
    return given


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())

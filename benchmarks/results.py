"""RESULTS.md: each benchmark owns the part between its two markers and leaves the rest as it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

_HEAD: Final = "# Results\n\nWhat is measured and how: [README.md](README.md). Each part says when it was measured.\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One program on one file, over all repetitions."""

    kind: str
    """json or combined."""
    program: str
    lines: int
    seconds: tuple[float, ...]
    peak_mb: tuple[float, ...]
    stored: int | None
    """Bytes; None when the program keeps nothing."""

    @property
    def pace(self) -> float:
        """Lines a second, by the median run."""
        return self.lines / median(self.seconds)


def table(results: Sequence[Result], ours: str) -> str:
    """A Markdown table; the ratio is our pace over the peer's, so 2.00 means that we are twice as fast."""
    rows = ["| log | program | seconds (all runs) | lines/s | ours ÷ theirs | peak MB | stored bytes/line |"]
    rows.append("|---|---|---|---:|---:|---:|---:|")
    for r in results:
        mine = next((o for o in results if o.kind == r.kind and o.program.startswith(ours)), None)
        ratio = f"{mine.pace / r.pace:.2f}" if mine and mine is not r else "-"
        runs = ", ".join(f"{s:.2f}" for s in sorted(r.seconds))
        kept = "-" if r.stored is None else f"{r.stored / r.lines:.1f}"
        cells = (r.kind, r.program, f"{median(r.seconds):.2f} ({runs})", f"{r.pace:,.0f}", ratio)
        rows.append(f"| {' | '.join(cells)} | {median(r.peak_mb):,.0f} | {kept} |")
    return "\n".join(rows)


def section_of(path: Path, name: str) -> str:
    """What stands between the markers of `name`; nothing where they are missing."""
    held = path.read_text(encoding="utf-8") if path.exists() else ""
    return held.partition(f"<!-- {name}: begin -->")[2].partition(f"<!-- {name}: end -->")[0]


def write_section(path: Path, name: str, text: str) -> None:
    """Put `text` between the markers of `name` in the file at `path`; file and markers are made where missing."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    held = path.read_text(encoding="utf-8") if path.exists() else _HEAD
    section = f"{begin}\n{text.strip()}\n{end}"
    before, found, rest = held.partition(begin)
    after = rest.partition(end)[2] if found else "\n"
    separator = "" if found else "\n"
    path.write_text(f"{before}{separator}{section}{after}", encoding="utf-8")

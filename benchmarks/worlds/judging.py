"""Judge one world: read what is known, run the program, score its findings."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks.worlds import labels
from benchmarks.worlds.labels import Nuisance, Plant
from benchmarks.worlds.running import read_world, run
from benchmarks.worlds.scoring import QUIET, Found, Verdict, read_rules, score


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A world's labels."""

    seed: int
    start: datetime
    end: datetime
    plants: list[Plant]
    nuisances: list[Nuisance]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A world, what the program found in it, and what that is worth."""

    known: Known
    findings: list[Found]
    verdict: Verdict
    seconds: float
    """What `detect` took."""
    quiet: timedelta
    """The first days, in which no false alarm counts."""


def read_known(folder: Path) -> Known:
    """The labels in a world's folder."""
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    odd = json.loads((folder / "nuisance.json").read_text(encoding="utf-8"))
    about = read_world(folder)
    return Known(
        seed=about["seed"],
        start=about["start"],
        end=about["end"],
        plants=[labels.plant(row) for row in truth["plants"]],
        nuisances=[labels.nuisance(row) for row in odd],
    )


def judge(
    folder: Path,
    workspace: Path | None = None,
    *,
    live: timedelta | None = None,
    again: bool = True,
    quiet: timedelta = QUIET,
) -> Judged:
    """Run the program on the world in `folder` and score its findings; without `again` only read them.

    In the first `quiet` no false alarm counts.
    """
    known = read_known(folder)
    ran = run(folder, workspace or folder / "workspace", live=live, again=again)
    verdict = score(
        known.plants, known.nuisances, ran.findings, read_rules(), start=known.start, end=known.end, quiet=quiet
    )
    return Judged(known=known, findings=ran.findings, verdict=verdict, seconds=ran.seconds, quiet=quiet)

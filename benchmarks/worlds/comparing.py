"""Ours beside the peers' rules, on failed calls: the same logs, the same judge."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.worlds.attacks.family import FAMILIES
from benchmarks.worlds.judging import Judged, Known
from benchmarks.worlds.labels import STRENGTHS
from benchmarks.worlds.make import THEMES
from benchmarks.worlds.peers import PEERS, alerts, failures, owners_of
from benchmarks.worlds.scoring import MEDIUM, Found, Outcome, Verdict, read_rules, score

_OURS: Final = "keywatch"


def failing() -> frozenset[str]:
    """The families of failed calls."""
    (theme,) = (t.__name__ for t in THEMES if t.__name__.endswith("authentication"))
    return frozenset(name for name, family in FAMILIES.items() if family.plant.__module__ == theme)


def compare(folder: Path, judged: Judged) -> dict[str, Verdict]:
    """Each program's verdict on a world; of ours only what detectors of failed calls say."""
    failed, owners, rules = failures(folder / "access.log"), owners_of(folder / "keys.csv"), read_rules()
    about = [rules[name].apt for name in failing()]
    ours = [f for f in judged.findings if any(apt.search(f.detector) for apt in about)]
    found = {_OURS: ours} | {peer.name: alerts(peer, failed, owners) for peer in PEERS}
    return {name: _verdict(judged.known, some, judged.quiet) for name, some in found.items()}


def _verdict(known: Known, findings: list[Found], quiet: timedelta) -> Verdict:
    whole = score(known.plants, known.nuisances, findings, read_rules(), start=known.start, end=known.end, quiet=quiet)
    return replace(whole, outcomes=[o for o in whole.outcomes if o.plant.family in failing()])


def table(compared: Sequence[dict[str, Verdict]], *, live: bool = False) -> str:
    """A Markdown table, a row a program, over several worlds.

    A rule of a peer's alerts at the line that makes it. Ours are told by a turn of `keywatch run` after the bucket of
    that line is over: when they were found `live`, or when that would have been (`Found.heard`).
    """
    head = (
        "| rules | found | medium and above | weak | medium | strong | alerts a day | false a day | precision | delay"
    )
    rows = [f"{head} (median min) |", "|---|---:|---:|---|---|---|---:|---:|---:|---:|"]
    return "\n".join([*rows, *(_row(name, [one[name] for one in compared], live=live) for name in compared[0])])


def _row(name: str, verdicts: Sequence[Verdict], *, live: bool) -> str:
    outcomes, days = [o for v in verdicts for o in v.outcomes], sum(v.days for v in verdicts)
    true, false = (sum(len(getattr(v, kind)) for v in verdicts) for kind in ("true", "false"))
    delays = [d for o in outcomes if (d := o.delay if live else o.heard) is not None]
    cells = [
        f"{sum(o.found for o in outcomes)}/{len(outcomes)}",
        f"{sum(o.rank >= MEDIUM for o in outcomes)}/{len(outcomes)}",
        *(_share([o for o in outcomes if o.plant.strength == strength]) for strength in STRENGTHS),
        f"{(true + false) / days:.2f}",
        f"{false / days:.2f}",
        f"{true / (true + false):.2f}" if true + false else "-",
        f"{median(delays):.1f}" if delays else "-",
    ]
    return f"| {name} | {' | '.join(cells)} |"


def _share(some: Sequence[Outcome]) -> str:
    return f"{sum(o.found for o in some)}/{len(some)}" if some else "-"

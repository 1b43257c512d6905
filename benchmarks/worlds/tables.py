"""A verdict as people and programs read it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any

from benchmarks.worlds.labels import STRENGTHS, Nuisance
from benchmarks.worlds.scoring import Found, Outcome, Verdict, touches


def families(verdicts: Sequence[Verdict], *, live: bool) -> str:
    """A Markdown table, a row a family: planted, found, named, by strength, median delay.

    After one pass over history every finding is as old as the pass, so the delay is that of the evidence.
    """
    what = "delay" if live else "evidence after"
    rows = [
        f"| family | planted | found | named | weak | medium | strong | {what} (median min) |",
        "|---|---:|---:|---:|---|---|---|---:|",
    ]
    grouped: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in (o for v in verdicts for o in v.outcomes):
        grouped[outcome.plant.family].append(outcome)
    for name, some in sorted(grouped.items()):
        cells = [_share([o for o in some if o.plant.strength == strength]) for strength in STRENGTHS]
        delays = [d for o in some if (d := o.delay if live else o.behind) is not None]
        delay = f"{median(delays):.0f}" if delays else "-"
        found, named = sum(o.found for o in some), sum(o.named for o in some)
        rows.append(f"| {name} | {len(some)} | {found} | {named} | {' | '.join(cells)} | {delay} |")
    return "\n".join(rows)


def summary(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """The figures of several worlds together."""
    outcomes = [o for v in verdicts for o in v.outcomes]
    days = sum(v.days for v in verdicts)
    attacks = [o for o in outcomes if o.plant.expected != "may"]

    def rate(some: Iterable[Outcome], what: str) -> float:
        held = [getattr(o, what) for o in some]
        return round(sum(held) / len(held), 4) if held else 1.0

    told: dict[str, Any] = {
        "worlds": len(verdicts),
        "planted": len(outcomes),
        "found": rate(attacks, "found"),
        "named": rate(attacks, "named"),
        "found_must": rate((o for o in outcomes if o.plant.expected == "must"), "found"),
        "found_should": rate((o for o in outcomes if o.plant.expected == "should"), "found"),
        "found_may": rate((o for o in outcomes if o.plant.expected == "may"), "found"),
    }
    for rank, name in ((2, "medium"), (3, "high"), (4, "critical")):
        true, false = (sum(f.rank >= rank for v in verdicts for f in getattr(v, kind)) for kind in ("true", "false"))
        told[f"false_a_day_{name}"] = round(false / days, 3)
        told[f"precision_{name}"] = round(true / (true + false), 3) if true + false else 1.0
        told[f"findings_{name}"] = true + false
    told["false_incidents_a_day"] = round(sum(v.false_incidents_a_day() * v.days for v in verdicts) / days, 3)
    told["excused"] = sum(len(v.excused) for v in verdicts)
    return told


def detectors(verdicts: Sequence[Verdict]) -> str:
    """A Markdown table, a row a detector: true, false and excused findings at or above medium."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for verdict in verdicts:
        for n, some in enumerate((verdict.true, verdict.false, verdict.excused)):
            for found in some:
                counts[found.detector][n] += 1
    rows = ["| detector | true | false | excused |", "|---|---:|---:|---:|"]
    ordered = sorted(counts.items(), key=lambda item: -item[1][1])
    return "\n".join(
        [*rows, *(f"| {name} | {true} | {false} | {excused} |" for name, (true, false, excused) in ordered)]
    )


def missed(verdict: Verdict) -> str:
    """The plants that nobody named, a line each; those found by another name are marked."""
    lines = []
    for o in (o for o in verdict.outcomes if not (o.found and o.named)):
        p = o.plant
        what = f"found by {sorted({f.detector for f in o.by})}" if o.found else "missed"
        who = ", ".join([*p.key_ids[:2], *p.ips[:2]])
        lines.append(
            f"{p.family} {p.strength} ({p.expected}), {p.onset:%m-%d %H:%M} to {p.end:%m-%d %H:%M}, {who}:"
            f" {what}. {p.note}",
        )
    return "\n".join(lines)


def false(verdict: Verdict, nuisances: Sequence[Nuisance]) -> str:
    """The false findings, a line each, with what harmless thing went on."""
    lines = []
    for f in sorted(verdict.false, key=lambda f: (-f.rank, f.detector, f.first_seen)):
        causes = sorted({n.kind for n in nuisances if touches(n, f)})
        lines.append(
            f"{f.severity} {f.detector} {f.first_seen:%m-%d %H:%M} {f.key_id or f.ip}: {_title(f)}"
            f" [{', '.join(causes)}]",
        )
    return "\n".join(lines)


def _title(found: Found) -> str:
    return found.text[:110].strip()


def _share(some: Sequence[Outcome]) -> str:
    return f"{sum(o.found for o in some)}/{len(some)}" if some else "-"

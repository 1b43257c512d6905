"""A verdict as people and programs read it."""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any, get_args

from benchmarks.worlds.labels import STRENGTHS, Expected, Nuisance
from benchmarks.worlds.scoring import CRITICAL, HIGH, MEDIUM, RANK, Found, Outcome, Verdict, touches


def families(verdicts: Sequence[Verdict], *, live: bool) -> str:
    """Two Markdown tables, a row a family: attacks, and what stands in the inventory.

    Precision and false alarms are those of the detectors that are apt for the family, at or above medium. After one
    pass over history every finding is as old as the pass; the delay is then when it would have been told live.
    """
    attacks, stale = (_by_family([o for o in outcomes(verdicts) if o.rule.standing is kind]) for kind in (False, True))
    head = "| family | planted | found | medium and above | named | weak | medium | strong |"
    rows = [
        f"{head} as grave as it is | graver | precision | false a day | told after, min (median, 95 %) |",
        "|---|---:|---:|---:|---:|---|---|---|---:|---:|---:|---:|---:|",
    ]
    for name, some in attacks:
        delays = [d for o in some if (d := o.delay if live else o.heard) is not None]
        rows.append(f"| {name} | {_found(some)} | {_gravity(some)} | {_alarms(some, verdicts)} | {spread(delays)} |")
    if stale:
        rows += [
            "",
            f"{head} graver | precision | false a day |",
            "|---|---:|---:|---:|---:|---|---|---|---:|---:|---:|",
        ]
    for name, some in stale:
        rows.append(f"| {name} | {_found(some)} | {len(graver(some))} | {_alarms(some, verdicts)} |")
    return "\n".join(rows)


def outcomes(verdicts: Sequence[Verdict]) -> list[Outcome]:
    """Those of all worlds."""
    return [o for v in verdicts for o in v.outcomes]


def graver(some: Iterable[Outcome]) -> list[Found]:
    """The findings of high or above that say more than any plant behind them allows."""
    return list({id(f): f for o in some for f in o.graver}.values())


def _by_family(some: Sequence[Outcome]) -> list[tuple[str, list[Outcome]]]:
    grouped: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in some:
        grouped[outcome.plant.family].append(outcome)
    return sorted(grouped.items())


def _found(some: Sequence[Outcome]) -> str:
    cells = [
        len(some),
        *(sum(held) for held in ([o.found for o in some], [o.rank >= MEDIUM for o in some], [o.named for o in some])),
        *(_share([o for o in some if o.plant.strength == strength]) for strength in STRENGTHS),
    ]
    return " | ".join(str(cell) for cell in cells)


def _gravity(some: Sequence[Outcome]) -> str:
    return f"{sum(o.rank >= o.limits[0] for o in some)} | {len(graver(some))}"


def _alarms(some: Sequence[Outcome], verdicts: Sequence[Verdict]) -> str:
    """Precision and false alarms a day of the family's detectors."""
    apt = some[0].rule.apt
    true, false = (
        sum(bool(apt.search(f.detector)) for v in verdicts for f in getattr(v, kind)) for kind in ("true", "false")
    )
    days = sum(v.days for v in verdicts)
    return f"{true / (true + false):.2f} | {false / days:.2f}" if true + false else "- | 0.00"


def spread(minutes: Sequence[float]) -> str:
    """The median and 95 %."""
    if not minutes:
        return "-"
    return f"{median(minutes):.1f}, {sorted(minutes)[math.ceil(0.95 * len(minutes)) - 1]:.1f}"


def summary(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """The figures of several worlds together: attacks, what stands in the inventory, and how grave they are called."""
    every, days = outcomes(verdicts), sum(v.days for v in verdicts)
    attacks, stale = ([o for o in every if o.rule.standing is kind] for kind in (False, True))
    return {
        "worlds": len(verdicts),
        "days": round(days, 1),
        "attacks": _rates(attacks) | _false(verdicts, days, stale=False),
        "stale_keys": _rates(stale) | _false(verdicts, days, stale=True),
        "severity": _severity(every),
        "false_incidents_a_day": round(sum(v.false_incidents_a_day() * v.days for v in verdicts) / days, 3),
        "excused": sum(len(v.excused) for v in verdicts),
    }


def _rates(some: Sequence[Outcome]) -> dict[str, Any]:
    asked = [o for o in some if o.plant.expected != "may"]
    kinds = {name: [o for o in some if o.plant.expected == name] for name in get_args(Expected)}
    return {
        "planted": len(some),
        "found": _rate(o.found for o in asked),
        "found_at_medium_and_above": _rate(o.rank >= MEDIUM for o in asked),
        "named": _rate(o.named for o in asked),
        **{f"found_{name}": _rate(o.found for o in held) for name, held in kinds.items() if held},
    }


def _false(verdicts: Sequence[Verdict], days: float, *, stale: bool) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name in ("medium", "high", "critical"):
        true, false = (
            sum(f.rank >= RANK[name] and f.stale is stale for v in verdicts for f in getattr(v, kind))
            for kind in ("true", "false")
        )
        told[f"findings_{name}"] = true + false
        told[f"false_a_day_{name}"] = round(false / days, 3)
        told[f"precision_{name}"] = round(true / (true + false), 3) if true + false else 1.0
    return told


def _severity(every: Sequence[Outcome]) -> dict[str, Any]:
    """What needs a person tonight, what may be either, what can wait: and how it was told."""
    tonight = [o for o in every if o.limits[0] >= HIGH]
    waits = [o for o in every if o.limits[1] < HIGH]
    return {
        "tonight": len(tonight),
        "tonight_told_at_high_and_above": _rate(o.rank >= HIGH for o in tonight),
        "critical": sum(o.limits[0] == CRITICAL for o in every),
        "critical_told_at_critical": _rate(o.rank >= CRITICAL for o in every if o.limits[0] == CRITICAL),
        "can_wait": len(waits),
        "can_wait_told_at_high_and_above": _rate((bool(o.graver) for o in waits), none=0.0),
        "findings_graver_than_they_should_be": len(graver(every)),
    }


def _rate(some: Iterable[bool], *, none: float = 1.0) -> float:
    held = list(some)
    return round(sum(held) / len(held), 4) if held else none


def listed(told: dict[str, Any]) -> str:
    """A summary as Markdown: a table for attacks and stale keys, a list of the rest."""
    parts = [told["attacks"], told["stale_keys"]]
    rows = "\n".join(f"| {_words(name)} | {' | '.join(str(p.get(name, '-')) for p in parts)} |" for name in parts[0])
    rest = told["severity"] | {name: value for name, value in told.items() if not isinstance(value, dict)}
    lines = "\n".join(f"- {_words(name)}: {value}" for name, value in rest.items())
    return f"| | attacks | stale keys |\n|---|---:|---:|\n{rows}\n\n{lines}"


def _words(name: str) -> str:
    return re.sub(r"^(findings|false a day|precision) (\w+)$", r"\1 at \2 and above", name.replace("_", " "))


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


def misjudged(verdict: Verdict) -> str:
    """What needs a person tonight and was told milder, then what was told graver than it should be, a line each."""
    mild = [o for o in verdict.outcomes if o.limits[0] >= HIGH > o.rank]
    names = {rank: name for name, rank in RANK.items()} | {-1: "missed"}
    lines = [
        f"{o.plant.family} {o.plant.strength}: {names[o.rank]} by {sorted({f.detector for f in o.by})}, not"
        f" {names[o.limits[0]]}. {o.plant.note}"
        for o in mild
    ]
    for o in (o for o in verdict.outcomes if o.graver):
        lines += [
            f"{o.plant.family} {o.plant.strength}: {f.severity} {f.detector} {_title(f)}, not"
            f" {names[o.limits[1]]}. {o.plant.note}"
            for f in o.graver
        ]
    return "\n".join(lines)


def _title(found: Found) -> str:
    return found.text[:110].strip()


def _share(some: Sequence[Outcome]) -> str:
    return f"{sum(o.found for o in some)}/{len(some)}" if some else "-"

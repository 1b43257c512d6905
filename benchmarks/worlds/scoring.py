"""What findings are worth against what is known: pure, from records to a verdict."""

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from benchmarks.worlds.addresses import network
from benchmarks.worlds.labels import STRENGTHS, Nuisance, Plant, Strength
from detectors import registry

BEFORE: Final = timedelta(minutes=60)
AFTER: Final = timedelta(hours=24)
"""A finding may begin an hour before a plant's first sign (its bucket) and a day after its end."""
QUIET: Final = timedelta(days=3)
"""The first days of a world: nothing is known yet, so no false alarm is counted."""
TURN: Final = timedelta(seconds=30)
"""The interval of `keywatch run`: so long after its end at most, a bucket is judged."""
FEW: Final = 3
RULES: Final = Path(__file__).with_name("families.toml")
RANK: Final = {name: n for n, name in enumerate(("info", "low", "medium", "high", "critical"))}
LOW, MEDIUM, HIGH, CRITICAL = 1, 2, 3, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A finding as the judge sees it."""

    detector: str
    severity: str
    key_id: str | None
    ip: str | None
    """An address or a network."""
    text: str
    """Title and summary; a network that is a subject is looked for there."""
    first_seen: datetime
    last_seen: datetime
    detected_at: datetime
    spans: tuple[tuple[datetime, datetime], ...]
    """From and to of each piece of evidence."""
    heard: tuple[datetime, ...]
    """When whoever watched live would have judged each piece of evidence."""
    incident: str | None

    @property
    def rank(self) -> int:
        """0 is info, 4 critical."""
        return RANK[self.severity]

    @property
    def stale(self) -> bool:
        """Whether it says what a key is, not what happened."""
        return bool(_STANDING.search(self.detector))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What counts as naming a family, and how grave it is."""

    apt: re.Pattern[str]
    severity: dict[Strength, tuple[int, int]] = field(default_factory=dict)
    """The least and the most that a finding about it may say, by strength."""
    standing: bool = False
    nobody: bool = False
    unregistered: bool = False
    timeless: bool = False
    nuisance_only: bool = False


@dataclass(slots=True, kw_only=True)
class Outcome:
    """One plant and what came of it."""

    plant: Plant
    rule: Rule
    by: list[Found] = field(default_factory=list)
    """Findings that match, severe enough to count."""
    named: bool = False
    graver: list[Found] = field(default_factory=list)
    """Findings of high or above that say more than any plant behind them allows."""

    @property
    def found(self) -> bool:
        """Whether anything was said about it."""
        return bool(self.by)

    @property
    def rank(self) -> int:
        """That of the gravest finding about it; -1 when it was missed."""
        return max((f.rank for f in self.by), default=-1)

    @property
    def limits(self) -> tuple[int, int]:
        """The least and the most that a finding about it may say."""
        return self.rule.severity[self.plant.strength]

    @property
    def delay(self) -> float | None:
        """Minutes from the onset to the earliest detection, never below 0; None when it was missed."""
        moments = [f.detected_at for f in self.by]
        return max(0.0, (min(moments) - self.plant.onset).total_seconds() / 60) if moments else None

    @property
    def heard(self) -> float | None:
        """Minutes from the onset to when it would have been told live, never below 0: what one pass knows of delay."""
        since = self.plant.onset - BEFORE
        moments = [moment for f in self.by for moment in f.heard if moment >= since]
        return max(0.0, (min(moments) - self.plant.onset).total_seconds() / 60) if moments else None


@dataclass(slots=True, kw_only=True)
class Verdict:
    """A world judged."""

    outcomes: list[Outcome]
    true: list[Found]
    """At or above medium, after the first days, with a plant behind it."""
    false: list[Found]
    excused: list[Found]
    days: float
    """Days in which false alarms count."""

    def false_a_day(self, rank: int = MEDIUM) -> float:
        """False findings at or above a rank a day."""
        return sum(f.rank >= rank for f in self.false) / self.days

    def false_incidents_a_day(self, rank: int = 2) -> float:
        """Incidents that hold a false finding and no true one, a day."""
        good = {f.incident for f in self.true if f.incident}
        some = {f.incident or id(f) for f in self.false if f.rank >= rank and f.incident not in good}
        return len(some) / self.days

    def precision(self, rank: int = 2) -> float:
        """Share of true ones among the findings at or above a rank that are true or false; 1 without any."""
        true, false = (sum(f.rank >= rank for f in some) for some in (self.true, self.false))
        return true / (true + false) if true + false else 1.0


def read_rules(path: Path = RULES) -> dict[str, Rule]:
    """The families' rules by name."""
    rows = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        name: Rule(apt=re.compile("|".join(row.pop("apt"))), severity=_limits(row.pop("severity", {})), **row)
        for name, row in rows.items()
    }


def _limits(given: str | dict[Strength, str]) -> dict[Strength, tuple[int, int]]:
    """`low..medium`, for all strengths or one by one."""
    each: dict[Strength, str] = dict.fromkeys(STRENGTHS, given) if isinstance(given, str) else given
    return {name: (RANK[least], RANK[most]) for name, (least, most) in ((n, t.split("..")) for n, t in each.items())}


def read_finding(row: dict[str, Any]) -> Found:
    """A record of `keywatch findings --json`."""
    first, last = datetime.fromisoformat(row["first_seen"]), datetime.fromisoformat(row["last_seen"])
    buckets = [datetime.fromisoformat(one["bucket"]) for one in row.get("evidence") or () if one.get("bucket")]
    spans = tuple((b, b + (AFTER if (b.hour, b.minute, b.second) == (0, 0, 0) else BEFORE)) for b in buckets)
    return Found(
        detector=row["detector"],
        severity=row["severity"],
        key_id=row.get("key_id"),
        ip=row.get("ip"),
        text=f"{row.get('title') or ''} {row.get('summary') or ''}",
        first_seen=first,
        last_seen=max(first, last),
        detected_at=datetime.fromisoformat(row.get("detected_at") or row["first_seen"]),
        spans=((first, max(first, last) if not spans else first), *spans),
        heard=tuple(bucket + _length(row["detector"]) + TURN for bucket in buckets or [first]),
        incident=row.get("incident_id"),
    )


@cache
def _length(detector: str) -> timedelta:
    """How long a detector's buckets are: none is judged before it is over."""
    return registry.load(detector).bucket if detector in registry.names() else BEFORE


def score(
    plants: Sequence[Plant],
    nuisances: Sequence[Nuisance],
    findings: Iterable[Found],
    rules: dict[str, Rule],
    *,
    start: datetime,
    end: datetime,
    quiet: timedelta = QUIET,
) -> Verdict:
    """Match findings with plants; what matches none and is not excused is false."""
    outcomes = [Outcome(plant=plant, rule=rules[plant.family]) for plant in plants]
    by_key, by_place, rest = _index(outcomes)
    verdict = Verdict(outcomes=outcomes, true=[], false=[], excused=[], days=(end - start - quiet) / timedelta(days=1))
    standing = [rule for rule in rules.values() if rule.standing]
    for found in sorted(findings, key=lambda f: f.detected_at):
        near = {id(o): o for o in (*by_key.get(found.key_id, ()), *_places(found, by_place), *rest)}
        hits = [o for o in near.values() if _matches(found, o.plant, o.rule)]
        if found.rank >= HIGH and all(found.rank > o.limits[1] for o in hits):
            for outcome in hits:
                outcome.graver.append(found)
        for outcome in hits:
            if found.rank >= (0 if outcome.plant.expected == "may" else 1):
                outcome.by.append(found)
                outcome.named = outcome.named or bool(outcome.rule.apt.search(found.detector))
        if found.rank < MEDIUM or found.first_seen < start + quiet:
            continue
        about_stale = any(rule.apt.search(found.detector) for rule in standing) and found.key_id in by_key
        if hits or about_stale:
            verdict.true.append(found)
        elif any(_excuses(nuisance, found, rules) for nuisance in nuisances):
            verdict.excused.append(found)
        else:
            verdict.false.append(found)
    return verdict


def _index(
    outcomes: Sequence[Outcome],
) -> tuple[dict[str | None, list[Outcome]], dict[str, list[Outcome]], Sequence[Outcome]]:
    by_key: dict[str | None, list[Outcome]] = {}
    by_place: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        for key_id in outcome.plant.key_ids:
            by_key.setdefault(key_id, []).append(outcome)
        for place in (*outcome.plant.ips, *outcome.plant.networks):
            by_place.setdefault(place, []).append(outcome)
    return by_key, by_place, outcomes


_PLACE: Final = re.compile(
    r"\d+\.\d+\.\d+\.\d+(?:/\d+)?|(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}|[0-9a-f:]*::[0-9a-f:]*(?:/\d+)?"
)
"""No time of day is one: `15:30` has one colon."""


def _places(found: Found, by_place: dict[str, list[Outcome]]) -> list[Outcome]:
    return [o for place in _named_places(found) for o in by_place.get(place, ())]


def _named_places(found: Found) -> set[str]:
    """The address or network that a finding is about; one without key or address may name it in its text."""
    if found.ip:
        return {found.ip}
    return set(_PLACE.findall(found.text)) if found.key_id is None else set()


def _matches(found: Found, plant: Plant, rule: Rule) -> bool:
    apt = bool(rule.apt.search(found.detector))
    if rule.standing and not apt:
        return False
    if not rule.standing and _STANDING.search(found.detector):
        return False
    return (apt and rule.timeless) or (
        _overlaps(found, plant, lasting=rule.standing) and _same_subject(found, plant, rule, apt=apt)
    )


_STANDING: Final = re.compile(
    "^unused-key|^never-used|over-age|^expir|no-expiry|no-owner|generic-name|two-active|^long-lived|^rotat"
)
"""They say what a key is, not what happened: none of them finds an attack."""


def _overlaps(found: Found, plant: Plant, *, lasting: bool) -> bool:
    """Whether evidence lies in a plant's time; what is true of the inventory is so from its beginning to its end."""
    since, until = plant.since - BEFORE, plant.end + AFTER
    spans = ((found.first_seen, found.last_seen),) if lasting else found.spans
    return any(begin <= until and end >= since for begin, end in spans)


def _same_subject(found: Found, plant: Plant, rule: Rule, *, apt: bool) -> bool:
    listed = len(plant.key_ids) > FEW  # a list of keys was tried: what else happens to one of them is another matter
    if found.key_id is not None and found.key_id in plant.key_ids and (apt or not listed):
        return True
    places = _named_places(found)
    if places & {*plant.ips, *plant.networks}:
        return True
    hidden = not (plant.ips or plant.networks)  # in a log without addresses nobody can be named but by a key
    if apt and (rule.unregistered or hidden) and (found.key_id or "").startswith(("fp:", "unknown")):
        return True
    return apt and (rule.nobody or hidden) and found.key_id is None and not places


def _excuses(nuisance: Nuisance, found: Found, rules: dict[str, Rule]) -> bool:
    """A finding is excused when it says what is so, about something that is known to be harmless."""
    if not any(rules[name].apt.search(found.detector) for name in nuisance.excuses):
        return False
    concerned = not (nuisance.key_ids or nuisance.ips) or found.key_id in nuisance.key_ids or found.ip in nuisance.ips
    return concerned and touches(nuisance, found)


def touches(nuisance: Nuisance, found: Found) -> bool:
    """Whether something harmless went on when a finding began, to its subject if it has one."""
    subject = not (nuisance.key_ids or nuisance.ips) or found.key_id in nuisance.key_ids or found.ip in nuisance.ips
    slack = timedelta(hours=2)
    return subject and nuisance.start - slack <= found.first_seen <= nuisance.end + slack


def place_of(ip: str) -> str:
    """The network of an address, for readers of a report."""
    return network(ip) if "/" not in ip else ip

"""new-method: see the docstring of `score`."""

from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from detectors.declare import DAY, HOUR, NEWCOMERS, Frames, detector
from detectors.scores import Scored, moment, to_frame
from detectors.shared.routes import READING, Fresh, Step, privileged, steps
from detectors.shared.visits import VISIT_FRAMES, Settled, first_visits
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How well a key must be known, and what is grave."""

    history: timedelta = timedelta(days=14)
    """How long the key must have been in use."""
    young: timedelta = timedelta(days=3)
    """In use for so long it is told of, a step lower."""
    requests: int = 200
    """How many successful calls it must have made."""
    routes: int = 3
    """So many routes that it deletes on for the first time in one hour are high."""


@detector(
    id="new-method",
    severity=Severity.LOW,
    kind="rule",
    frames=(*VISIT_FRAMES, "route_days"),
    by_key=("origin_hours", "network_days", "client_days", "asn_days", "country_days", "route_days"),
    named_by=(NEWCOMERS,),
    settings=Settings,
    quiet=DAY,
    bucket=HOUR,
    attack=("T1078.004", "T1485", "T1098"),
    owasp=("API5:2023",),
    controls=("CC6.1", "CC6.3", "CC7.2"),
)
def score(frames: Frames, window: Window, settings: Settings) -> pd.DataFrame:
    """A key that only read writes, or deletes for the first time.

    A key in use for 14 days and 200 successful calls first succeeds with POST, PUT or PATCH though it had only GET,
    HEAD and OPTIONS (GuardDuty and Panther judge by action; the 14 days are ours), or with DELETE though it never
    deleted. A first write is low, on a route about keys, people, roles, billing or exports medium; the first DELETE of
    a key that only read is medium, on such a route, or on three routes in that hour, high. The first DELETE of a key
    that writes anyway is low. Of a key in use for three days, and not yet 14, what would be high is medium, and the
    rest low. A day on which the key comes from a new
    network is left to new-origin, which weighs the routes.

    Why it matters: a key that was given for reading and now deletes is in other hands, or has more rights than it
    needs.

    False alarms: the owner's job learnt to write; a clean-up that comes once a quarter.

    What to do: see what was written or deleted, from where and by which client, and ask the owner. If nobody knows of
    it, rotate the key and restore what is gone. Give reading keys a scope that only reads.
    """
    told = [step for step in steps(frames, window) if _settled(step, settings) and new_methods(step)]
    return to_frame(_row(step, new_methods(step), settings) for step in at_home(told, frames))


def at_home(found: list[Step], frames: Frames) -> list[Step]:
    """Those of an hour before the key's first visit of that day to a new network."""
    strange = first_visits(frames, Settled()) if found else {}
    return [step for step in found if step.hour < strange.get((step.key, step.hour.floor("D")), step.hour + HOUR)]


def _settled(step: Step, settings: Settings) -> bool:
    known = step.habits.age >= min(settings.young, settings.history)
    return known and step.habits.requests >= settings.requests


def new_methods(step: Step) -> list[Fresh]:
    """The new routes of an hour with which a reading key writes, or any key deletes for the first time."""
    methods = step.habits.methods
    if not methods:
        return []
    reads = methods <= READING
    return [one for one in step.fresh if one.writes and (reads or (one.method == "DELETE" and "DELETE" not in methods))]


def _severity(step: Step, new: list[Fresh], settings: Settings) -> Severity | None:
    full = _of_settled(step, new, settings)
    if step.habits.age >= settings.history:
        return full
    return Severity.MEDIUM if full is Severity.HIGH else None


def _of_settled(step: Step, new: list[Fresh], settings: Settings) -> Severity | None:
    if not step.habits.methods <= READING:
        return None
    deletes = [one for one in new if one.method == "DELETE"]
    grave = any(privileged(one.route) and not one.owned for one in deletes)
    if grave or len(deletes) >= settings.routes:
        return Severity.HIGH
    grave = any(privileged(one.route) and not one.owned for one in new)
    return Severity.MEDIUM if grave or deletes else None


def _row(step: Step, new: list[Fresh], settings: Settings) -> Scored:
    lead = next((one for one in new if one.method == "DELETE"), new[0])
    severity = _severity(step, new, settings)
    reads = step.habits.methods <= READING
    does = "deletes for the first time" if lead.method == "DELETE" else "writes for the first time"
    return Scored(
        bucket=moment(step.hour),
        subject=f"key:{lead.key_ref}",
        key_ref=lead.key_ref,
        severity=severity,
        score=1.0 + (severity or Severity.LOW).rank + len(new) / 1000,
        count=len(new),
        first_seen=moment(new[0].first_ok),
        last_seen=moment(new[-1].first_ok),
        title=f"Key {{key}} {does}: {lead.route}",
        summary=f"In {step.habits.age.days} days and {step.habits.requests:,} calls it had "
        f"{'only read' if reads else 'written but not deleted'}. New in this hour: "
        f"{', '.join(one.route for one in new[:5])}.",
        detail={"routes": [one.route for one in new][:20], "methods": sorted(step.habits.methods)},
    )

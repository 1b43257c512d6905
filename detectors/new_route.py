"""new-route: see the docstring of `score`."""

from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from detectors.declare import DAY, HOUR, NEWCOMERS, Frames, detector
from detectors.new_method import at_home, new_methods
from detectors.scores import Scored, moment, to_frame
from detectors.shared.routes import Fresh, Step, steps
from detectors.shared.visits import VISIT_FRAMES
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How well a key must be known, and what is grave."""

    history: timedelta = timedelta(days=14)
    """How long the key must have been in use."""
    requests: int = 200
    """How many successful calls it must have made: of a route that has one call in 70, so many leave 6 % unseen."""
    new_routes: float = 0.15
    """A key that finds new routes on more than this share of its days (learnt) is not told of."""
    peers: int = 2
    """A route that so many keys of others use is not told of, unless it is privileged."""
    privileged: int = 2
    """So many privileged routes new in one hour, used by no key of others, are medium."""


@detector(
    id="new-route",
    severity=Severity.INFO,
    kind="rule",
    frames=(*VISIT_FRAMES, "route_days"),
    by_key=("origin_hours", "network_days", "client_days", "asn_days", "country_days", "route_days"),
    named_by=(NEWCOMERS,),
    settings=Settings,
    quiet=DAY,
    bucket=HOUR,
    attack=("T1078.004", "T1526"),
    owasp=("API5:2023",),
    controls=("CC6.1", "CC6.3", "CC7.2"),
)
def score(frames: Frames, window: Window, settings: Settings) -> pd.DataFrame:
    """A key uses routes that it never used.

    A templated route on which a key in use for 14 days and 200 successful calls first succeeds (30 days of history;
    GuardDuty's AnomalousBehavior names APIs that the identity never called, Elastic's new_terms have 10 to 14 days).
    Not told if another key of the owner uses it, or two keys of others do (by the end of that hour: a deploy gives a
    route to many at once). Routes about keys, people, roles, billing, exports, the service itself, and DELETE are
    privileged: they are told whoever else uses them, low; two of them at once that nobody else uses are medium.
    Silent where new-origin or new-method tells of that day or hour.

    Why it matters: who tries what a stolen key may do calls what its owner never calls.

    False alarms: the owner builds a new feature; a yearly export.

    What to do: nothing for a plain route. For a privileged one see from where and by which client it was called, and
    ask the owner; take scopes away from the key that it does not need.
    """
    found = [step for step in steps(frames, window) if _settled(step, settings) and not new_methods(step)]
    odd = [step for step in found if any(_odd(fresh, settings) for fresh in step.fresh)]
    return to_frame(_row(step, settings) for step in at_home(odd, frames))


def _settled(step: Step, settings: Settings) -> bool:
    habits = step.habits
    known = habits.age >= settings.history and habits.requests >= settings.requests
    return known and habits.new_a_day <= settings.new_routes


def _odd(fresh: Fresh, settings: Settings) -> bool:
    return not fresh.owned and (fresh.privileged or fresh.others < settings.peers)


def _row(step: Step, settings: Settings) -> Scored:
    routes = [fresh for fresh in step.fresh if _odd(fresh, settings)]
    grave = [fresh for fresh in routes if fresh.privileged]
    alone = [fresh for fresh in grave if fresh.others < settings.peers]
    severity = Severity.MEDIUM if len(alone) >= settings.privileged else Severity.LOW if grave else None
    named = [fresh.route for fresh in (grave or routes)]
    first = routes[0]
    others = f" and {len(routes) - 1} more" if len(routes) > 1 else ""
    return Scored(
        bucket=moment(step.hour),
        subject=f"key:{first.key_ref}",
        key_ref=first.key_ref,
        severity=severity,
        score=1.0 + len(grave) + len(routes) / 1000,
        count=len(routes),
        first_seen=moment(first.first_ok),
        last_seen=moment(routes[-1].first_ok),
        title=f"Key {{key}} uses a route that is new to it: {named[0]}{others}",
        summary=f"It had used {len(step.habits.routes)} routes in {step.habits.age.days} days. New in this hour: "
        f"{', '.join(named[:5])}.{' Privileged: ' + str(len(grave)) + '.' if grave else ''}",
        detail={"routes": [fresh.route for fresh in routes][:20], "privileged": len(grave)},
    )

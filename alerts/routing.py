"""Which targets an incident goes to: the routes are asked first to last, the first that matches takes it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from alerts.config import Digest, Escalation, Route, Telling
from alerts.matching import misses, wanted
from model.incident import Incident
from store.state.incidents import KeyFacts

OWNER = "@owner"
"""In a route's `to`: the target of the key's owner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What one route said of an incident."""

    number: int
    """The route's place in the config, from 1."""
    matched: bool
    reason: str
    """One sentence: what matched, or what did not."""
    to: tuple[str, ...] = ()
    """Where the incident goes because of it."""
    digest: Digest | None = None
    escalate: Escalation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressed:
    """Where an incident goes."""

    to: tuple[str, ...] = ()
    """Targets, each once, in the order of the routes."""
    digests: Mapping[str, Digest] = field(default_factory=dict)
    """Those of them that get it in a digest only."""
    escalations: tuple[Escalation, ...] = ()


def addressed(incident: Incident, telling: Telling, facts: KeyFacts, now: datetime) -> Addressed:
    """Where an incident goes now; a target that one route tells at once gets no digest from another."""
    decisions = explain(incident, telling, facts, now)
    at_once = {name for decision in decisions if decision.digest is None for name in decision.to}
    digests = {name: one.digest for one in decisions if one.digest for name in one.to if name not in at_once}
    return Addressed(
        to=tuple(dict.fromkeys(name for decision in decisions for name in decision.to)),
        digests=digests,
        escalations=tuple(decision.escalate for decision in decisions if decision.escalate),
    )


def explain(incident: Incident, telling: Telling, facts: KeyFacts, now: datetime) -> list[Decision]:
    """What each route that was asked said, in order; routes below the one that took the incident are not asked."""
    decisions: list[Decision] = []
    for number, route in enumerate(telling.routes, 1):
        missing = list(misses(incident, route.when, facts, now))
        if missing:
            decisions.append(Decision(number=number, matched=False, reason=f"It wants {' and '.join(missing)}."))
            continue
        decisions.append(_taken(number, route, incident, telling, facts))
        if not route.continue_:
            break
    return decisions


def _taken(number: int, route: Route, incident: Incident, telling: Telling, facts: KeyFacts) -> Decision:
    to = tuple(name for one in route.to for name in _named(one, incident.owner, facts, telling.owners))
    reason = f"It takes {wanted(route.when)}."
    if OWNER in route.to and len(to) < len(route.to):
        reason += f" No target is known of the owner {incident.owner or 'nobody'}: add one to [alerts.owners]."
    escalate = route.escalate
    return Decision(number=number, matched=True, reason=reason, to=to, digest=route.digest, escalate=escalate)


def _named(one: str, owner: str | None, facts: KeyFacts, owners: Mapping[str, str]) -> Iterable[str]:
    if one != OWNER:
        return (one,)
    found = owners.get(owner or "") or owners.get(facts.team or "")
    return (found,) if found else ()


def names(routes: Sequence[Route]) -> set[str]:
    """The targets that routes name, those of escalations too."""
    found = {name for route in routes for name in route.to if name != OWNER}
    return found | {name for route in routes if route.escalate for name in route.escalate.to}

"""Which targets an incident goes to: the routes are asked first to last, the first that matches takes it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from alerts.config import Matcher, Route
from model.incident import Incident


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


def targets(incident: Incident, routes: Sequence[Route], labels: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """The names of the targets, each once, in the order of the routes; `labels` are those of the incident's key."""
    decisions = explain(incident, routes, labels)
    return tuple(dict.fromkeys(name for decision in decisions for name in decision.to))


def explain(incident: Incident, routes: Sequence[Route], labels: Mapping[str, str] | None = None) -> list[Decision]:
    """What each route that was asked said, in order; routes below the one that took the incident are not asked."""
    decisions: list[Decision] = []
    for number, route in enumerate(routes, 1):
        misses = list(_misses(incident, route.when, labels or {}))
        if misses:
            decisions.append(Decision(number=number, matched=False, reason=f"It wants {' and '.join(misses)}."))
            continue
        reason = f"It takes {_wanted(route.when)}."
        decisions.append(Decision(number=number, matched=True, reason=reason, to=route.to))
        if not route.continue_:
            break
    return decisions


def _misses(incident: Incident, when: Matcher, labels: Mapping[str, str]) -> Iterator[str]:
    if when.severity is not None and incident.severity.rank < when.severity.rank:
        yield f"severity {when.severity} or above, and this is {incident.severity}"
    detectors = sorted({finding.detector for finding in incident.findings})
    if when.detector and not set(when.detector) & set(detectors):
        yield f"detector {_one_of(when.detector)}, and this is {_one_of(detectors)}"
    if when.owner and incident.owner not in when.owner:
        yield f"owner {_one_of(when.owner)}, and this is {incident.owner or 'nobody'}"
    if when.environment and incident.environment not in when.environment:
        yield f"environment {_one_of(when.environment)}, and this is {incident.environment or 'not known'}"
    for name, value in when.labels.items():
        if labels.get(name) != value:
            yield f"label {name}={value}, and this is {labels.get(name, 'without it')}"


def _wanted(when: Matcher) -> str:
    wanted = [f"severity {when.severity} or above"] if when.severity is not None else []
    named = (("detector", when.detector), ("owner", when.owner), ("environment", when.environment))
    wanted += [f"{what} {_one_of(values)}" for what, values in named if values]
    wanted += [f"label {name}={value}" for name, value in when.labels.items()]
    return " and ".join(wanted) or "every incident"


def _one_of(values: Sequence[str]) -> str:
    return " or ".join(values)

"""Whether an incident is what a route or a silence means, and why not."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from ipaddress import ip_address, ip_network
from typing import Any

from alerts.config import Matcher
from model.errors import ConfigError, UsageError
from model.finding import Severity, SubjectKind
from model.incident import Incident
from model.window import parse_duration
from store.state.incidents import KeyFacts

_SEVERAL = ("detector", "owner", "team", "environment", "key", "source", "ip")
_PARTS = ("severity", *_SEVERAL, "labels", "older")


def matcher_of(when: Mapping[str, Any], *, where: str) -> Matcher:
    """Read `{severity = "high", owner = ["a", "b"], labels = {tier = "1"}, older = "2h"}`.

    `where` names the table in errors. Raises ConfigError for an unknown part, severity, duration or block.
    """
    if unknown := sorted(set(when) - set(_PARTS)):
        msg = f"{where} has no {unknown[0]!r}."
        raise ConfigError(msg, hint=f"It takes: {', '.join(_PARTS)}.")
    several = {name: _several(when.get(name)) for name in _SEVERAL}
    for block in several["ip"]:
        _block(block, where)
    labels = when.get("labels", {})
    if not isinstance(labels, Mapping):
        msg = f"{where} labels is {labels!r}, and no table."
        raise ConfigError(msg, hint='Write labels = { tier = "1" }.')
    return Matcher(
        severity=_severity(when.get("severity"), where),
        labels={str(name): str(value) for name, value in labels.items()},
        older=_duration(when.get("older"), where),
        **several,
    )


def misses(incident: Incident, when: Matcher, facts: KeyFacts, now: datetime) -> Iterator[str]:
    """What a matcher wants and the incident has not; nothing when it matches."""
    if when.severity is not None and incident.severity.rank < when.severity.rank:
        yield f"severity {when.severity} or above, and this is {incident.severity}"
    for part, (has, nothing) in _words(incident, facts).items():
        want = getattr(when, part)
        if want and not any(_fits(part, value, one) for value in has for one in want):
            yield f"{part} {_one_of(want)}, and this is {_one_of(has) or nothing}"
    for name, value in when.labels.items():
        if facts.labels.get(name) != value:
            yield f"label {name}={value}, and this is {facts.labels.get(name, 'without it')}"
    if when.older is not None and now - incident.opened_at < when.older:
        yield f"an age of {when.older}, and this is {str(now - incident.opened_at).partition('.')[0]} old"


def _words(incident: Incident, facts: KeyFacts) -> dict[str, tuple[list[str], str]]:
    """Part of a matcher to what the incident has of it, and the word for nothing."""
    named: dict[str, tuple[Sequence[str | None], str]] = {
        "detector": (sorted({finding.detector for finding in incident.findings}), "none"),
        "owner": ([incident.owner], "nobody"),
        "team": ([facts.team], "not known"),
        "environment": ([incident.environment], "not known"),
        "key": ([incident.key_id, incident.key_name], "about none"),
        "source": (
            sorted({f.subject.value for f in incident.findings if f.subject.kind is SubjectKind.SOURCE}),
            "about none",
        ),
        "ip": ([incident.ip], "without one"),
    }
    return {part: ([value for value in values if value], nothing) for part, (values, nothing) in named.items()}


def _fits(part: str, value: str, want: str) -> bool:
    if part == "key":
        return fnmatchcase(value, want)
    return _within(value, want) if part == "ip" else value == want


def wanted(when: Matcher) -> str:
    """What a matcher takes, in words."""
    parts = [f"severity {when.severity} or above"] if when.severity is not None else []
    named = [(name, getattr(when, name)) for name in _SEVERAL]
    parts += [f"{what} {_one_of(values)}" for what, values in named if values]
    parts += [f"label {name}={value}" for name, value in when.labels.items()]
    parts += [f"an age of {when.older} or more"] if when.older is not None else []
    return " and ".join(parts) or "every incident"


def _severity(value: object, where: str) -> Severity | None:
    try:
        return None if value is None else Severity(str(value))
    except ValueError:
        msg = f"{where} severity {value!r} is none."
        raise ConfigError(msg, hint=f"It is one of: {', '.join(Severity)}.") from None


def _duration(value: object, where: str) -> timedelta | None:
    try:
        return None if value is None else parse_duration(str(value))
    except UsageError as error:
        msg = f"{where} older is {value!r}."
        raise ConfigError(msg, hint=error.hint) from None


def _block(text: str, where: str) -> None:
    try:
        ip_network(text, strict=False)
    except ValueError:
        msg = f"{where} ip {text!r} is no address and no block."
        raise ConfigError(msg, hint="Write 203.0.113.9 or 203.0.113.0/24.") from None


def _within(address: str, block: str) -> bool:
    try:
        return ip_address(address) in ip_network(block, strict=False)
    except ValueError:  # a pseudonym
        return address == block


def _several(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(str(one) for one in value) if isinstance(value, (list, tuple)) else (str(value),)


def _one_of(values: Sequence[str]) -> str:
    return " or ".join(values)

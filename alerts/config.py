"""What the configuration says about alerts, as the rest of this room reads it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from model.finding import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Somewhere a message can go."""

    name: str
    """What routes and lists call it."""
    url: str = field(repr=False)
    """`https://…` (our webhook), `jsonl:PATH` (JSON lines), or any Apprise URL; one recipient. It may hold a token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matcher:
    """Which incidents a route takes; each part that is set must hold, an empty one always does."""

    severity: Severity | None = None
    """At or above."""
    detector: tuple[str, ...] = ()
    """One of its findings is of one of these detectors."""
    owner: tuple[str, ...] = ()
    """The key's owner is one of these."""
    environment: tuple[str, ...] = ()
    """The key's environment is one of these."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """The key has each of these labels with this value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Incidents that match `when` go to the targets in `to`."""

    to: tuple[str, ...]
    """Names of targets."""
    when: Matcher = field(default_factory=Matcher)
    """Without one: every incident."""
    continue_: bool = False
    """Whether the routes below are asked too."""

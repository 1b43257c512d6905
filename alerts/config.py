"""What the configuration says about alerts, as the rest of this room reads it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from alerts.templates import Templates
from model.finding import Severity

Digest = Literal["daily", "weekly"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """Hours in which only critical alerts come through; the others wait for their end."""

    begin: time
    end: time
    """On the next day when it is not after `begin`."""
    zone: ZoneInfo
    days: frozenset[int] = frozenset(range(7))
    """The days on which it begins, Monday is 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Somewhere a message can go."""

    name: str
    """What routes and lists call it."""
    url: str = field(repr=False)
    """`https://…` (our webhook), `jsonl:PATH` (JSON lines), or any Apprise URL; one recipient. It may hold a token."""
    secret: str | None = field(default=None, repr=False)
    """Signs what our webhook sends."""
    quiet: Quiet | None = None
    fallback: str | None = None
    """The target that gets what this one refuses for good."""
    per_minute: int | None = None
    """Messages a minute at most; None: as many as there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matcher:
    """Which incidents a route or a silence takes; each part that is set must hold, an empty one always does."""

    severity: Severity | None = None
    """At or above."""
    detector: tuple[str, ...] = ()
    """One of its findings is of one of these detectors."""
    owner: tuple[str, ...] = ()
    """The key's owner is one of these."""
    team: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    """The key's environment is one of these."""
    key: tuple[str, ...] = ()
    """The key's id or name is one of these; `*` stands for anything."""
    source: tuple[str, ...] = ()
    """A finding is about one of these sources."""
    ip: tuple[str, ...] = ()
    """Its address is one of these, or in one of these blocks."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """The key has each of these labels with this value."""
    older: timedelta | None = None
    """The incident began at least so long ago."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """Who is told when nobody acknowledged an incident in time."""

    after: timedelta
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Incidents that match `when` go to the targets in `to`."""

    to: tuple[str, ...]
    """Names of targets; `@owner` is the target of the key's owner, or of the owner's team."""
    when: Matcher = field(default_factory=Matcher)
    """Without one: every incident."""
    continue_: bool = False
    """Whether the routes below are asked too."""
    digest: Digest | None = None
    """Not one by one, but summed up once a day or a week."""
    escalate: Escalation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When people are told, and when they are spared. Where Alertmanager has one, defaults are its own."""

    group_wait: timedelta = timedelta(seconds=15)
    """How long a new incident waits for what belongs to it: half of Alertmanager's (docs/why.md)."""
    update: timedelta = timedelta(minutes=5)
    """Between two messages about changes, at the least; a rise in severity does not wait."""
    reminder: timedelta | None = timedelta(hours=4)
    """Between two messages about an incident that stays open and that nobody acknowledged."""
    flap: timedelta = timedelta(minutes=5)
    """How long the first return of a resolved incident is held back; each further one within a day twice as long."""
    storm: int = 20
    """Messages a minute to one target; what comes beyond is summed up."""
    digest_at: time = time(9, 0)
    """When daily and weekly digests leave; weekly ones on Mondays."""
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))


AT_ONCE = Timing(group_wait=timedelta(0))
"""For a single pass: nothing more comes that would be worth waiting for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Everything that decides who is told what and when."""

    routes: tuple[Route, ...] = ()
    targets: Mapping[str, Target] = field(default_factory=dict)
    """By name."""
    owners: Mapping[str, str] = field(default_factory=dict)
    """Owner or team to the name of a target, for `@owner`."""
    timing: Timing = AT_ONCE
    link_base: str | None = None
    """The dashboard's URL."""
    templates: Templates = field(default_factory=Templates)
    """The user's own words."""

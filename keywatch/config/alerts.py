"""The tables of [alerts]: targets, routes, and when people are told."""

from datetime import time
from typing import Any, Literal

from pydantic import ConfigDict, Field

from keywatch.config.section import Section


class QuietConfig(Section):
    """Hours in which a target gets critical alerts only; the others wait for their end."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    begin: time = Field(alias="from", description="When they begin: `22:00`.")
    end: time = Field(alias="to", description="When they end: `07:00`, on the next day if that is earlier.")
    zone: str = Field(default="UTC", description="The zone of both: `Europe/Berlin`.")
    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = Field(
        default=(), description="The days on which they begin; empty: every day."
    )


class TargetConfig(Section):
    """Where alerts go."""

    name: str = Field(pattern=r"^[^@:](.*[^:])?$", description="What routes call it.")
    url: str = Field(
        description="An Apprise URL, https://… for our own webhook, jsonl:PATH, or a reference to one.",
    )
    secret: str | None = Field(
        default=None, description="Reference to the secret that signs what our own webhook sends (HMAC-SHA256)."
    )
    quiet: QuietConfig | None = Field(default=None, description="Quiet hours; critical alerts come through.")
    fallback: str | None = Field(default=None, description="The target that gets what this one refuses for good.")
    per_minute: int | None = Field(default=None, ge=1, description="Messages a minute at most.")


class EscalateConfig(Section):
    """Who is told when nobody acknowledges."""

    after: str = Field(description="How long after the first message: `15m`.")
    to: tuple[str, ...] = Field(description="Names of targets.")


class RouteConfig(Section):
    """Which incidents go to which targets; the first that matches wins unless it says `continue`."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    when: dict[str, Any] = Field(
        default={},
        description="severity (at or above), detector, owner, team, environment, key (name or id, with *), source, ip"
        " (address or block), labels, older (the incident's age).",
    )
    to: tuple[str, ...] = Field(
        description="Names of targets; `@owner` is that of the key's owner or team; `[]`: nobody is told."
    )
    continue_: bool = Field(default=False, alias="continue", description="Go on to the next route.")
    digest: Literal["daily", "weekly"] | None = Field(
        default=None, description="Sum them up once a day or a week instead of telling each."
    )
    escalate: EscalateConfig | None = Field(
        default=None, description="{ after, to }: who is told when nobody acknowledged in time."
    )


class TemplatesConfig(Section):
    """Your own words: Jinja2 templates in files, relative to the config; see docs/alerts.md for what they see."""

    title: str | None = Field(default=None, description="File with the template of the title.")
    body: str | None = Field(default=None, description="File with the template of the text.")


class AlertsConfig(Section):
    """Who is told what."""

    targets: tuple[TargetConfig, ...] = ()
    routes: tuple[RouteConfig, ...] = ()
    owners: dict[str, str] = Field(default={}, description="Owner or team to the target that `@owner` stands for.")
    group_wait: str = Field(
        default="15s", description="How long a new incident waits for what belongs to it, in `keywatch run`."
    )
    update: str = Field(
        default="5m", description="Between two messages about changes; a rise in severity comes at once."
    )
    reminder: str = Field(
        default="4h", description="Between reminders of an incident that nobody acknowledged; `0s`: none."
    )
    templates: TemplatesConfig = TemplatesConfig()
    storm: int = Field(default=20, ge=1, description="Messages a minute to a target; the rest is summed up.")
    digest_at: time = Field(default=time(9, 0), description="When daily and weekly (Monday's) digests leave.")
    zone: str = Field(default="UTC", description="The zone of digest_at.")
    longest_silence: str = Field(default="30d", description="The longest silence that can be added.")
    watchers: tuple[str, ...] | None = Field(
        default=None, description="Targets that hear of one that refuses for good; left out: all others."
    )
    heartbeat: str | None = Field(
        default=None,
        description="A URL (or a reference to one) that is asked after each good round of `keywatch run`, for a"
        " dead man's switch such as Healthchecks.",
    )

"""The config's targets, routes and timing, as the room alerts reads them."""

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from alerts.channels.open import open_target
from alerts.config import Escalation, Quiet, Route, Target, Telling, Timing
from alerts.matching import matcher_of
from alerts.routing import names
from alerts.templates import Templates, template
from keywatch.config.alerts import QuietConfig, RouteConfig, TargetConfig
from keywatch.config.references import resolve
from keywatch.workspace import Workspace
from model.errors import ConfigError, DeliveryError, UsageError
from model.window import parse_duration

if TYPE_CHECKING:
    from jinja2 import Template

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_AT_ONCE = timedelta(0)


def telling(workspace: Workspace, *, waiting: bool = False) -> Telling:
    """Who is told what and when; targets without their URLs, which only the deliverer needs.

    With `waiting` a new incident waits for what belongs to it, as `keywatch run` does; a single pass tells at once.
    Raises ConfigError for a name that is no target, a zone or a duration that is none.
    """
    config = workspace.config.alerts
    routes = tuple(_route(route) for route in config.routes)
    known = {target.name for target in config.targets}
    named = [("[[alerts.routes]] sends to", name) for name in sorted(names(routes))]
    named += [("[alerts.owners] sends to", name) for name in config.owners.values()]
    named += [(f"The target {one.name} falls back to", one.fallback) for one in config.targets if one.fallback]
    named += [("[alerts] watchers has", name) for name in config.watchers or ()]
    for what, name in named:
        if name not in known:
            msg = f"{what} {name!r}, which is no target."
            raise ConfigError(msg, hint=f"The targets are: {', '.join(sorted(known)) or 'none'}.")
    return Telling(
        routes=routes,
        targets={target.name: _target(target, url="") for target in config.targets},
        owners=config.owners,
        timing=_timing(workspace, waiting=waiting),
        link_base=workspace.config.dashboard.link,
        templates=_templates(workspace),
    )


def targets(workspace: Workspace) -> list[Target]:
    """The targets, with their references resolved. Raises ConfigError."""
    return [
        _target(
            target,
            url=_anchored(resolve(target.url, root=workspace.root, what=f"The target {target.name}"), workspace),
            secret=_secret(target, workspace),
        )
        for target in workspace.config.alerts.targets
    ]


def usable(workspace: Workspace) -> list[Target]:
    """The targets, each with a URL that a channel can use; nothing is connected. Raises ConfigError."""
    known = targets(workspace)
    for target in known:
        try:
            open_target(target)
        except DeliveryError as error:
            raise ConfigError(error.what, hint=error.hint) from None
    return known


def watchers(workspace: Workspace) -> tuple[str, ...]:
    """The targets that hear of one that refuses for good: those of the config, or all (never the broken one itself)."""
    config = workspace.config.alerts
    return tuple(target.name for target in config.targets) if config.watchers is None else config.watchers


def longest_silence(workspace: Workspace) -> timedelta:
    """How long a silence may be."""
    return _duration(workspace.config.alerts.longest_silence, "longest_silence")


def _templates(workspace: Workspace) -> Templates:
    config = workspace.config.alerts.templates
    return Templates(title=_template(workspace, config.title), body=_template(workspace, config.body))


def _template(workspace: Workspace, name: str | None) -> "Template | None":
    if name is None:
        return None
    path = workspace.root / name
    try:
        return template(path.read_text(encoding="utf-8"), where=f"[alerts.templates] {name}")
    except (OSError, UnicodeError) as error:
        msg = f"[alerts.templates] names {path}, which cannot be read: {error}."
        raise ConfigError(msg, hint="Name a file beside keywatch.toml.") from None


def _timing(workspace: Workspace, *, waiting: bool) -> Timing:
    config = workspace.config.alerts
    reminder = _duration(config.reminder, "reminder")
    return Timing(
        group_wait=_duration(config.group_wait, "group_wait") if waiting else _AT_ONCE,
        update=_duration(config.update, "update"),
        reminder=reminder or None,
        storm=config.storm,
        digest_at=config.digest_at,
        zone=zone_of(config.zone, "[alerts] zone"),
    )


def _target(target: TargetConfig, *, url: str, secret: str | None = None) -> Target:
    return Target(
        name=target.name,
        url=url,
        secret=secret,
        quiet=_quiet(target.quiet, target.name) if target.quiet else None,
        fallback=target.fallback,
        per_minute=target.per_minute,
    )


def _secret(target: TargetConfig, workspace: Workspace) -> str | None:
    if target.secret is None:
        return None
    return resolve(target.secret, root=workspace.root, what=f"The secret of the target {target.name}")


def _quiet(quiet: QuietConfig, name: str) -> Quiet:
    days = frozenset(_DAYS.index(day) for day in quiet.days or _DAYS)
    zone = zone_of(quiet.zone, f"The quiet hours of the target {name}: zone")
    return Quiet(begin=quiet.begin, end=quiet.end, zone=zone, days=days)


def _route(route: RouteConfig) -> Route:
    escalate = None
    if route.escalate:
        after = _duration(route.escalate.after, "routes escalate after")
        escalate = Escalation(after=after, to=route.escalate.to)
    return Route(
        to=route.to,
        when=matcher_of(route.when, where="[[alerts.routes]] when"),
        continue_=route.continue_,
        digest=route.digest,
        escalate=escalate,
    )


def _anchored(url: str, workspace: Workspace) -> str:
    for scheme in ("jsonl:", "ocsf+jsonl:"):
        if url.startswith(scheme):
            return f"{scheme}{workspace.root / url.removeprefix(scheme)}"
    return url


def zone_of(name: str, what: str) -> ZoneInfo:
    """The zone of that name; `what` says where it stands. Raises ConfigError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        msg = f"{what} is {name!r}, which is no time zone."
        raise ConfigError(msg, hint="Write a name of the IANA database: Europe/Berlin, UTC.") from None


def _duration(text: str, what: str) -> timedelta:
    try:
        return parse_duration(text)
    except UsageError as error:
        msg = f"[alerts] {what} is {text!r}."
        raise ConfigError(msg, hint=error.hint) from None

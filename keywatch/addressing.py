"""The config's targets and routes, as the room alerts reads them."""

from alerts.config import Matcher, Route, Target
from keywatch.config import RouteConfig
from keywatch.references import resolve
from keywatch.workspace import Workspace
from model.errors import ConfigError
from model.finding import Severity


def routes(workspace: Workspace) -> list[Route]:
    """The routing table. Raises ConfigError for a route to a target that there is not."""
    known = {target.name for target in workspace.config.alerts.targets}
    for route in workspace.config.alerts.routes:
        for name in route.to:
            if name not in known:
                msg = f"[[alerts.routes]] sends to {name!r}, which is no target."
                raise ConfigError(msg, hint=f"The targets are: {', '.join(sorted(known)) or 'none'}.")
    return [_route(route) for route in workspace.config.alerts.routes]


def targets(workspace: Workspace) -> list[Target]:
    """The targets, with their references resolved. Raises ConfigError."""
    return [
        Target(
            name=target.name,
            url=_anchored(resolve(target.url, root=workspace.root, what=f"The target {target.name}"), workspace),
        )
        for target in workspace.config.alerts.targets
    ]


def _anchored(url: str, workspace: Workspace) -> str:
    scheme, _, path = url.partition(":")
    return f"{scheme}:{workspace.root / path}" if scheme == "jsonl" else url


def _route(route: RouteConfig) -> Route:
    when = dict(route.when)
    unknown = set(when) - {"severity", "detector", "owner", "environment", "labels"}
    if unknown:
        msg = f"[[alerts.routes]] when has no {min(unknown)!r}."
        raise ConfigError(msg, hint="It takes: severity, detector, owner, environment, labels.")
    try:
        severity = Severity(when["severity"]) if "severity" in when else None
    except ValueError:
        msg = f"[[alerts.routes]] severity {when['severity']!r} is none."
        raise ConfigError(msg, hint="It is one of: info, low, medium, high, critical.") from None
    matcher = Matcher(
        severity=severity,
        detector=_several(when.get("detector")),
        owner=_several(when.get("owner")),
        environment=_several(when.get("environment")),
        labels=when.get("labels", {}),
    )
    return Route(to=route.to, when=matcher, continue_=route.continue_)


def _several(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(str(one) for one in value) if isinstance(value, (list, tuple)) else (str(value),)

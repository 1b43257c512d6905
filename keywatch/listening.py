"""The table [dashboard] in the dashboard's words, with its references looked up."""

import hashlib
import hmac

from dashboard.login.roles import Grant, Policy, Role
from dashboard.server.serve import Listening, Provider
from keywatch.config.dashboard import LoginConfig
from keywatch.config.references import resolve
from keywatch.workspace import Workspace
from model.errors import ConfigError, UsageError
from model.window import parse_duration

_WELL_KNOWN = "/.well-known/openid-configuration"


def listening(
    workspace: Workspace, *, address: str | None = None, port: int | None = None, headless: bool = True
) -> Listening:
    """Where it listens; `address` and `port` go above the config's. Raises ConfigError."""
    config = workspace.config.dashboard
    return Listening(
        address=address or config.address,
        port=port or config.port,
        link=config.link,
        headless=headless,
        provider=None if config.login is None else _provider(workspace, config.login),
        # Made of the pepper: whoever has the database alone cannot make a login, and a restart ends none.
        cookie_secret=hmac.new(workspace.pepper.key, b"keywatch dashboard cookies 1", hashlib.sha256).hexdigest(),
    )


def policy(workspace: Workspace) -> Policy | None:
    """Who gets in; None: nobody logs in. Raises ConfigError when nobody could, or the session is no duration."""
    login = workspace.config.dashboard.login
    if login is None:
        return None
    grants = tuple(
        Grant(role=role, users=frozenset(given.users), groups=frozenset(given.groups))
        for role in Role
        if (given := getattr(login.roles, role.value)).users or given.groups
    )
    if not grants:
        msg = "[dashboard.login.roles] gives nobody a role, so nobody could see anything."
        raise ConfigError(msg, hint='[dashboard.login.roles.admin] users = ["you@example.com"]')
    try:
        session = parse_duration(login.session)
    except UsageError as error:
        msg = f"[dashboard.login] session is {login.session!r}."
        raise ConfigError(msg, hint=error.hint) from None
    return Policy(grants=grants, claim=login.groups, session=session)


def metrics_token(workspace: Workspace) -> str | None:
    """What /metrics asks for. Raises ConfigError."""
    reference = workspace.config.dashboard.metrics_token
    if reference is None:
        return None
    return _secret(workspace, reference, "[dashboard] metrics_token")


def _provider(workspace: Workspace, login: LoginConfig) -> Provider:
    issuer = login.issuer.rstrip("/")
    return Provider(
        metadata_url=issuer if issuer.endswith(_WELL_KNOWN) else issuer + _WELL_KNOWN,
        client_id=login.client_id,
        client_secret=_secret(workspace, login.client_secret, "[dashboard.login] client_secret"),
    )


def _secret(workspace: Workspace, reference: str, what: str) -> str:
    found = resolve(reference, root=workspace.root, what=what)
    if not found:
        msg = f"{what} is empty."
        raise ConfigError(msg, hint="Write the secret into what the reference names.")
    return found

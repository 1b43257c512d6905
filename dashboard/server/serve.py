"""Starts the dashboard: Streamlit with the options that a security tool needs, and what it is handed."""

import importlib.util
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from dashboard.server.theme import THEME
from model.errors import ConfigError
from model.visitor import is_loopback

if TYPE_CHECKING:
    from dashboard.services import Services

_COOKIES: Final = "STREAMLIT_SERVER_COOKIE_SECRET"
"""Where Streamlit looks for what signs the cookies of a login on its way and against forged requests."""

_OPTIONS: Final[Mapping[str, object]] = {
    "browser.gatherUsageStats": False,
    "client.showErrorDetails": "none",
    "client.showErrorLinks": False,
    "client.toolbarMode": "minimal",
    "global.developmentMode": False,
    "logger.hideWelcomeMessage": True,
    # After each run, a fragment's too, it would look through every object of the process: more than a warm page takes.
    "runner.postScriptGC": False,
    "server.enableAgentApi": False,
    "server.enableCORS": True,
    "server.enableStaticServing": False,
    "server.enableXsrfProtection": True,
    "server.xsrfCookieSameSite": "strict",
    "server.fileWatcherType": "none",
    "server.runOnSave": False,
    "server.showEmailPrompt": False,
    # A header that names the user would count for more than the login's cookie.
    "server.trustedUserHeaders": {},
}
"""What does not depend on the workspace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Who logs people in: an OpenID Connect provider, and what it knows us by."""

    metadata_url: str
    client_id: str
    client_secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """Where the dashboard is."""

    address: str = "127.0.0.1"
    port: int = 8501
    link: str | None = None
    """As people open it; None: http:// with address and port."""
    headless: bool = True
    provider: Provider | None = None
    cookie_secret: str = ""
    """Signs the cookies; the same over restarts, so that nobody has to log in again."""

    @property
    def own(self) -> bool:
        """Whether nobody but this machine reaches it."""
        return is_loopback(self.address)

    @property
    def hosts(self) -> list[str]:
        """The names that a browser may call it by."""
        named = urlsplit(self.link).hostname if self.link else None
        return list(dict.fromkeys([*filter(None, [named, self.address]), "localhost", "127.0.0.1", "::1"]))


def check(listening: Listening) -> None:
    """Raise ConfigError where it would be open to everybody, or a login could not work or would not be safe."""
    if importlib.util.find_spec("streamlit") is None:
        msg = "The dashboard needs Streamlit, which is not installed."
        raise ConfigError(msg, hint="pip install 'keywatch[dashboard]'")
    if listening.provider is None:
        if not listening.own:
            msg = f"The dashboard would be open to everybody who reaches {listening.address}: nobody has to log in."
            hint = (
                "Set [dashboard.login], which docs/dashboard.md explains, or listen on 127.0.0.1 and come through"
                f" ssh -L {listening.port}:127.0.0.1:{listening.port} HOST."
            )
            raise ConfigError(msg, hint=hint)
        return
    if listening.link is None:
        msg = "[dashboard.login] needs [dashboard] link: the provider sends people back to it."
        raise ConfigError(msg, hint='link = "https://keywatch.example.com"')
    for what, url in (
        ("[dashboard] link", listening.link),
        ("[dashboard.login] issuer", listening.provider.metadata_url),
    ):
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
            msg = f"{what} is {url}: a login over anything but https can be listened to."
            raise ConfigError(msg, hint="Put a proxy with TLS before the dashboard, and name its https:// address.")


def options(listening: Listening) -> dict[str, object]:
    """Streamlit's options. Raises ConfigError as `check` does."""
    check(listening)
    return {
        **_OPTIONS,
        **THEME,
        "server.address": listening.address,
        "server.port": listening.port,
        "server.headless": listening.headless,
        "server.baseUrlPath": base_path(listening).strip("/"),
        "server.allowedHosts": listening.hosts,
        "server.corsAllowedOrigins": [_origin(listening.link)] if listening.link else [],
        "browser.serverAddress": listening.hosts[0],
    }


def base_path(listening: Listening) -> str:
    """The path that all addresses of the dashboard begin with, without a slash at its end; mostly nothing."""
    path = urlsplit(listening.link).path.strip("/") if listening.link else ""
    return f"/{path}" if path else ""


def secrets(listening: Listening) -> dict[str, Any]:
    """What Streamlit reads as its secrets; handed over in memory, in no file and on no command line."""
    provider = listening.provider
    if provider is None or listening.link is None:
        return {}
    auth = {
        "redirect_uri": listening.link.rstrip("/") + "/oauth2callback",
        "cookie_secret": listening.cookie_secret,
        "client_id": provider.client_id,
        "client_secret": provider.client_secret,
        "server_metadata_url": provider.metadata_url,
    }
    return {"auth": auth}


def serve(listening: Listening, services: "Services", given: Mapping[str, str]) -> None:
    """Serve until SIGTERM or Ctrl-C; `given` as `environment` has it. Raises ConfigError as `check` does."""
    wanted = options(listening)
    os.environ.update(given)
    if listening.cookie_secret:
        os.environ[_COOKIES] = listening.cookie_secret
    from dashboard.server.application import application
    from dashboard.services import give

    give(services)
    application(listening, services).run(config=wanted)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"

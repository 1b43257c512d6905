"""Starts the dashboard: Streamlit with the options that a security tool needs, and the store handed over."""

import importlib.util
import ipaddress
import os
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final, NoReturn

from alerts.acts import LONGEST
from dashboard.theme import THEME
from model.errors import ConfigError

STATE_URL: Final = "KEYWATCH_STATE_URL"
"""The environment variable with the state's URL."""
EVENTS: Final = "KEYWATCH_EVENTS"
"""The environment variable with the folder of the event segments."""
OBJECTS: Final = "KEYWATCH_EVENTS_OBJECTS"
"""Where events are if in no folder: the URL and fsspec's options as JSON; the folder is for what is fetched then."""
CONFIG: Final = "KEYWATCH_CONFIG"
"""The environment variable with the path of keywatch.toml."""

AUDIT_KEY: Final = "KEYWATCH_AUDIT_KEY_HEX"
"""The environment variable with the key of the audit log; only this process and its user can read it."""
LONGEST_SILENCE: Final = "KEYWATCH_LONGEST_SILENCE_SECONDS"
"""The environment variable with the longest silence that may be added."""

_OPTIONS: Final[Mapping[str, str]] = {
    "browser.gatherUsageStats": "false",
    "client.showErrorDetails": "none",
    "client.showErrorLinks": "false",
    "client.toolbarMode": "minimal",
    "global.developmentMode": "false",
    "logger.hideWelcomeMessage": "true",
    "server.enableAgentApi": "false",
    "server.enableCORS": "true",
    "server.enableStaticServing": "false",
    "server.enableXsrfProtection": "true",
    "server.xsrfCookieSameSite": "strict",
    "server.fileWatcherType": "none",
    "server.runOnSave": "false",
    "server.showEmailPrompt": "false",
}
"""What does not depend on the workspace."""


def command(*, address: str = "127.0.0.1", port: int = 8501, headless: bool = True) -> list[str]:
    """The command that serves the dashboard on `address` and `port`; with `headless` no browser is opened.

    Raises ConfigError for an address that is not this machine's own: there is no login yet.
    """
    _refuse_others(address)
    _refuse_without_streamlit()
    options = {
        **_OPTIONS,
        **THEME,
        "server.address": address,
        "server.port": str(port),
        "server.headless": str(headless).lower(),
        "browser.serverAddress": address,
    }
    main = Path(__file__).with_name("main.py")
    return [sys.executable, "-m", "streamlit", "run", str(main), *(f"--{k}={v}" for k, v in options.items())]


def environment(
    *,
    config: Path,
    state_url: str,
    events: Path,
    longest_silence: timedelta = LONGEST,
    audit_key: bytes = b"",
) -> dict[str, str]:
    """This process's environment and, in it, which store to show.

    The state's URL may hold a password, so it goes by the environment and not by the command line.
    """
    given = {
        STATE_URL: state_url,
        EVENTS: str(events.resolve()),
        CONFIG: str(config.resolve()),
        LONGEST_SILENCE: str(int(longest_silence.total_seconds())),
        AUDIT_KEY: audit_key.hex(),
    }
    return {**os.environ, **given}


def serve(
    *,
    config: Path,
    state_url: str,
    events: Path,
    longest_silence: timedelta = LONGEST,
    audit_key: bytes = b"",
    address: str = "127.0.0.1",
    port: int = 8501,
    headless: bool = False,
) -> NoReturn:
    """Become the dashboard: this process turns into Streamlit's, so that signals and exit codes are its own.

    Close the store before. Raises ConfigError as `command` does.
    """
    words = command(address=address, port=port, headless=headless)
    sys.stdout.flush()
    sys.stderr.flush()
    given = environment(
        config=config, state_url=state_url, events=events, longest_silence=longest_silence, audit_key=audit_key
    )
    os.execve(words[0], words, given)  # noqa: S606 (our own words, no shell)


def _refuse_others(address: str) -> None:
    try:
        local = address == "localhost" or ipaddress.ip_address(address).is_loopback
    except ValueError:
        local = False
    if not local:
        msg = f"The dashboard would be open to everybody who reaches {address}: it has no login yet."
        hint = "Use 127.0.0.1, and reach it from elsewhere through ssh -L 8501:127.0.0.1:8501 HOST."
        raise ConfigError(msg, hint=hint)


def _refuse_without_streamlit() -> None:
    if importlib.util.find_spec("streamlit") is None:
        msg = "The dashboard needs Streamlit, which is not installed."
        raise ConfigError(msg, hint="pip install 'keywatch[dashboard]'")

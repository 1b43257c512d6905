"""Whether servers answer: targets of alerts, and who logs people in to the dashboard. Nothing is sent to them."""

import json
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from keywatch.alerting.addressing import targets
from keywatch.doctor.remark import Remark, fine, warning, wrong
from keywatch.listening import listening
from keywatch.workspace import Workspace

_SECONDS: Final = 5.0
_PORTS: Final = {"http": 80, "https": 443, "json": 80, "jsons": 443, "syslog": 514}
_BY_PACKETS: Final = frozenset({"syslog"})
"""Schemes that no connection is made for."""
_LONGEST: Final = 1 << 20


def reached(workspace: Workspace, _now: datetime) -> Iterator[Remark]:
    """The host of each target that its URL names takes a connection; nothing is said to it."""
    for target in targets(workspace):
        parts = urlsplit(target.url)
        if parts.scheme not in _PORTS or not parts.hostname:
            continue
        try:
            if parts.scheme in _BY_PACKETS:
                socket.getaddrinfo(parts.hostname, None)
            else:
                socket.create_connection((parts.hostname, parts.port or _PORTS[parts.scheme]), _SECONDS).close()
        except OSError as error:
            said = f"The target {target.name} cannot be reached: {error.strerror or error}."
            yield warning("alerts", said, f"keywatch alerts test --target {target.name}, and look at the firewall.")


def logins(workspace: Workspace, _now: datetime) -> Iterator[Remark]:
    """The provider of [dashboard.login] tells of itself what a login needs."""
    provider = listening(workspace).provider
    if provider is None:
        return
    url = provider.metadata_url
    remedy = "Check [dashboard.login] issuer, and that this machine reaches it."
    try:
        request = urllib.request.Request(url, headers={"User-Agent": "keywatch"})  # noqa: S310 (https, or loopback)
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310 (checked with the config)
            told = json.loads(answer.read(_LONGEST))
        missing = [one for one in ("authorization_endpoint", "token_endpoint", "jwks_uri") if one not in told]
    except (OSError, urllib.error.URLError, ValueError, TypeError) as error:
        reason = getattr(error, "reason", None) or error
        yield wrong("dashboard", f"{url} does not answer as a login provider: {reason}.", remedy)
        return
    if missing:
        yield wrong("dashboard", f"{url} names no {', '.join(missing)}.", remedy)
    else:
        yield fine("dashboard", "The login's provider answers.")

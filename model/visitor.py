"""Who asks a server of ours over HTTP: somebody who has its token, this machine itself, or anybody."""

import hmac
import ipaddress
from collections.abc import Mapping
from typing import Final

_FORWARDED: Final = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
"""Headers by which proxies say that a request is somebody else's."""


def is_loopback(host: str) -> bool:
    """Whether a name or an address is this machine's own."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def may_see_metrics(token: str | None, *, peer: str, host: str, headers: Mapping[str, str]) -> bool:
    """With the token, or, where none is set, from this machine itself.

    A proxy on this machine is this machine too, so a request that came through one, or that names another `host`
    (without its port), is not. `headers` are looked up in small letters.
    """
    if token is not None:
        given = headers.get("authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
    if any(headers.get(name) is not None for name in _FORWARDED):
        return False
    return is_loopback(peer) and is_loopback(host)

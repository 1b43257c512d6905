"""Client addresses: whose request it was behind proxies, and how much of that is kept.

Behind proxies the client is the right-most address that no trusted proxy has: X-Forwarded-For and Forwarded (RFC 7239)
grow to the right, and all that stands left of the first untrusted one is the client's own claim. Without a list of
proxies the peer counts, for a client may send such a header itself. A request without a peer (a log that writes only
the header) takes the last address: the proxy that wrote the log added it.

An address is written as RFC 5952 has it: IPv4 within IPv6 as IPv4, no zone, no port. A host name stays, in small
letters. `unknown`, `_hidden` and what is neither address nor name become null, and so does a token.
"""

import re
from collections.abc import Callable, Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_network
from socket import AF_INET, AF_INET6, inet_ntop, inet_pton
from typing import Final, Literal, NamedTuple

from ingest.fingerprint import Pepper
from ingest.redact import redact
from model.errors import ConfigError

Mode = Literal["full", "truncated", "pseudonymised"]
Network = IPv4Network | IPv6Network

PRIVATE: Final = "private"
"""The word for all private, loopback and link-local networks, in a list of proxies."""
_PRIVATE: Final = (
    *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16"),
    *("::1/128", "fc00::/7", "fe80::/10"),
)
_MAPPED: Final = bytes(10) + b"\xff\xff"
"""IPv4 within IPv6: ::ffff:0:0/96."""
_KEPT: Final = 6
"""Octets of a /48."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,252}", re.ASCII)
_LETTER = re.compile(r"[A-Za-z]", re.ASCII)
_FOR = re.compile(r"(?i:(?:^|[;,\s])for)\s*=\s*(?:\"([^\"]*)\"|([^;,\s]*))")
_DIGITS: Final = 16
_NOBODY: Final = frozenset({"", "-", "unix", "unknown", "none", "null", "(null)", "undefined"})


class Address(NamedTuple):
    """An address as it is stored; null when the log tells none."""

    ip: str | None
    network: str | None
    """/24, or /48 for IPv6; a host name is its own."""


def networks(proxies: Sequence[str]) -> tuple[Network, ...]:
    """The networks of a list of addresses, CIDR blocks and the word `private`. Raises ConfigError for another text."""
    found: list[Network] = []
    for text in proxies:
        try:
            found += [ip_network(each, strict=False) for each in (_PRIVATE if text == PRIVATE else (text,))]
        except ValueError:
            msg = f"{text!r} in trusted_proxies is no address."
            raise ConfigError(msg, hint="Write addresses, blocks such as 10.0.0.0/8, or `private`.") from None
    return tuple(found)


def resolve(
    pairs: Sequence[tuple[str | None, str | None]], *, proxies: Sequence[Network], mode: Mode, pepper: Pepper
) -> list[Address]:
    """What is stored of each distinct (peer, forwarded)."""
    return shown(clients(pairs, proxies), mode, pepper)


def clients(pairs: Sequence[tuple[str | None, str | None]], proxies: Sequence[Network]) -> list[str | None]:
    """The client's whole address of each distinct (peer, forwarded), for GeoIP; `shown` tells what is stored of it."""
    if not proxies:
        return [address(peer) if peer else _last(chain) for peer, chain in pairs]
    trusted = _trust(proxies)
    return [_behind(peer, chain, trusted) for peer, chain in pairs]


def shown(found: Sequence[str | None], mode: Mode, pepper: Pepper) -> list[Address]:
    """What is stored of each of `clients`.

    full: the address. truncated: its network in place of it, a host name without its first part. pseudonymised: the
    keyed HMAC of the address, and of the network: who holds the pepper can link them again, so they remain personal
    data.
    """
    if mode == "full":
        return [Address(ip, network_of(ip)) if ip else Address(None, None) for ip in found]
    if mode == "truncated":
        kept = [_truncated(ip) if ip else None for ip in found]
        return [Address(network, network) for network in kept]
    digest, version = pepper.digester(), pepper.version

    def hidden(kind: str, text: str) -> str:
        # The kind is a part of the text: an address never shares its pseudonym with a network or a key.
        return f"{kind}-{version}-{digest(f'{kind}:{text}')[:_DIGITS]}"

    return [Address(hidden("ip", ip), hidden("net", network_of(ip))) if ip else Address(None, None) for ip in found]


def network_of(ip: str) -> str:
    """/24 or /48 of an address that `clients` gave; any other text, such as a host name, is its own network."""
    if ":" in ip:
        try:
            return inet_ntop(AF_INET6, inet_pton(AF_INET6, ip)[:_KEPT] + bytes(16 - _KEPT)) + "/48"
        except (OSError, ValueError):
            return ip
    head, _, last = ip.rpartition(".")
    return f"{head}.0/24" if head and last.isdecimal() else ip


def _truncated(ip: str) -> str:
    network = network_of(ip)
    return ip.partition(".")[2] if network == ip and ip.count(".") > 1 else network


def address(text: str) -> str | None:
    """One address or host name as a log writes it, with or without port, brackets and zone; null when it is neither."""
    try:
        inet_pton(AF_INET, text)
    except (OSError, ValueError):
        return _unusual(text)
    return text


def _unusual(text: str) -> str | None:
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    text = text.partition("%")[0]
    try:
        inet_pton(AF_INET, text)
    except (OSError, ValueError):
        return _six(text) if ":" in text else _name(text)
    return text


def _six(text: str) -> str | None:
    try:
        octets = inet_pton(AF_INET6, text)
    except (OSError, ValueError):
        return None
    if octets.startswith(_MAPPED):
        return inet_ntop(AF_INET, octets[len(_MAPPED) :])
    # Systems differ in ::192.0.2.1 alone; Python's own class writes it as RFC 5952 has it.
    return str(IPv6Address(octets)) if not any(octets[:10]) else inet_ntop(AF_INET6, octets)


def _name(text: str) -> str | None:
    if text.lower() in _NOBODY or not _LETTER.search(text) or not _NAME.fullmatch(text):
        return None
    if redact(text) != text:
        return None  # a secret that stands where an address should
    return text.lower().rstrip(".")


def _hops(chain: str | None) -> list[str]:
    if not chain:
        return []
    if "=" in chain:
        return [quoted or plain for quoted, plain in _FOR.findall(chain)]
    return [hop.strip() for hop in chain.split(",")]


def _last(chain: str | None) -> str | None:
    hops = _hops(chain)
    return address(hops[-1]) if hops else None


def _behind(peer: str | None, chain: str | None, trusted: Callable[[str], bool]) -> str | None:
    found = address(peer) if peer else None
    if peer and not peer.startswith("unix:") and (found is None or not trusted(found)):
        return found
    # A peer that is missing, or a socket on the same machine, is the proxy itself.
    for hop in reversed(_hops(chain)):
        # A hop that hides itself ends the chain: what stands left of it is no proxy's word.
        found = address(hop)
        if found is None or not trusted(found):
            return found
    return found


def _trust(proxies: Sequence[Network]) -> Callable[[str], bool]:
    four = [(int(net.network_address), int(net.netmask)) for net in proxies if isinstance(net, IPv4Network)]
    six = [(int(net.network_address), int(net.netmask)) for net in proxies if isinstance(net, IPv6Network)]
    known: dict[str, bool] = {}

    def trusted(ip: str) -> bool:
        found = known.get(ip)
        if found is None:
            found = _within(ip, six if ":" in ip else four)
            if len(known) < 1 << 16:
                known[ip] = found
        return found

    return trusted


def _within(ip: str, blocks: Sequence[tuple[int, int]]) -> bool:
    try:
        number = int.from_bytes(inet_pton(AF_INET6 if ":" in ip else AF_INET, ip))
    except OSError:
        return False
    return any(number & mask == base for base, mask in blocks)

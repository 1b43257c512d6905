"""Which network addresses a source may reach: public ones, and private ones only where the config says so."""

import ipaddress
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_LOW: Final = ipaddress.ip_network("::/96")
_PRIVATE: Final = tuple(
    ipaddress.ip_network(one)
    for one in ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")
)
_METADATA: Final = frozenset(
    ipaddress.ip_address(one)
    for one in ("100.100.100.200", "168.63.129.16", "169.254.169.254", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254")
)
"""Where clouds hand out credentials to whoever asks from inside."""


def why_not(text: str, *, allow_private: bool) -> str | None:
    """Why an address may not be reached, as a half sentence; None when it may."""
    given = ipaddress.ip_address(text.partition("%")[0])
    for address in (given, *_inside(given)):
        if address in _METADATA:
            return "is a cloud's metadata service"
        if any(address.version == net.version and address in net for net in _PRIVATE):
            if not allow_private:
                return "is private"
        elif address.is_multicast or not (address.is_global or _carries(address)):
            return "is no address of a server"
    return None


def is_private(text: str) -> bool:
    """Whether it is an address of a private network, or of this machine."""
    return why_not(text, allow_private=False) == "is private"


def _inside(address: Address) -> list[Address]:
    """The IPv4 addresses that an IPv6 address carries: a gateway may hand the packet on to them."""
    if not isinstance(address, ipaddress.IPv6Address):
        return []
    found: list[Address | None] = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64 or (address in _LOW and int(address) > 1):
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [one for one in found if one is not None]


def _carries(address: Address) -> bool:
    return isinstance(address, ipaddress.IPv6Address) and (address.ipv4_mapped is not None or address in _NAT64)

"""Where requests come from: addresses and clients.

All addresses are from ranges that belong to nobody: 198.18.0.0/15 (RFC 2544), the three documentation networks
(RFC 5737) and 2001:db8::/32 (RFC 3849).
"""

from collections.abc import Sequence
from typing import Final
from zlib import crc32

import numpy as np
from numpy.random import Generator

from keywatch.demo.cast import OWNERS, Temper
from keywatch.demo.keys import DemoKey
from keywatch.demo.requests import Numbers, Strings, same, strings

_SDKS: Final = (
    "aloochat-python/2.4.1",
    "aloochat-node/3.1.0",
    "axios/1.7.9",
    "Go-http-client/2.0",
    "okhttp/4.12.0",
    "python-requests/2.32.3",
    "Java-http-client/21.0.4",
    "GuzzleHttp/7",
)
_BROWSERS: Final = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
)
_PHONES: Final = (
    "AlooChat-Android/5.3.1 (Android 14; SM-A546E)",
    "AlooChat-Android/5.3.1 (Android 13; M2101K6G)",
    "AlooChat-Android/5.2.4 (Android 12; CPH2269)",
    "AlooChat-iOS/5.3.0 (iPhone15,2; iOS 18.1)",
    "AlooChat-iOS/5.3.0 (iPhone13,1; iOS 17.6)",
)
_WORKBENCH: Final = ("PostmanRuntime/7.42.0", "curl/8.9.1", "python-requests/2.32.3", "insomnia/10.1.1")

_CARRIER_NETWORKS: Final = 60
"""Networks an app's users come from; half of them IPv6."""
_WIDE: Final = 256


def addresses(key: DemoKey, count: int, rng: Generator) -> Strings:
    """The addresses of `count` requests: an app's change all the time, everybody else has one to four."""
    if key.part.temper is Temper.MOBILE:
        return strings(_carrier(crc32(key.name.encode()), count, rng))
    own = _own_addresses(key)
    return strings(own)[rng.integers(0, len(own), count)]


def agents(key: DemoKey, at: Numbers, rng: Generator, released: int) -> Strings:
    """The user agents of requests at `at`; AlooChat's own Python client has a new minor version from `released` on."""
    chosen = _clients(key)
    column = strings(chosen)[rng.integers(0, len(chosen), len(at))]
    column[np.logical_and(column == "aloochat-python/2.4.1", at >= released)] = "aloochat-python/2.5.0"
    return column


def referers(key: DemoKey, count: int) -> Strings:
    """Browsers at work name the page they are on; nobody else sends a referer."""
    browser = key.part.temper is Temper.OFFICE and not key.development
    return same("https://app.aloochat.example/inbox" if browser else "", count)


def _own_addresses(key: DemoKey) -> list[str]:
    """One to four addresses in the owner's network; every fifth service has IPv6."""
    mark = crc32(key.name.encode())
    network = 10 + list(OWNERS).index(key.part.owner)
    many = {Temper.SERVICE: 4, Temper.OFFICE: 2}.get(key.part.temper, 1)
    if key.part.temper is Temper.SERVICE and mark % 5 == 0:
        return [f"2001:db8:{network:x}::{mark % 4096 + i:x}" for i in range(1, many)]
    return [f"198.18.{network}.{10 + (mark + 7 * i) % 240}" for i in range(many)]


def _clients(key: DemoKey) -> Sequence[str]:
    mark = crc32(key.secret[:4].encode() + key.name.encode())
    if key.development:
        return _WORKBENCH[mark % 2 : mark % 2 + 3]
    if key.part.temper is Temper.MOBILE:
        return _PHONES[3:] if key.name.startswith("ios") else _PHONES[:3] if key.name.startswith("android") else _PHONES
    if key.part.temper is Temper.OFFICE:
        return _BROWSERS
    return (_SDKS[mark % len(_SDKS)],)


def _carrier(mark: int, count: int, rng: Generator) -> list[str]:
    """Addresses of phones: some networks are common, some rare, so that a new one turns up now and then."""
    weights = 1 / np.arange(1, _CARRIER_NETWORKS + 1)
    drawn = rng.choice(_CARRIER_NETWORKS, size=count, p=weights / weights.sum())
    places = rng.integers(1, _WIDE - 1, size=(count, 2))
    return [
        _phone((mark + 41 * n) % _WIDE, n % 2 == 1, *p) for n, p in zip(drawn.tolist(), places.tolist(), strict=True)
    ]


def _phone(network: int, six: bool, low: int, high: int) -> str:  # noqa: FBT001 (private, called in one place)
    return f"2001:db8:c1{network:02x}:{high:x}::{low:x}" if six else f"198.19.{network}.{low}"

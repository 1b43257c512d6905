"""What the generated log is made of: keys by a power law, their addresses and clients, routes with ids in them."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

KEYS: Final = 2_000
_ALPHABET: Final = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", dtype=np.uint8)


@dataclass(frozen=True, slots=True)
class Route:
    """One route, and how often and how it is asked."""

    weight: int
    method: str
    before: str
    id: str
    """What stands between `before` and `after`: number, uuid, page or none."""
    after: str
    status: int
    """When all is well."""
    size: int
    """Median bytes of the answer."""


ROUTES: Final = (
    Route(14, "GET", "/v1/agents/", "number", "", 200, 1850),
    Route(3, "GET", "/v1/agents?limit=50&page=", "page", "", 200, 5200),
    Route(2, "PATCH", "/v1/agents/", "number", "", 200, 1880),
    Route(9, "POST", "/v1/calls", "none", "", 202, 310),
    Route(16, "GET", "/v1/calls/", "uuid", "", 200, 1450),
    Route(5, "GET", "/v1/calls/", "uuid", "/transcript?format=text", 200, 9300),
    Route(4, "GET", "/v1/calls?from=2025-06-01&to=2025-06-15&status=done&cursor=", "page", "", 200, 21000),
    Route(12, "POST", "/v1/conversations/", "number", "/messages", 201, 540),
    Route(12, "GET", "/v1/conversations/", "number", "/messages?after=", 200, 6400),
    Route(6, "GET", "/v1/contacts/", "number", "", 200, 980),
    Route(3, "PUT", "/v1/contacts/", "number", "", 200, 1010),
    Route(2, "GET", "/v1/contacts?q=caf%C3%A9%20&limit=100&cursor=", "page", "", 200, 32000),
    Route(3, "GET", "/v1/knowledge/", "number", "/documents", 200, 7700),
    Route(2, "POST", "/v1/knowledge/", "number", "/documents", 201, 450),
    Route(1, "DELETE", "/v1/webhooks/", "number", "", 204, 0),
    Route(6, "GET", "/v1/account", "none", "", 200, 640),
)
STATUSES: Final = (0, 400, 401, 403, 404, 422, 429, 500, 502, 503)
"""0 is what the route answers when all is well."""
SHARES: Final = (0.964, 0.004, 0.006, 0.003, 0.01, 0.004, 0.005, 0.002, 0.001, 0.001)

_BROWSER: Final = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Safari/537.36"
)
_SDKS: Final = (
    "aloochat-python/2.%d.1",
    "aloochat-node/3.%d.0",
    "axios/1.%d.9",
    "okhttp/4.%d.0",
    "python-requests/2.%d.3",
)
_APPS: Final = "AlooChat-Android/5.%d.1 (Android 14; SM-A546E)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The lists that lines are dealt from."""

    secrets: list[str]
    weights: NDArray[np.float64]
    """Share of each key in all requests: the k-th most used key has 1/k to the power of 1.1 of the first."""
    hosts: list[str]
    agents: list[str]
    """One client a key."""
    addresses: list[str]
    first: NDArray[np.int64]
    """Where in `addresses` each key's own begin."""
    many: NDArray[np.int64]
    """How many it has: mostly up to four, every twentieth key 200."""


def make_vocabulary(rng: Generator) -> Vocabulary:
    """The same for the same random numbers; `KEYS` keys, a tenth of them for development."""
    weights = 1 / np.arange(1, KEYS + 1) ** 1.1
    many = np.where(rng.random(KEYS) < 0.05, 200, rng.integers(1, 5, KEYS))
    places = rng.integers(0, 1 << 17, int(many.sum())).tolist()
    development = (rng.random(KEYS) < 0.1).tolist()
    return Vocabulary(
        secrets=make_secrets(KEYS, rng),
        weights=weights / weights.sum(),
        hosts=["api.dev.aloochat.example" if d else "api.aloochat.example" for d in development],
        agents=_agents(rng),
        addresses=[f"198.{18 + (p >> 16)}.{p >> 8 & 255}.{p & 255}" for p in places],
        first=np.cumsum(many) - many,
        many=many,
    )


def make_secrets(count: int, rng: Generator) -> list[str]:
    """`count` secrets of 32 letters and digits."""
    text = _ALPHABET[rng.integers(0, len(_ALPHABET), 32 * count)].tobytes().decode()
    return [f"ac_live_{text[i : i + 32]}" for i in range(0, len(text), 32)]


def _agents(rng: Generator) -> list[str]:
    kinds = (*_SDKS, *_SDKS, _BROWSER, _APPS)
    chosen, versions = rng.integers(0, len(kinds), KEYS).tolist(), rng.integers(1, 30, KEYS).tolist()
    return [kinds[kind] % version for kind, version in zip(chosen, versions, strict=True)]

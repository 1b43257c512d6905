"""A block of requests in columns, for either format."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from benchmarks.vocabulary import KEYS, ROUTES, SHARES, STATUSES, Vocabulary, make_secrets

Column = NDArray[np.object_]
Numbers = NDArray[np.int64]

_KEYLESS: Final = 0.015
_KEY_IN_URL: Final = 0.3
_WEIGHTS: Final = np.array([route.weight for route in ROUTES]) / sum(route.weight for route in ROUTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Lists of equal length, one element a request."""

    ip: list[str]
    method: list[str]
    uri: list[str]
    host: list[str]
    status: list[int]
    sent: list[int]
    received: list[int]
    seconds: list[float]
    agent: list[str]
    token: list[str]
    key_in_url: list[bool]


def make_block(words: Vocabulary, count: int, rng: Generator) -> Block:
    """`count` requests."""
    key = rng.choice(KEYS, size=count, p=words.weights)
    route = rng.choice(len(ROUTES), size=count, p=_WEIGHTS)
    failed = np.array(STATUSES)[rng.choice(len(STATUSES), size=count, p=SHARES)]
    address = words.first[key] + (rng.random(count) * words.many[key]).astype(np.int64)
    median = np.where(failed > 0, 80, _of([r.size for r in ROUTES], route))
    return Block(
        ip=_picked(words.addresses, address),
        method=_picked([r.method for r in ROUTES], route),
        uri=_uris(route, rng),
        host=_picked(words.hosts, key),
        status=np.where(failed > 0, failed, _of([r.status for r in ROUTES], route)).tolist(),
        sent=(median * rng.lognormal(0, 0.3, count)).astype(np.int64).tolist(),
        received=rng.integers(200, 2_000, count).tolist(),
        seconds=rng.lognormal(-3.2, 0.9, count).tolist(),
        agent=_picked(words.agents, key),
        token=_tokens(words, key, failed, rng),
        key_in_url=(rng.random(count) < _KEY_IN_URL).tolist(),
    )


def _tokens(words: Vocabulary, key: Numbers, failed: Numbers, rng: Generator) -> list[str]:
    """Mostly the key; few requests carry none, and half of the 401s a secret that nobody issued."""
    column = np.array(words.secrets, dtype=object)[key]
    column[rng.random(len(key)) < _KEYLESS] = ""
    guessed = np.flatnonzero(np.logical_and(failed == 401, rng.random(len(key)) < 0.5))
    column[guessed] = np.array(make_secrets(len(guessed), rng), dtype=object)
    return list(column)


def _uris(route: Numbers, rng: Generator) -> list[str]:
    """The routes with fresh ids in their places."""
    column = np.empty(len(route), dtype=object)
    for number, r in enumerate(ROUTES):
        where = np.flatnonzero(route == number)
        column[where] = [r.before + i + r.after for i in _IDS[r.id](len(where), rng)]
    return list(column)


def _numbers(count: int, rng: Generator) -> list[str]:
    """Few are asked for often, most seldom."""
    return [str(10_007 + n * 37 % 900_000) for n in rng.zipf(1.3, count).clip(1, 1_000_000).tolist()]


def _uuids(count: int, rng: Generator) -> list[str]:
    digits = rng.bytes(16 * count).hex()
    cut = (digits[i : i + 32] for i in range(0, 32 * count, 32))
    return [f"{d[:8]}-{d[8:12]}-4{d[13:16]}-a{d[17:20]}-{d[20:]}" for d in cut]


def _pages(count: int, rng: Generator) -> list[str]:
    return [f"c{n:07x}" for n in rng.integers(0, 1 << 28, count).tolist()]


def _none(count: int, rng: Generator) -> list[str]:  # noqa: ARG001 (one shape for all kinds of id)
    return [""] * count


_IDS: Final = {"number": _numbers, "uuid": _uuids, "page": _pages, "none": _none}


def _picked(values: Sequence[str], where: Numbers) -> list[str]:
    return [values[i] for i in where.tolist()]


def _of(values: Sequence[int], where: Numbers) -> Numbers:
    return np.asarray(np.array(values)[where])

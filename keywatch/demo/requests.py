"""Requests in columns: what one access-log line tells, for many lines at once."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from zlib import crc32

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Strings = NDArray[np.object_]
"""One str an element."""
Numbers = NDArray[np.int64]
Decimals = NDArray[np.float64]
Chosen = NDArray[np.bool_] | NDArray[np.intp]
"""A mask, or positions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """Columns of equal length, one element a request, in no particular order."""

    at: Numbers
    """Seconds since 1970, UTC: nginx's `$time_iso8601` has no finer step."""
    token: Strings
    """The secret as the client sent it; empty when it sent none."""
    ip: Strings
    host: Strings
    method: Strings
    uri: Strings
    """Path and query."""
    agent: Strings
    referer: Strings
    """Empty when the client sent none."""
    status: Numbers
    sent: Numbers
    """Bytes of the answer's body."""
    received: Numbers
    """Bytes of the request, head and body."""
    seconds: Decimals
    """How long the request took."""

    def __len__(self) -> int:
        return len(self.at)

    def take(self, chosen: Chosen) -> "Requests":
        """Those that a mask keeps, or those at the given positions, in their order."""
        return Requests(**{f.name: getattr(self, f.name)[chosen] for f in fields(self)})

    def between(self, since: float, until: float) -> NDArray[np.bool_]:
        """A mask of the requests in [since, until), both in seconds since 1970."""
        return np.logical_and(self.at >= since, self.at < until)


def join(parts: Iterable[Requests]) -> Requests:
    """All requests of `parts`, one part after the other; at least one part is needed."""
    held = list(parts)
    return Requests(**{f.name: np.concatenate([getattr(p, f.name) for p in held]) for f in fields(Requests)})


def strings(values: Iterable[str]) -> Strings:
    """A column of `values`."""
    held = list(values)
    column = np.empty(len(held), dtype=object)
    column[:] = held
    return column


def same(value: str, count: int) -> Strings:
    """A column that holds `value` `count` times."""
    return np.full(count, value, dtype=object)


def stream(seed: int, name: str) -> Generator:
    """The random numbers of one part of the world: a change in one part leaves the others as they are."""
    return np.random.default_rng([seed, crc32(name.encode())])

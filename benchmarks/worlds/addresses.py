"""Addresses of customers and of attackers, out of ranges that nobody routes, and things interned into numbers."""

from collections.abc import Hashable
from ipaddress import ip_network
from typing import Final, Generic, TypeVar

import numpy as np
from numpy.random import Generator

T = TypeVar("T", bound=Hashable)
_DOCUMENTATION: Final = ("203.0.113", "198.51.100", "192.0.2")


class Book(Generic[T]):
    """Numbers things by when they were first seen, so that arrays can hold them."""

    def __init__(self) -> None:
        self.held: list[T] = []
        self._numbers: dict[T, int] = {}

    def number(self, thing: T) -> int:
        """Its number; new things get the next."""
        if thing not in self._numbers:
            self._numbers[thing] = len(self.held)
            self.held.append(thing)
        return self._numbers[thing]

    def numbers(self, things: list[T]) -> np.ndarray:
        """The numbers of several."""
        return np.array([self.number(thing) for thing in things], dtype=np.int32)


class Networks:
    """Hands out networks that nobody has yet; attackers and customers share the ranges."""

    def __init__(self, rng: Generator) -> None:
        self._rng = rng
        blocks = [f"198.{18 + (n >> 8)}.{n & 255}" for n in range(512)]
        blocks += [f"100.{64 + (n >> 8)}.{n & 255}" for n in range(16_384)]
        order = rng.permutation(len(blocks))
        self._free = [*(blocks[n] for n in order), *_DOCUMENTATION]  # taken from the end
        self._sixes = 0

    def take(self) -> str:
        """The first three bytes of a fresh /24."""
        return self._free.pop()

    def addresses(self, count: int, networks: int = 1) -> list[str]:
        """`count` distinct addresses spread over `networks` fresh /24."""
        found: list[str] = []
        for n in range(networks):
            block, share = self.take(), count // networks + (n < count % networks)
            found += [f"{block}.{host}" for host in self._rng.permutation(np.arange(2, 254))[:share]]
        return found

    def sixes(self, count: int) -> list[str]:
        """`count` IPv6 addresses of one fresh /64: a machine with privacy extensions."""
        self._sixes += 1
        ends = self._rng.integers(1, 1 << 16, (count, 4)).tolist()
        return [f"2001:db8:{self._sixes:x}:1:{':'.join(f'{part:x}' for part in end)}" for end in ends]


def network(ip: str) -> str:
    """The /24 or /48 around an address."""
    return str(ip_network(f"{ip}/{48 if ':' in ip else 24}", strict=False))

"""The stage: all requests by who makes them, for the incidents to add to and to take from."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import numpy as np
from numpy.random import Generator

from keywatch.demo.keys import DemoKey
from keywatch.demo.requests import Numbers, Requests, Strings, join, same, stream, strings
from keywatch.demo.traffic import asked


@dataclass(slots=True, kw_only=True)
class Stage:
    """What the incidents find when they begin."""

    now: int
    """Seconds since 1970: the end of the log."""
    seed: int
    keys: dict[str, DemoKey]
    """By name."""
    parts: dict[str, Requests] = field(default_factory=dict)
    """Requests by the key's name, or by the kind of what was planted."""

    def ago(self, **length: float) -> int:
        """Seconds since 1970 of a moment before `now`; `length` as timedelta takes it."""
        return int(self.now - timedelta(**length).total_seconds())

    def stream(self, name: str) -> Generator:
        """The random numbers of one incident."""
        return stream(self.seed, name)

    def clear(self, name: str, since: int, until: int) -> None:
        """Take away what the key does in [since, until)."""
        part = self.parts[name]
        self.parts[name] = part.take(~part.between(since, until))

    def change(self, name: str, since: int, until: int, changed: Requests) -> None:
        """Put `changed` in the place of what the key does in [since, until)."""
        self.clear(name, since, until)
        self.parts[name] = join([self.parts[name], changed])


def evenly(since: int, until: int, count: int) -> Numbers:
    """`count` moments from `since` to `until`, evenly spread."""
    return np.linspace(since, until, count, endpoint=False).astype(np.int64)


def scattered(since: int, until: int, count: int, rng: Generator) -> Numbers:
    """`count` moments anywhere in [since, until), in order."""
    return np.sort(rng.integers(since, until, count))


def stranger(key: DemoKey, at: Numbers, rng: Generator, ip: str, agents: tuple[str, ...]) -> Requests:
    """What somebody else asks for with `key` from `ip`, by turns with `agents`; all of it answered well."""
    turns = strings(agents)[np.arange(len(at)) % len(agents)]
    requests = asked(key, at, rng, released=0)
    return replace(requests, ip=same(ip, len(at)), agent=turns, referer=same("", len(at)))


def looking(requests: Requests, tokens: Strings) -> Requests:
    """The same requests as tries of `tokens`: they ask whose account it is."""
    count = len(requests)
    uri, method = same("/v1/account", count), same("GET", count)
    return replace(requests, token=tokens, uri=uri, method=method, received=np.full(count, 231, dtype=np.int64))

"""Requests as columns: numbers that point into books, so that millions are cheap."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

COLUMNS: Final = {
    "t": np.int64,  # ms after the world's start
    "key": np.int32,  # number of the secret; -1: no credential
    "ip": np.int32,
    "route": np.int32,
    "item": np.int64,  # what stands for the route's identifier
    "status": np.int16,
    "size": np.int64,
    "took": np.int32,  # ms
    "agent": np.int32,
    "host": np.int8,
    "place": np.int8,  # HEADER, QUERY or REFERER
    "plant": np.int32,  # number of the plant; -1: ordinary
    "delay": np.int64,  # ms until the line reaches the log
}
HEADER, QUERY, REFERER = 0, 1, 2
Columns = dict[str, np.ndarray]


def columns(count: int, **given: ArrayLike) -> Columns:
    """Columns of one length out of scalars and arrays; what is left out is 0, `plant` -1."""
    made: Columns = {}
    for name, kind in COLUMNS.items():
        value = given.pop(name, -1 if name == "plant" else 0)
        made[name] = np.broadcast_to(np.asarray(value, dtype=kind), (count,)).copy()
    if given:
        msg = f"unknown columns: {sorted(given)}"
        raise TypeError(msg)
    return made


@dataclass(slots=True)
class Log:
    """All requests of a world: parts while it is made, one table afterwards."""

    parts: list[Columns] = field(default_factory=list)

    def add(self, part: Columns) -> None:
        """Add requests."""
        if len(part["t"]):
            self.parts.append(part)

    def table(self) -> Columns:
        """All requests so far as one table, which stays the one that later changes are made in."""
        if not self.parts:
            self.parts = [columns(0)]
        if len(self.parts) > 1:
            self.parts = [{name: np.concatenate([p[name] for p in self.parts]) for name in COLUMNS}]
        return self.parts[0]

    def keep(self, mask: np.ndarray) -> None:
        """Drop the requests where `mask` is false."""
        held = self.table()
        self.parts = [{name: column[mask] for name, column in held.items()}]

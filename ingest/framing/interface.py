"""What a framing is: where whole records end, and what a run of them holds as lines."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

Numbers = np.ndarray[tuple[int], np.dtype[np.int32]]


@dataclass(frozen=True, slots=True)
class Records:
    """Records, one a line."""

    data: bytes
    numbers: Numbers | None = None
    """The number of the line in the block (from 1) that each record begins on; None: each is the line of its place."""
    envelopes: Sequence[str | None] | None = None
    """The time that the wrapper wrote beside each record, as ISO 8601 text; None: there is no wrapper."""
    skipped: Sequence[tuple[int, str]] = ()
    """(line, class) of lines that hold no record: a wrapper's own remarks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Framing:
    """How one file's bytes become records."""

    name: str
    cut: Callable[[bytes], int]
    """How many bytes from the start are whole records; what is behind them waits for more. Called with bytes that begin
    where the last cut ended."""
    records: Callable[[bytes], Records]
    """The records of bytes that `cut` found whole."""


def cut_lines(data: bytes) -> int:
    """Up to and with the last line end."""
    return data.rfind(b"\n") + 1


LINES = Framing(name="lines", cut=cut_lines, records=Records)
"""One record a line."""

"""What a framing is: where whole records end, and what a run of them holds as lines."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ingest.block import Held, Text

Numbers = np.ndarray[tuple[int], np.dtype[np.int32]]

LIMIT: Final = 16 << 20
"""Bytes that may wait for a record's end. A longer record is cut there, and its pieces are counted like any others."""


@dataclass(slots=True)
class Records:
    """Records, one a line."""

    data: bytes
    """Empty while they are held: a block's bytes are in memory once."""
    numbers: Numbers | None = None
    """The number of the line in the block (from 1) that each record begins on; None: each is the line of its place."""
    envelopes: Sequence[str | None] | None = None
    """The time that the wrapper wrote beside each record, as ISO 8601 text; None: there is no wrapper."""
    skipped: Sequence[tuple[int, str]] = ()
    """(line, class) of lines that hold no record: a wrapper's own remarks."""
    held: Held | None = None
    """The records in a file in memory."""

    @property
    def text(self) -> Text:
        """The records, wherever they are."""
        return self.data if self.held is None else self.held


@dataclass(frozen=True, slots=True, kw_only=True)
class Framing:
    """How one file's bytes become records."""

    name: str
    """`lines`, or the parts from the outside in: `cri > docker`."""
    cut: Callable[[bytes], int]
    """How many bytes from the start are whole records; what is behind them waits for more. Called with bytes that begin
    where the last cut ended."""
    records: Callable[[bytes], Records]
    """The records of bytes that `cut` found whole. What a caller takes beyond that, since nothing will follow, becomes
    records too, as far as it goes."""
    raw: bool = False
    """Whether `records` counts bytes, so that none may be dropped or replaced before it."""


def cut_lines(data: bytes) -> int:
    """Up to and with the last line end; all of a line that is longer than LIMIT."""
    end = data.rfind(b"\n") + 1
    return len(data) if not end and len(data) > LIMIT else end


LINES = Framing(name="lines", cut=cut_lines, records=Records)
"""One record a line."""

"""What a wrapper is, and how wrappers inside each other become one framing."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from ingest.framing.interface import LIMIT, Framing, Records, cut_lines

Times = list[str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Peel:
    """What lines became when a wrapper came off. Positions count from 0 in the lines that were given."""

    texts: list[bytes]
    """The records, none of which holds a line end."""
    times: Times | None
    """The wrapper's time beside each, as ISO 8601 text; None: it writes none."""
    begins: list[int] | None = None
    """The position of each record's first line, ascending; None: each line is a record."""
    ends: list[int] | None = None
    """The position of each record's last line; None: the first one."""
    skipped: Sequence[tuple[int, str]] = ()
    """(position, class) of the wrapper's own remarks."""
    open_from: int | None = None
    """The position of the first record whose end is missing. It is among the texts, as far as it goes."""

    def cut(self) -> int | None:
        """The position before which no record goes on behind it; None: all records have their ends."""
        cut, begins = self.open_from, self.begins
        if cut is None or begins is None:
            return cut
        for begin, end in zip(reversed(begins), reversed(self.ends or begins), strict=True):
            if begin < cut <= end:
                cut = begin
        return cut


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrapper:
    """One wrapper, as it was recognised in a file's head."""

    name: str
    peel: Callable[[list[bytes]], Peel]
    may_wait: Callable[[bytes], bool] | None = None
    """None: a record is one line. Else a quick look: False when no record of the block lacks its end for sure."""
    quickly: Callable[[bytes], tuple[bytes, Times] | None] | None = None
    """`peel` of a block in which each line is a whole record, as lines and times; None for any other block."""


Recognise = Callable[[Sequence[bytes], datetime | None], Wrapper | None]
"""Gives the wrapper of a head's lines, none of them blank, or None. The moment is the newest that a line without a year
can be of, if that is known."""


def lines_of(data: bytes) -> list[bytes]:
    """The lines without their ends."""
    lines = data.split(b"\n")
    if not lines[-1]:
        del lines[-1]
    return lines


def most(hits: Iterable[object], lines: Sequence[bytes]) -> bool:
    """Whether more than half of the lines fit."""
    return 2 * sum(1 for hit in hits if hit) > len(lines)


def wrapped(base: Framing, wrappers: Sequence[Wrapper]) -> Framing:
    """The framing of records of `base` inside `wrappers`, the outermost first."""
    if not wrappers:
        return base
    names = [wrapper.name for wrapper in wrappers]
    return Framing(
        name=" > ".join(names if base.cut is cut_lines else [base.name, *names]),
        cut=(lambda data: _cut(data, wrappers)) if base.cut is cut_lines else base.cut,
        records=lambda data: _records(base.records(data), wrappers),
        raw=base.raw,
    )


def peeled(whole: Peel, wrappers: Sequence[Wrapper]) -> Peel:
    """All wrappers off. The innermost wrapper that writes a time gives a record's."""
    for wrapper in wrappers:
        whole = _inside(whole, wrapper.peel(whole.texts))
    return whole


def _inside(outer: Peel, inner: Peel) -> Peel:
    begins, ends, times = outer.begins, outer.ends, outer.times
    at = range(len(outer.texts)) if begins is None else begins
    until = ends or at
    open_from = None if inner.open_from is None else at[inner.open_from]
    if inner.begins is not None:
        begins = [at[position] for position in inner.begins]
        ends = [until[position] for position in inner.ends or inner.begins]
        times = times and [times[position] for position in inner.begins]
    if times and inner.times is not None:
        times = [own or beside for own, beside in zip(inner.times, times, strict=True)]
    waiting = [position for position in (outer.open_from, open_from) if position is not None]
    return Peel(
        texts=inner.texts,
        times=times or inner.times,
        begins=begins,
        ends=ends,
        skipped=[*outer.skipped, *((at[position], kind) for position, kind in inner.skipped)],
        open_from=min(waiting, default=None),
    )


def _cut(data: bytes, wrappers: Sequence[Wrapper]) -> int:
    end = cut_lines(data)
    depth = max((depth for depth, wrapper in enumerate(wrappers, 1) if wrapper.may_wait), default=0)
    first = wrappers[0].may_wait
    if not depth or (depth == 1 and first and not first(data[:end])):
        return end
    lines = lines_of(data[:end])
    waiting = peeled(Peel(texts=lines, times=None), wrappers[:depth]).cut()
    if waiting is None:
        return end
    cut = sum(map(len, lines[:waiting])) + waiting
    return cut if len(data) - cut <= LIMIT else end


def _records(base: Records, wrappers: Sequence[Wrapper]) -> Records:
    quick = base.numbers is None and wrappers[0].quickly and wrappers[0].quickly(base.data)
    if quick and len(wrappers) == 1:
        return Records(quick[0], None, quick[1])
    if quick:
        found = peeled(Peel(texts=lines_of(quick[0]), times=quick[1]), wrappers[1:])
    else:
        times = None if base.envelopes is None else list(base.envelopes)
        found = peeled(Peel(texts=lines_of(base.data), times=times), wrappers)
    numbers = base.numbers
    if found.begins is not None:
        places = np.array(found.begins, dtype=np.int32)
        numbers = places + np.int32(1) if numbers is None else numbers[places]
    skipped = [(at + 1 if base.numbers is None else int(base.numbers[at]), kind) for at, kind in found.skipped]
    return Records(
        b"\n".join(found.texts) + b"\n" if found.texts else b"",
        numbers,
        found.times,
        sorted([*base.skipped, *skipped]),
    )

"""CSV whose quoted values hold line ends: the lines of such a record become one, its line ends spaces.

A quote too many joins nothing: lines are one record only where they have as many values as the header has names.
"""

import csv as reader
import re
from functools import partial
from typing import Final

import numpy as np

from ingest.formats import csv
from ingest.formats.interface import Options
from ingest.framing.interface import Framing, Records, cut_lines

_WITH_QUOTES: Final = re.compile(rb'[^\n"]*"[^\n]*')
_MOST: Final = 200
"""Lines that one record may have."""
_FAR: Final = 1 << 20
"""Bytes that may wait for a record's end."""


def framing_of(head: bytes) -> Framing | None:
    """The framing of a file that begins with the header line of CSV, or None."""
    first = head.split(b"\n", 1)[0].decode("utf-8", "replace").strip("\r")
    if not csv.FORMAT.confidence([first], Options()):
        return None
    separator, names = csv.header([first])
    shape = (separator, len(names))
    return Framing(name="lines", cut=partial(_cut, shape), records=partial(_records, shape))


def _cut(shape: tuple[str, int], data: bytes) -> int:
    end = cut_lines(data)
    waiting = _joins(shape, data[:end])[1]
    return end if waiting is None or end - waiting > _FAR else waiting


def _records(shape: tuple[str, int], data: bytes) -> Records:
    joins, _ = _joins(shape, data)
    if not joins:
        return Records(data)
    made, at = bytearray(data), 0
    numbers, number = list[int](), 1
    for start, end in joins:
        before = data.count(b"\n", at, start)
        numbers += range(number, number + before + 1)
        within = data.count(b"\n", start, end)
        made[start:end] = data[start:end].replace(b"\r", b" ").replace(b"\n", b" ")
        number, at = number + before + 1 + within, end + 1
    rest = data.count(b"\n", at) + (at < len(data) and not data.endswith(b"\n"))
    return Records(bytes(made), np.array([*numbers, *range(number, number + rest)], dtype=np.int32))


def _joins(shape: tuple[str, int], data: bytes) -> tuple[list[tuple[int, int]], int | None]:
    """From where to where (without the last line end) lines are one record; and where one begins that has no end."""
    odd = [m for m in _WITH_QUOTES.finditer(data) if m[0].count(b'"') % 2] if b'"' in data else []
    found, at = list[tuple[int, int]](), 0
    while at < len(odd):
        start = odd[at].start()
        if at + 1 == len(odd):
            whole = data.count(b"\n", start) <= _MOST
            return found, start if whole else None
        end = odd[at + 1].end()
        joined = data.count(b"\n", start, end) <= _MOST and _values(shape[0], data[start:end]) == shape[1]
        if joined:
            found.append((start, end))
        at += 2 if joined else 1
    return found, None


def _values(separator: str, record: bytes) -> int:
    try:
        return len(
            next(reader.reader([record.decode("utf-8", "replace").rstrip("\r")], delimiter=separator, strict=True), [])
        )
    except reader.Error:
        return 0

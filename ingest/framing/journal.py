"""journald's export format: `NAME=value` lines, or a binary value behind its length; a blank line ends an entry.

The record is the field MESSAGE.
"""

import re
import struct
from typing import Final

import numpy as np

from ingest.framing.interface import LIMIT, Framing, Records
from ingest.framing.payload import one_line
from ingest.framing.times import iso

_HEAD = re.compile(rb"\s*__[A-Z_]+=")
_LENGTH: Final = struct.Struct("<Q")
_WANTED: Final = frozenset({b"MESSAGE", b"_SOURCE_REALTIME_TIMESTAMP", b"__REALTIME_TIMESTAMP"})
Fields = dict[bytes, bytes]


def framing_of(head: bytes) -> Framing | None:
    """The framing of a file that begins so, or None when it is no such export."""
    return JOURNAL if _HEAD.match(head) else None


def _cut(data: bytes) -> int:
    _, end = _entries(data)
    return end if len(data) - end <= LIMIT else len(data)


def _records(data: bytes) -> Records:
    entries, end = _entries(data)
    if data[end:].strip():
        entries.append((end, _fields(data, end)[0]))  # nothing follows: what there is of the last entry
    texts, numbers, times = [], [], []
    skipped: list[tuple[int, str]] = []
    number, at = 1, 0
    for start, fields in entries:
        number += data.count(b"\n", at, start)
        at = start
        if b"MESSAGE" not in fields:
            skipped.append((number, "remark"))
            continue
        texts.append(one_line(fields[b"MESSAGE"].decode("utf-8", "replace").replace("\0", "")) + b"\n")
        numbers.append(number)
        moment = fields.get(b"_SOURCE_REALTIME_TIMESTAMP") or fields.get(b"__REALTIME_TIMESTAMP") or b""
        times.append(iso(moment.decode("ascii", "replace")))
    return Records(b"".join(texts), np.array(numbers, dtype=np.int32), times, skipped)


def _entries(data: bytes) -> tuple[list[tuple[int, Fields]], int]:
    """Where each whole entry begins, with its fields; and where the last one ends."""
    entries: list[tuple[int, Fields]] = []
    at = end = 0
    while at < len(data):
        fields, after = _fields(data, at)
        if after is None:
            break
        if fields or after > at + 1:
            entries.append((at, fields))
        at = end = after
    return entries, end


def _fields(data: bytes, at: int) -> tuple[Fields, int | None]:
    """An entry's fields that are wanted, and where the next entry begins; None: its end is missing."""
    fields: Fields = {}
    while (end := data.find(b"\n", at)) >= 0:
        if end == at:
            return fields, end + 1
        name, sign, value = data[at:end].partition(b"=")
        at = end + 1
        if not sign:
            value = data[at : at + _LENGTH.size]
            size = _LENGTH.unpack(value)[0] if len(value) == _LENGTH.size else 0
            if size > LIMIT:
                continue  # no length: a line that does not belong here
            at += _LENGTH.size
            value = data[at : at + size]
            at += size + 1
            if at > len(data):
                return fields, None
        if name in _WANTED:
            fields[name] = value
    return fields, None


JOURNAL: Final = Framing(name="journal-export", cut=_cut, records=_records, raw=True)

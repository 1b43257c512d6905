r"""Docker's json-file: `{"log":"<text>\n","stream":"stdout","time":"…"}`; a text without its `\n` goes on in the next.

Each stream goes on by itself. A block without such parts is read by Arrow at once; json decodes the lines of others.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import json as arrow_json

from ingest.framing.payload import object_of, one_line
from ingest.framing.times import iso
from ingest.framing.wrapper import Peel, Times, Wrapper, most

_Fields = tuple[str | None, str | None, str | None]
_FIELDS: Final = frozenset({"log", "stream", "time", "attrs"})
_TAIL: Final = b'\\n","stream":"'
_CUT_OFF = re.compile(rb'\{"log":"(?:[^"\\]|\\.)*(?:","stream":"[^"]*(?:","time":"[^"]*)?)?$')
"""A line whose end is not in the head."""
_SCHEMA: Final = pa.schema([(name, pa.string()) for name in ("log", "stream", "time")])
_AT_ONCE: Final = 1 << 22
"""Bytes that one thread of Arrow reads; a longer line is left to json."""


def wrapper_of(lines: Sequence[bytes], _now: datetime | None) -> Wrapper | None:
    """The wrapper, when most lines are such objects and one of them ends its text, so that the others go on."""
    ours = [record for line in lines if (record := _ours(line)) is not None]
    long = len(lines) == 1 and _CUT_OFF.match(lines[0])
    ends = any(record["log"].endswith("\n") for record in ours)
    return (
        None
        if not long and not (ends and most(ours, lines))
        else Wrapper(name="docker", peel=_peel, may_wait=_may_wait, quickly=_quickly)
    )


def _ours(line: bytes) -> dict[str, Any] | None:
    record = object_of(line)
    return record if record and isinstance(record.get("log"), str) and record.keys() <= _FIELDS else None


def _may_wait(data: bytes) -> bool:
    # A text that ends in a backslash and an n looks ended and is not.
    return data.count(_TAIL) < data.count(b"\n") or b"\\" + _TAIL in data


def _quickly(data: bytes) -> tuple[bytes, Times] | None:
    """A block of whole texts, one a line; None when it holds anything else."""
    read = _table(data)
    if read is None or read["log"].null_count or read.num_rows != data.count(b"\n"):
        return None
    logs = read["log"]
    texts = b"".join(memoryview(chunk.buffers()[2]) for chunk in logs.chunks if chunk.buffers()[2])
    ends = pc.all(pc.ends_with(logs, "\n")).as_py()
    return (texts, read["time"].to_pylist()) if ends and texts.count(b"\n") == read.num_rows else None


def _table(data: bytes) -> pa.Table | None:
    """The lines' fields; None when one is no such object. Arrow leaves out blank lines."""
    reading = arrow_json.ReadOptions(block_size=_AT_ONCE)
    parsing = arrow_json.ParseOptions(explicit_schema=_SCHEMA, unexpected_field_behavior="ignore")
    try:
        return arrow_json.read_json(pa.BufferReader(data), read_options=reading, parse_options=parsing)
    except pa.ArrowInvalid:
        return None


def _peel(lines: list[bytes]) -> Peel:
    texts: list[bytes] = []
    times: Times = []
    begins: list[int] = []
    ends: list[int] = []
    pending: dict[str | None, int] = {}
    parts: dict[int, list[str]] = {}
    for position, (log, stream, time) in enumerate(_fields(lines)):
        at = len(texts) if log is None else pending.pop(stream, len(texts))
        if at == len(texts):
            texts.append(lines[position] if log is None else one_line(log))
            times.append(time)
            begins.append(position)
            ends.append(position)
        if log is None:
            continue
        if at in parts:
            parts[at].append(log)
            ends[at] = position
        if not log.endswith("\n"):
            pending[stream] = at
            parts.setdefault(at, [log])
    for at, pieces in parts.items():
        texts[at] = one_line("".join(pieces))
    waiting = min((begins[at] for at in pending.values()), default=None)
    if len(begins) == len(lines):
        return Peel(texts=texts, times=times, open_from=waiting)
    return Peel(texts=texts, times=times, begins=begins, ends=ends, open_from=waiting)


def _fields(lines: list[bytes]) -> Iterable[_Fields]:
    """Text, stream and time of each line; no text where the line is something else."""
    read = _table(b"\n".join(lines))
    if read is not None and read.num_rows == len(lines):
        return zip(*(read[name].to_pylist() for name in _SCHEMA.names), strict=True)
    found = (_ours(line) for line in lines)
    return ((r["log"], str(r.get("stream")), iso(r.get("time"))) if r else (None, None, None) for r in found)

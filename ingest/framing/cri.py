"""Kubernetes' CRI logs: `<time> stdout F <text>`; a long text comes in parts, P until the F that ends it.

Parts of stdout and stderr stand between each other, so each stream waits for its own end.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from ingest.framing.times import ISO, iso
from ingest.framing.wrapper import Peel, Times, Wrapper, most

_LINE = re.compile(rb"(" + ISO + rb") (stdout|stderr) ([FP])(?::[^ ]*)?(?: |$)")
_STREAMS: Final = frozenset({b"stdout", b"stderr"})
_PIECES: Final = 4


def wrapper_of(lines: Sequence[bytes], _now: datetime | None) -> Wrapper | None:
    """The wrapper, when most lines have the prefix."""
    fits = most((_LINE.match(line) for line in lines), lines)
    return Wrapper(name="cri", peel=_peel, may_wait=_may_wait) if fits else None


def _may_wait(data: bytes) -> bool:
    return b" stdout P" in data or b" stderr P" in data


def _peel(lines: list[bytes]) -> Peel:
    texts: list[bytes] = []
    times: list[bytes] = []
    begins: list[int] = []
    ends: list[int] = []
    pending: dict[bytes, int] = {}
    parts: dict[int, list[bytes]] = {}
    for position, line in enumerate(lines):
        pieces = line.split(b" ", 3)
        # Nearly all lines are whole, and those need no pattern.
        if not pending and len(pieces) == _PIECES and pieces[2] == b"F" and pieces[1] in _STREAMS:
            texts.append(pieces[3])
            times.append(pieces[0])
            begins.append(position)
            ends.append(position)
            continue
        found = _LINE.match(line)
        stream = found[2] if found else b""
        text = line[found.end() :] if found else line
        at = pending.pop(stream, len(texts))
        if at == len(texts):
            texts.append(text)
            times.append(found[1] if found else b"")
            begins.append(position)
            ends.append(position)
        else:
            parts.setdefault(at, [texts[at]]).append(text)
            ends[at] = position
        if found and found[3] == b"P":
            pending[stream] = at
    for at, pieces in parts.items():
        texts[at] = b"".join(pieces)
    waiting = min((begins[at] for at in pending.values()), default=None)
    if len(begins) == len(lines):
        return Peel(texts=texts, times=_times(times), open_from=waiting)
    return Peel(texts=texts, times=_times(times), begins=begins, ends=ends, open_from=waiting)


def _times(written: list[bytes]) -> Times:
    joined = b"\n".join(written).decode("ascii", "replace")
    times = joined.split("\n") if written else []
    if joined.count("Z\n") + joined.endswith("Z") == len(times):
        return list(times)
    return [iso(time) for time in times]

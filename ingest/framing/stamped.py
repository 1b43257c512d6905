"""A time before each line, as `kubectl logs --timestamps` writes it. What follows must itself be something."""

import re
from collections.abc import Sequence
from datetime import datetime

from ingest.framing.payload import object_of
from ingest.framing.times import ISO, iso
from ingest.framing.wrapper import Peel, Times, Wrapper, most

_TIME = re.compile(rb"(" + ISO + rb") +(?=\S)")
_BEGINS = re.compile(rb'\S+ \S+ \S+ \[[^\]]+\] "|\[\d{4}-\d\d-\d\dT[^\]]+\] "|(?:[A-Z]+: +)?\S+ - (?:\S+ )?"[A-Z]+ ')
"""A line of CLF, Envoy or uvicorn. Many other formats begin with a time of their own."""


def wrapper_of(lines: Sequence[bytes], _now: datetime | None) -> Wrapper | None:
    """The wrapper, when most lines have it."""
    return Wrapper(name="timestamps", peel=_peel) if most(map(_fits, lines), lines) else None


def _fits(line: bytes) -> bool:
    found = _TIME.match(line)
    rest = line[found.end() :] if found else b""
    return bool(_BEGINS.match(rest) or object_of(rest))


def _peel(lines: list[bytes]) -> Peel:
    found = [_TIME.match(line) for line in lines]
    times: Times = [iso(match[1].decode()) if match else None for match in found]
    return Peel(
        texts=[line[match.end() :] if match else line for line, match in zip(lines, found, strict=True)], times=times
    )

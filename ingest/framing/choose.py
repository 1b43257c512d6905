"""Which framing a file has, by its first bytes."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Final

from ingest.framing import compose, cri, docker, documents, embedded, journal, quoted, stamped, syslog
from ingest.framing.interface import LINES, Framing, Records
from ingest.framing.wrapper import Recognise, Wrapper, lines_of, wrapped
from ingest.lines import readable

HEAD: Final = 1 << 16
"""First bytes by which a file's framing is known; fewer do where its lines are short."""
_DEEPEST: Final = 4
_BY_PREFIX: Final[tuple[Recognise, ...]] = (
    cri.wrapper_of,
    docker.wrapper_of,
    compose.wrapper_of,
    syslog.wrapper_of,
    stamped.wrapper_of,
)


def framing_of(head: bytes, *, now: datetime | None = None) -> Framing:
    """The framing of a file that begins so: what holds its records, then the wrappers around each.

    `now` is the newest moment that its lines can be of, such as when the file was last written. By it the years are
    found that RFC 3164 leaves out; without it such a header gives no time.
    """
    base = journal.framing_of(head) or documents.framing_of(head) or LINES
    readably = head if base.raw else readable(head, at_start=True)
    whole = readably[: base.cut(readably)] or readably
    lines = [line for line in lines_of(base.records(whole).data) if line.strip()]
    wrappers = list(_wrappers(lines, now))
    if base is LINES and not wrappers:
        return quoted.framing_of(readably) or LINES
    return wrapped(base, wrappers)


def records_of(data: bytes, *, now: datetime | None = None) -> Records:
    """All records of a file's bytes, its last one without a line end included."""
    framing = framing_of(data[:HEAD], now=now)
    return framing.records(data if framing.raw else readable(data, at_start=True))


def _wrappers(lines: list[bytes], now: datetime | None) -> list[Wrapper]:
    found: list[Wrapper] = []
    while lines and len(found) < _DEEPEST and (wrapper := _outermost(lines, now)) is not None:
        found.append(wrapper)
        lines = [text for text in wrapper.peel(lines).texts if text.strip()]
    return found


def _outermost(lines: Sequence[bytes], now: datetime | None) -> Wrapper | None:
    for recognise in _BY_PREFIX:
        wrapper = recognise(lines, now)
        if wrapper is not None:
            return wrapper
    return embedded.wrapper_of(lines, partial(_is_wrapped, now=now))


def _is_wrapped(text: bytes, *, now: datetime | None) -> bool:
    return any(recognise([text], now) is not None for recognise in _BY_PREFIX)

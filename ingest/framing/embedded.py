"""JSON in JSON: objects of a log shipper or of `journalctl -o json`, in one of whose fields the line itself stands.

The field must hold a line of an access log, a JSON object or another wrapper, and the object around it nothing that
only a request has: an access log may well have a field `message` of its own. What journald wrote, its fields tell.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any, Final

from ingest.framing.payload import at, is_request, is_something, object_of, one_line
from ingest.framing.times import iso
from ingest.framing.wrapper import Peel, Times, Wrapper, most

_PLACES: Final = (
    "event.original",
    "message",
    "log",
    "MESSAGE",
    "textPayload",
    "jsonPayload.message",
    "line",
    "msg",
    "body",
    "event",
    "_raw",
    "result._raw",
    "_source.event.original",
    "_source.message",
    "_source.log",
)
_TIMES: Final = (
    "_SOURCE_REALTIME_TIMESTAMP",
    "__REALTIME_TIMESTAMP",
    "@timestamp",
    "timestamp",
    "time",
    "ts",
    "date",
    "_source.@timestamp",
)
_OPENED: Final = "properties"
_JOURNAL: Final = frozenset({"__REALTIME_TIMESTAMP", "__CURSOR", "_SOURCE_REALTIME_TIMESTAMP"})

Fits = Callable[[bytes], bool]


def wrapper_of(lines: Sequence[bytes], also: Fits) -> Wrapper | None:
    """The wrapper, when most lines are such objects; `also` tells whether a text is in another wrapper."""
    records = [object_of(line) for line in lines]
    if most((record is not None and not _JOURNAL.isdisjoint(record) for record in records), lines):
        return _wrapper("journald", "MESSAGE")
    if most((record is not None and _inner(record) is not None for record in records), lines):
        return Wrapper(name=f"json:{_OPENED}", peel=_opened)
    for place in _PLACES:
        held = [_held(record, place) for record in records if record is not None and not is_request(record)]
        if most((text is not None and (is_something(text) or also(text)) for text in held), lines):
            return _wrapper(f"json:{place}", place)
    return None


def _wrapper(name: str, place: str) -> Wrapper:
    return Wrapper(name=name, peel=lambda lines: _peel(lines, place))


def _inner(record: dict[str, Any]) -> dict[str, Any] | None:
    """What Azure's exports write as a text where they may write an object."""
    text = record.get(_OPENED)
    return object_of(text.encode("utf-8", "replace")) if isinstance(text, str) else None


def _opened(lines: list[bytes]) -> Peel:
    """The records with an object in the place of its text."""
    texts: list[bytes] = []
    for line in lines:
        record = object_of(line)
        inner = None if record is None else _inner(record)
        told = line if record is None or inner is None else _compact(record | {_OPENED: inner})
        texts.append(told)
    return Peel(texts=texts, times=None)


def _compact(record: dict[str, Any]) -> bytes:
    return json.dumps(record, separators=(",", ":")).encode()


def _peel(lines: list[bytes], place: str) -> Peel:
    texts: list[bytes] = []
    times: Times = []
    for line in lines:
        record = object_of(line)
        text = None if record is None else _held(record, place)
        texts.append(line if text is None else text)
        times.append(None if record is None or text is None else _time(record))
    return Peel(texts=texts, times=times)


def _held(record: dict[str, Any], place: str) -> bytes | None:
    match at(record, place):
        case str() as text:
            return one_line(text)
        case dict() as inner if is_request(inner):
            return _compact(inner)
        case list() as octets if octets and all(isinstance(octet, int) and 0 <= octet <= 255 for octet in octets):  # noqa: PLR2004 (a byte)
            return one_line(bytes(octets).decode("utf-8", "replace"))
    return None


def _time(record: dict[str, Any]) -> str | None:
    for name in _TIMES:
        value = at(record, name)
        if value is not None and (found := iso(value)) is not None:
            return found
    return None

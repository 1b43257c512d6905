"""JSON documents of many records (`{"Records": […]}`, `[…]`): each record becomes one line."""

import json
import re
from typing import Final

from ingest.framing.interface import Framing, Records

_HEAD: Final = re.compile(rb'^\s*(?:\{\s*"Records"\s*:\s*)?\[\s*(?=[{\]])')
_DECODER: Final = json.JSONDecoder()


def fits(head: bytes) -> bool:
    """Whether a file that begins so is such a document."""
    return _HEAD.match(head) is not None


def _cut(data: bytes) -> int:
    text = data.decode("utf-8", "surrogateescape")
    at, end = _begin(data), 0
    while (start := text.find("{", at)) >= 0:
        try:
            _, at = _DECODER.raw_decode(text, start)
        except ValueError:
            break
        end = at
    else:
        return len(data)
    return len(text[:end].encode("utf-8", "surrogateescape"))


def _records(data: bytes) -> Records:
    text = data.decode("utf-8", "surrogateescape")
    found, at = [], _begin(data)
    while (start := text.find("{", at)) >= 0:
        record, at = _DECODER.raw_decode(text, start)
        found.append(json.dumps(record, separators=(",", ":")).encode("utf-8", "surrogateescape") + b"\n")
    return Records(b"".join(found))


def _begin(data: bytes) -> int:
    match = _HEAD.match(data)
    return match.end() if match else 0


DOCUMENT: Final = Framing(name="document", cut=_cut, records=_records)

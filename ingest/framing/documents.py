"""JSON documents of many records: `{"Records": […]}` and its like, `[…]`, objects over several lines one after another.

Each record becomes one line. A broken one stays as it is, for its format to reject, and the rest goes on.
"""

import json
import re
from functools import partial
from typing import Final

import numpy as np

from ingest.formats.variables import FIELDS
from ingest.framing.interface import LIMIT, Framing, Records
from ingest.framing.payload import is_request, object_of

_LISTS: Final = "[Rr]ecords|value|data|entries|logs|[Ee]vents|logEvents|[Ii]tems|results"
"""What exports call the list of their records."""
_STRING: Final = r'"(?:[^"\\]|\\.)*"'
_PLAIN: Final = rf"(?:{_STRING}|[-+.\w]+|\[(?:[^\[\]{{}}\"]|{_STRING})*\])"
_MEMBER: Final = rf"{_STRING}\s*:\s*{_PLAIN}"
_HEAD = re.compile(
    rf'\s*(?:(\[)|(?=\{{)(?P<members>\{{\s*(?:{_MEMBER}\s*,\s*)*)"(?P<list>{_LISTS})"\s*:\s*\[)\s*(?=[{{\]])'
)
_SPREAD = re.compile(r"\s*\{[ \t\r]*\n\s*[\"}]")
_TRAILER = re.compile(rf"[\s,\]]*(?:{_MEMBER}\s*,?\s*)*[\s,\]}}]*")
_BORDER = re.compile(r'\}\s*,?\s*(?=\{\s*")')
_TOKEN = re.compile(rf"{_STRING}|[{{}}]")
_FIRST = re.compile(rf"\{{\s*({_STRING})")
_NEXT: Final = r"\}}\s*,?\s*(?=\{{\s*{})"
_NAME = re.compile(r'"([^"\\]*)"\s*:')
_DECODER: Final = json.JSONDecoder(strict=False)
_FAR: Final = 1 << 20
"""Bytes in which a broken record's end is looked for by its braces."""
_CUT_OFF: Final = 8
"""So near to the end of what there is, an error may be no more than a word that is cut in two."""


def framing_of(head: bytes) -> Framing | None:
    """The framing of a file that begins so, or None when it is no such document."""
    text = head.decode("latin-1").removeprefix("\xef\xbb\xbf")
    found = _HEAD.match(text)
    if found is None:
        return _framing(None) if _SPREAD.match(text) else None
    if found["list"] is None:
        return _framing(None)
    before = set(_NAME.findall(found["members"]))
    first = object_of(head.split(b"\n", 1)[0])
    if before & {*FIELDS["method"], *FIELDS["request"], *FIELDS["target"]} or (first and is_request(first)):
        return None  # JSON lines, in one field of which there is a list
    return _framing(found["list"])


def _framing(inside: str | None) -> Framing:
    opened = inside and re.compile(rf'\{{\s*(?:{_MEMBER}\s*,\s*)*"{inside}"\s*:\s*\[')
    return Framing(name="document", cut=partial(_cut, opened or None), records=partial(_records, opened or None))


def _cut(opened: re.Pattern[str] | None, data: bytes) -> int:
    # One character a byte: what JSON is made of is ASCII, and no byte has to be counted twice.
    text = data.decode("latin-1")
    spans, at, whole = _spans(text, opened)
    if whole and _TRAILER.fullmatch(text, at):
        return len(data)
    end = spans[-1][1] if spans else 0
    return end if len(data) - end <= LIMIT else len(data)


def _records(opened: re.Pattern[str] | None, data: bytes) -> Records:
    spans, at, whole = _spans(data.decode("latin-1"), opened)
    if not whole:
        spans.append((at, len(data)))
    numbers, number, last = np.empty(len(spans), dtype=np.int32), 1, 0
    for index, (start, _) in enumerate(spans):
        number += data.count(b"\n", last, start)
        numbers[index], last = number, start
    found = (data[start:end].replace(b"\r", b" ").replace(b"\n", b" ") for start, end in spans)
    return Records(b"".join(record + b"\n" for record in found), numbers)


def _spans(text: str, opened: re.Pattern[str] | None) -> tuple[list[tuple[int, int]], int, bool]:
    """Where records begin and end; where to go on; and False when a record begins there whose end is missing."""
    spans: list[tuple[int, int]] = []
    at, edge = 0, len(text.rstrip()) - _CUT_OFF
    while (start := text.find("{", at)) >= 0:
        if opened and (list_ := opened.match(text, start)):
            at = list_.end()
            continue
        try:
            _, at = _DECODER.raw_decode(text, start)
        except json.JSONDecodeError as error:
            after = None
            if error.pos < edge and not error.msg.startswith("Unterminated"):
                after = _after_broken(text, start, error.pos)
            if after is None:
                return spans, start, False
            at = after
        except RecursionError:
            at = _after_broken(text, start, start) or len(text)
        if not text[max(0, start - 80) : start].rstrip().endswith(":"):
            spans.append((start, at))
    return spans, at, True


def _after_broken(text: str, start: int, error: int) -> int | None:
    """Where a record that is no JSON ends: where its braces close, else before what looks like the next one."""
    depth, end = 0, None
    for token in _TOKEN.finditer(text, start, start + _FAR):
        depth += {"{": 1, "}": -1}.get(token[0], 0)
        if not depth:
            if token.end() > error and text[token.end() : token.end() + 80].lstrip()[:1] in {"", ",", "]", "}", "{"}:
                end = token.end()
            break
    # A quote too many can hide the braces of the records behind: those begin with the same name.
    named = _FIRST.match(text, start)
    again = named and re.compile(_NEXT.format(re.escape(named[1]))).search(text, error, end or start + _FAR)
    if again or end:
        return again.start() + 1 if again else end
    border = _BORDER.search(text, error)
    return border and border.start() + 1

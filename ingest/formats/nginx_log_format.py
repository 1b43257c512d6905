"""Reads a pasted nginx `log_format`: the whole directive or its template alone."""

import re
from typing import Final

from ingest.formats.slots import Slot

VARIABLE: Final = re.compile(r"\$(?:\{(\w+)\}|(\w+))", re.ASCII)
_DIRECTIVE: Final = re.compile(r"^\s*log_format\s+\S+\s+(?:escape=\w+\s+)?", re.ASCII)
_STRING: Final = re.compile(r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)\"""", re.DOTALL)
_ESCAPE: Final = re.compile(r"\\([\"'\\trn])")
_CONTROL: Final = {"t": "\t", "r": "\r", "n": "\n"}


def template(pasted: str) -> str:
    """The template itself: without the directive's name, comments, the quotes between its lines, and the semicolon."""
    lines = [line for line in pasted.strip().splitlines() if not line.lstrip().startswith("#")]
    whole = "\n".join(lines).strip().removesuffix(";").strip()
    body = _DIRECTIVE.sub("", whole)
    if body.startswith("'") or (body != whole and body.startswith('"')):
        return "".join(unescaped(single or double) for single, double in _STRING.findall(body))
    return body


def unescaped(text: str) -> str:
    """A string of a configuration file without its escapes."""
    return _ESCAPE.sub(lambda match: _CONTROL.get(match[1], match[1]), text)


def read(pasted: str) -> list[str | Slot]:
    """Literals and slots."""
    body, at = template(pasted), 0
    pieces: list[str | Slot] = []
    for match in VARIABLE.finditer(body):
        if match.start() > at:
            pieces.append(body[at : match.start()])
        pieces.append(Slot(name=match[1] or match[2]))
        at = match.end()
    return [*pieces, body[at:]] if body[at:].strip() else pieces

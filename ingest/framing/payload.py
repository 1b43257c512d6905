"""Whether a text inside a wrapper is itself something: a line of an access log, or a JSON object."""

import json
import re
from typing import Any, Final

from ingest.formats.json_names import FIELDS

_DECODER: Final = json.JSONDecoder(strict=False)
_ACCESS = re.compile(
    rb'"[A-Z][A-Z_-]{1,19} [^"]* HTTP/\d'  # a request line
    rb"|\[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d"  # the time of CLF
    rb"|\b(?:method|status|path)=\S.*\s(?:method|status|path)=",  # logfmt
    re.DOTALL,
)
_REQUEST_FIELDS: Final = (*FIELDS["method"], *FIELDS["request"], "httpRequest", "ClientRequestMethod")
"""Fields that only a record of a request has."""


def object_of(line: bytes) -> dict[str, Any] | None:
    """The JSON object that the whole line is, or None."""
    if line.lstrip()[:1] != b"{":
        return None
    try:
        found = _DECODER.decode(line.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def is_access(text: bytes) -> bool:
    """Whether a text ends like a line of an access log."""
    return _ACCESS.search(text) is not None


def is_something(text: bytes) -> bool:
    """Whether a text is such a line or a JSON object with something in it."""
    return is_access(text) or bool(object_of(text))


def is_request(record: dict[str, Any]) -> bool:
    """Whether a record has a field that only requests have."""
    return any(at(record, name) not in (None, "", "-") for name in _REQUEST_FIELDS)


def at(record: dict[str, Any], name: str) -> Any:  # noqa: ANN401 (any value of JSON)
    """A field's value, dots in its name reaching into objects; None for one that is not there."""
    if name in record:
        return record[name]
    first, _, rest = name.partition(".")
    inner = record.get(first)
    return at(inner, rest) if rest and isinstance(inner, dict) else None


def one_line(text: str) -> bytes:
    """A text as a record: in UTF-8, with spaces for the line ends in it."""
    text = text.rstrip("\r\n")
    return (text.replace("\n", " ") if "\n" in text else text).encode("utf-8", "replace")

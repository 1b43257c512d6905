"""JSON Web Tokens, read and never verified: which of their claims they count by."""

import base64
import binascii
import json
import re
from typing import Final

_SHAPE = re.compile(r"e[w-z0-9_-][A-Za-z0-9_-]+\.e[w-z0-9_-][A-Za-z0-9_-]*\.[A-Za-z0-9_-]{4,}", re.ASCII)
"""Header and body are JSON objects, so both begin with the base64 of a brace; the third part is the signature."""
_LONGEST: Final = 16_384
_VALUE = re.compile(r"[\x21-\x7e]{1,128}")
"""A claim that may stand in a key_ref: one printable word."""


def claim_of(token: str) -> tuple[str, str] | None:
    """(`jti`, `sub` or `kid`, its value) of a signed JWT; None when the text is none or has none of them."""
    if len(token) > _LONGEST or not _SHAPE.fullmatch(token):
        return None
    first, second, _ = token.split(".")
    header, body = _object(first), _object(second)
    if header is None or body is None or str(header.get("alg", "none")).lower() == "none":
        return None
    for name, held in (("jti", body), ("sub", body), ("kid", header)):
        value = held.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool) and _VALUE.fullmatch(str(value)):
            return name, str(value)
    return None


def _object(part: str) -> dict[str, object] | None:
    try:
        found = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None

"""Fingerprints: what stands for a secret wherever one would be written."""

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

from model.key import KeyRef

_DIGITS: Final = 20
_BLOCK: Final = 64
"""SHA-256 works on blocks of so many bytes (FIPS 180-4); HMAC fills its key up to one (RFC 2104)."""
_PREFIX = re.compile(r"[A-Za-z]{1,6}[_-](?:[A-Za-z]{1,8}[_-])?", re.ASCII)
_SCHEME = re.compile(
    r"(?i:bearer|dpop|jwt|oauth|bot|splunk|ssws|session|geniekey|[a-z_-]{0,20}(?:token|key))(?: +|%20)(?=\S)", re.ASCII
)
"""Authorization schemes whose one value is the secret: RFC 6750, RFC 9449, and what vendors made of them."""
_NAMED = re.compile(r"(?i:access_token|api[_-]?key|token|key) ?= ?(?=\S)", re.ASCII)
"""`Token token=x`, `key=x`: the value still carries its name."""
_QUOTES: Final = ('"', "'")
_SHOWN: Final = 4
_UNTOLD: Final = 12
"""So many characters of a secret stay untold, else it gets no hint at all."""


@dataclass(frozen=True, slots=True)
class Pepper:
    """The workspace's secret ingredient; without it a fingerprint cannot be guessed back."""

    key: bytes = field(repr=False)
    version: int = 1

    def key_ref(self, secret: str) -> KeyRef:
        """`fp:<version>:<20 hex digits>` of HMAC-SHA256(pepper, secret)."""
        return KeyRef(f"fp:{self.version}:{self.digester()(secret)[:_DIGITS]}")

    def key_refs(self, secrets: Iterable[str]) -> list[KeyRef]:
        """The same for many."""
        digest, head = self.digester(), f"fp:{self.version}:"
        return [KeyRef(head + digest(secret)[:_DIGITS]) for secret in secrets]

    def digester(self) -> Callable[[str], str]:
        """HMAC-SHA256(pepper, text) as hex digits.

        Both ends of RFC 2104 are begun once and copied for each text: twice as fast as a new HMAC a text.
        """
        key = hashlib.sha256(self.key).digest() if len(self.key) > _BLOCK else self.key
        padded = key.ljust(_BLOCK, b"\0")
        inner = hashlib.sha256(bytes(octet ^ 0x36 for octet in padded)).copy
        outer = hashlib.sha256(bytes(octet ^ 0x5C for octet in padded)).copy

        def digest(text: str) -> str:
            inside = inner()
            inside.update(text.encode("utf-8", "surrogatepass"))
            outside = outer()
            outside.update(inside.digest())
            return outside.hexdigest()

        return digest


def bare(credential: str) -> str:
    """The secret alone: without scheme, name, quotes, escapes and surrounding space.

    `Bearer x`, `Token token="x"` and `Bearer%20x` are all `x`. Events and inventories both pass through here, so a
    secret that holds such things itself is still one and the same key.
    """
    text = unescaped(credential.strip())
    while found := _SCHEME.match(text):
        text = text[found.end() :].lstrip()
    found = _NAMED.match(text)
    if found is not None and not text[found.end() :].startswith("="):
        text = text[found.end() :]
    return unquoted(text)


def unescaped(text: str) -> str:
    """`text` with its percent escapes decoded once; as it stands when they are no readable text."""
    if "%" not in text:
        return text
    decoded = unquote(text, errors="replace")
    return decoded if decoded.isprintable() and "\N{REPLACEMENT CHARACTER}" not in decoded else text


def unquoted(text: str) -> str:
    """`text` without the quotes around it."""
    if len(text) > 1 and text[0] in _QUOTES and text[-1] == text[0]:
        return text[1:-1].strip()
    return text


def hint(secret: str) -> str:
    """Prefix and last four (`ac_live_…9f3c`); short secrets show neither."""
    found = _PREFIX.match(secret)
    prefix = found[0] if found else ""
    if len(secret) - len(prefix) - _SHOWN < _UNTOLD:
        return "…"
    return f"{prefix}…{secret[-_SHOWN:]}"

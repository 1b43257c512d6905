"""Fingerprints: what stands for a secret wherever one would be written."""

import hashlib
import hmac
import re
from dataclasses import dataclass, field

from model.key import KeyRef

_DIGITS = 20
_PREFIX = re.compile(r"[A-Za-z]{1,6}[_-](?:[A-Za-z]{1,8}[_-])?")
_SCHEME = re.compile(r"(?i)^(?:bearer|token|apikey|api-key|key)\s+")
_SHOWN = 4
_UNTOLD = 12
"""So many characters of a secret stay untold, else it gets no hint at all."""


@dataclass(frozen=True, slots=True)
class Pepper:
    """The workspace's secret ingredient; without it a fingerprint cannot be guessed back."""

    key: bytes = field(repr=False)
    version: int = 1

    def key_ref(self, secret: str) -> KeyRef:
        """`fp:<version>:<20 hex digits>` of HMAC-SHA256(pepper, secret)."""
        digest = hmac.new(self.key, secret.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
        return KeyRef(f"fp:{self.version}:{digest[:_DIGITS]}")


def bare(credential: str) -> str:
    """The secret without the Authorization scheme or surrounding space: `Bearer x` is `x`."""
    return _SCHEME.sub("", credential.strip())


def hint(secret: str) -> str:
    """Prefix and last four (`ac_live_…9f3c`); short secrets show neither."""
    found = _PREFIX.match(secret)
    prefix = found[0] if found else ""
    if len(secret) - len(prefix) - _SHOWN < _UNTOLD:
        return "…"
    return f"{prefix}…{secret[-_SHOWN:]}"

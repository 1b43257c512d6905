"""Authorization headers that name a user or an id: Basic, and the schemes of parameters."""

import base64
import binascii
import re
from typing import NamedTuple

from ingest.fingerprint import unescaped, unquoted

_BASIC = re.compile(r"(?i:basic)(?: +|%20)([A-Za-z0-9+/_-]+={0,2})", re.ASCII)
_AWS_SCOPE = re.compile(r"(A[KS]IA[A-Z0-9]{12,})/\d{8}/", re.ASCII)
_AWS_ID = re.compile(r"A[KS]IA[A-Z0-9]{16}", re.ASCII)
_AWS_2 = re.compile(r"AWS +([A-Z0-9]{16,128}):(\S+)", re.ASCII)
_SHARED_KEY = re.compile(r"(?i:sharedkey(?:lite)?) +([\w.-]{1,100}):(\S+)", re.ASCII)
_PARAMETERS = re.compile(r"[A-Za-z][A-Za-z0-9-]{1,30} +(?=[A-Za-z_]{1,40} ?=)", re.ASCII)
_ID = re.compile(
    r"(?:^|[\s,;&])(?i:Credential|username|keyId|oauth_consumer_key|client_token|id|app_?id)"
    r" ?= ?(\"[^\"]*\"|[^\s,;&]+)",
    re.ASCII,
)
_SECRET = re.compile(
    r"(?:^|[\s,;&])(?i:signature|response|oauth_signature|oauth_token|access_token|mac|cnonce)"
    r" ?= ?(\"[^\"]*\"|[^\s,;&]+)",
    re.ASCII,
)


class Basic(NamedTuple):
    """A decoded `Basic` credential."""

    user: str
    password: str
    encoded: str
    """Its base64, as logged."""


class Named(NamedTuple):
    """A header that names an id and proves it by something else."""

    id: str
    secrets: tuple[str, ...]
    """The proofs: signatures and responses."""


def basic_of(text: str) -> Basic | None:
    """User and password of `Basic <base64>` (RFC 7617), or None when the text is none."""
    found = _BASIC.fullmatch(text.replace("%3D", "=").replace("%3d", "=") if "%" in text else text)
    if found is None:
        return None
    encoded = found[1]
    padded = encoded.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        octets = base64.b64decode(padded + "=" * (-len(padded) % 4))
    except (binascii.Error, ValueError):
        return None
    try:
        decoded = octets.decode("utf-8")
    except UnicodeDecodeError:
        decoded = octets.decode("latin-1")
    user, colon, password = decoded.partition(":")
    return Basic(user, password, encoded) if colon else None


def named_id(text: str) -> Named | None:
    """The id of a header that names one (AWS, Azure, Digest, OAuth 1, Hawk, HTTP signatures), or None."""
    text = unescaped(text)
    alone = _AWS_ID.fullmatch(text) or _AWS_SCOPE.match(text)
    if alone is not None:
        return Named(alone[alone.lastindex or 0], ())
    signed = _AWS_2.fullmatch(text) or _SHARED_KEY.fullmatch(text)
    if signed is not None:
        return Named(signed[1], (signed[2],))
    if not _PARAMETERS.match(text):
        return None
    listed = text.partition(" ")[2]
    found = _ID.search(listed)
    if found is None or not (name := unquoted(found[1])):
        return None
    proofs = tuple(unquoted(proof) for proof in _SECRET.findall(listed))
    # A scope follows the id in AWS's and Google's credentials: /20261001/eu-central-1/s3/aws4_request.
    return Named(re.split(r"/\d{8}/", name, maxsplit=1)[0], tuple(proof for proof in proofs if proof))

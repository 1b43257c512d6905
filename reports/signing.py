"""Ed25519 (RFC 8032): a detached signature of 64 bytes, which `openssl pkeyutl -verify -rawin` checks too."""

import hashlib
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from model.errors import ReportError

ALGORITHM: Final = "Ed25519"
SigningKey = Ed25519PrivateKey
PublicKey = Ed25519PublicKey


def new_key() -> str:
    """A new private key as PEM (PKCS 8)."""
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def private_key(pem: str) -> SigningKey:
    """The private key of a PEM text. Raises ReportError when it is none, or of another kind."""
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        msg = "The signing key is no Ed25519 key in PEM."
        raise ReportError(msg, hint="Make one with `openssl genpkey -algorithm ed25519`, or take the reference away.")
    return key


def public_key(pem: bytes) -> PublicKey:
    """The public key of a PEM text. Raises ReportError when it is none, or of another kind."""
    try:
        key = load_pem_public_key(pem)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        msg = "The public key is no Ed25519 key in PEM."
        raise ReportError(msg, hint="Name the public-key.pem of a report that you trust.")
    return key


def public_pem(key: SigningKey) -> bytes:
    """The public half as PEM, for those who verify."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def key_id(key: PublicKey) -> str:
    """The first 16 hex digits of SHA-256 over the raw public key, for people to compare."""
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def fits(key: PublicKey, signature: bytes, data: bytes) -> bool:
    """Whether the key's owner signed these bytes."""
    try:
        key.verify(signature, data)
    except InvalidSignature:
        return False
    return True

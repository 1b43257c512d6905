r"""Raw credentials to identities: which key a text from an Authorization header, a field or a URL stands for.

What each shape counts as:

- `x`, `Bearer x`, `Token x`, `ApiKey x`, `Token token="x"`: the secret `x`, by its fingerprint.
- `Basic …` (RFC 7617): user and password. With no password, or one that says nothing (`x`, `api_token`), the user is
  the secret, as Stripe, Freshdesk and Toggl have it. A password of 16 or more characters is an issued key whoever the
  user is called (`api:key-…`, `x-access-token:ghs_…`). A shorter one is a person's, and two people may share it: then
  the pair is the secret.
- `AWS4-HMAC-SHA256 Credential=AKIA…/…` and its kin, `Digest username=…`, OAuth 1, Hawk, HTTP signatures: the id that
  they name, unverified like every header: `id:AKIA…`.
- A JWT (RFC 7519; a JSON header with an algorithm, a JSON body, a signature): `id:jwt:jti:…`, else `sub`, else `kid`.
  No signature is checked, and the event is flagged so. Without any of the three it counts by its fingerprint.
- What only says that a credential was taken out of the log (`REDACTED`, `****`), NTLM and Kerberos tickets (another one
  each time): no key.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from ingest.authorization import Basic, basic_of, named_id
from ingest.fingerprint import Pepper, bare, hint
from ingest.jwt import claim_of
from ingest.redact import issued
from model.key import KeyRef

_DIGITS: Final = 20
_LONGEST_ID: Final = 200
_ISSUED_KEY: Final = 16
"""A password of so many characters was issued, not chosen."""
_SAYS_NOTHING: Final = frozenset({"", "x", "api_token", "x-oauth-basic", "unused", "none", "null", "_", "-"})
_ORDINARY = re.compile(
    r"(?:[Bb]earer )?"
    r"((?!A[KS]IA|xx|(?i:redacted|filtered|hidden|masked|removed|null|undefined|none|nil|bearer|basic|token|digest|apikey"
    r"|api-key|ntlm|negotiate|kerberos))[A-Za-z0-9_][A-Za-z0-9_~-]*)"
)
"""A secret that is nothing else; it is fingerprinted at once."""
_NONE = re.compile(
    r"(?i:[\[(<{*]*(?:redacted|filtered|hidden|masked|removed|null|undefined|none|nil|-)[\])>}*]*|[*•x.\[\]]+|:)"
)
_AWS_ID = re.compile(r"A[KS]IA[A-Z0-9]+")
_NO_KEY = re.compile(r"(?i:ntlm|negotiate|kerberos)\b")
_ONLY_SCHEME = re.compile(r"(?i:bearer|basic|token|digest|apikey|api-key)")


class Identity(NamedTuple):
    """Which key a raw credential stands for."""

    key_ref: KeyRef | None
    """None when the text is no credential."""
    key_hint: str | None
    """Prefix and last four of a secret, the id itself, or `jwt:` and the claim."""
    bare: tuple[str, ...] = ()
    """What must be taken out of URL and user agent: the secret itself, then other shapes of it, the longest first."""
    unverified: bool = False
    """A JWT that counts by its claims."""


NOBODY: Final = Identity(None, None)


def identify(raw: Sequence[str], pepper: Pepper) -> list[Identity]:
    """The identities of distinct raw credentials, in their order."""
    digest, head = pepper.digester(), f"fp:{pepper.version}:"
    ordinary = _ORDINARY.fullmatch
    found = []
    for text in raw:
        plain = ordinary(text)
        if plain is None:
            found.append(_look(text, head, digest))
        else:
            secret = plain[1]
            found.append(Identity(KeyRef(head + digest(secret)[:_DIGITS]), hint(secret), (secret,)))
    return found


def identify_ids(raw: Sequence[str], pepper: Pepper, prefixes: Sequence[str] = ()) -> list[Identity]:
    """The same for texts that the provider's id should be.

    A JWT, and a secret of a known family or of this company's `prefixes` that stands where an id should (a logger's
    mistake), counts as one: an id is stored as it is. Access key ids of AWS are ids.
    """
    return [_of_id(text.strip(), pepper, prefixes) for text in raw]


def _of_id(text: str, pepper: Pepper, prefixes: Sequence[str]) -> Identity:
    if not text or _NONE.fullmatch(text):
        return NOBODY
    if issued(text, prefixes) and not _AWS_ID.fullmatch(text):
        return identify([text], pepper)[0]
    shown = text[:_LONGEST_ID]
    return Identity(KeyRef(f"id:{shown}"), shown)


def _look(raw: str, head: str, digest: Callable[[str], str]) -> Identity:
    """Any shape. `digest` gives the hex digits of a secret, `head` what stands before them."""
    text = raw.strip()
    if not text or _NONE.fullmatch(text) or _NO_KEY.match(text) or _ONLY_SCHEME.fullmatch(text):
        return NOBODY
    pair = basic_of(text)
    if pair is not None:
        return _of_basic(pair, head, digest)
    named = named_id(text)
    if named is not None:
        shown = named.id[:_LONGEST_ID]
        return Identity(KeyRef(f"id:{shown}"), shown, named.secrets)
    secret = bare(text)
    if not secret or _NONE.fullmatch(secret):
        return NOBODY
    parts = (secret,) if secret in raw else _parts(secret, text)
    claim = claim_of(secret)
    if claim is not None:
        name, value = claim
        return Identity(KeyRef(f"id:jwt:{name}:{value}"), f"jwt:{name}:{value}", parts, unverified=True)
    return Identity(KeyRef(head + digest(secret)[:_DIGITS]), hint(secret), parts)


def _of_basic(pair: Basic, head: str, digest: Callable[[str], str]) -> Identity:
    user, password = pair.user, pair.password
    if password.lower() in _SAYS_NOTHING:
        secret = user
    elif not user or len(password) >= _ISSUED_KEY:
        secret = password
    else:
        secret = f"{user}:{password}"
    if not secret or _NONE.fullmatch(secret):
        return NOBODY
    shown = hint(secret) if secret in {user, password} else "…"
    parts = _parts(secret, pair.encoded.rstrip("="), "" if password.lower() in _SAYS_NOTHING else password)
    return Identity(KeyRef(head + digest(secret)[:_DIGITS]), shown, parts)


def _parts(secret: str, *others: str) -> tuple[str, ...]:
    return (secret, *sorted({text for text in others if text and text != secret}, key=len, reverse=True))

"""An event: one HTTP request seen in a log, and the words that describe it."""

from enum import StrEnum
from typing import Final


class Outcome(StrEnum):
    """What became of a request; mapped per format, and read by detectors and charts instead of `status`."""

    OK = "ok"
    """1xx to 3xx."""
    UNAUTHENTICATED = "unauthenticated"
    """401: no key, or one that the service does not accept."""
    FORBIDDEN = "forbidden"
    """403: the key is known and may not do this."""
    THROTTLED = "throttled"
    """429: too many requests."""
    CLIENT_ERROR = "client_error"
    """The other 4xx; 499, a client that went away, among them."""
    SERVER_ERROR = "server_error"
    """5xx."""
    UNKNOWN = "unknown"
    """The log does not say."""


class Flag(StrEnum):
    """A remark about an event."""

    KEY_IN_URL = "key_in_url"
    """The credential stood in the URL."""
    KEY_IN_REFERER = "key_in_referer"
    """The credential stood in the referer.

    Of an event without a credential it goes on with the key_ref of the key that stood there (`key_in_referer:fp:1:…`):
    that key made no call."""
    SEVERAL_KEYS = "several_keys"
    """The request carried credentials of more than one key; the first place that held one counts."""
    UNVERIFIED_TOKEN = "unverified_token"  # noqa: S105 (a word, no secret)
    """The key is what a JWT says of itself (jti, sub or kid); nobody checked its signature."""


EVENT_COLUMNS: Final[dict[str, str]] = {
    "ts": "TIMESTAMP WITH TIME ZONE",
    "source": "VARCHAR",
    "key_ref": "VARCHAR",
    "key_hint": "VARCHAR",
    "ip": "VARCHAR",
    "method": "VARCHAR",
    "route": "VARCHAR",
    "path": "VARCHAR",
    "host": "VARCHAR",
    "status": "SMALLINT",
    "outcome": "VARCHAR",
    "bytes_out": "BIGINT",
    "bytes_in": "BIGINT",
    "duration_ms": "DOUBLE",
    "user_agent": "VARCHAR",
    "client": "VARCHAR",
    "network": "VARCHAR",
    "country": "VARCHAR",
    "asn": "VARCHAR",
    "request_id": "VARCHAR",
    "flags": "VARCHAR",
    "batch": "VARCHAR",
    "line": "INTEGER",
}
"""Column to DuckDB type, in the order of the Parquet file. Beyond DESIGN.md's list, `client` (the user agent's
product, `curl/8`) and `network` (/24, or /48 for IPv6) stand in the event so that tails and facets agree."""

FACET_KINDS: Final[tuple[str, ...]] = ("ip", "network", "asn", "country", "client", "route", "host")
"""What facets are counted by; `route` carries the method: `GET /v1/agents/{id}`."""

UNKNOWN_PREFIX: Final = "unknown:"
"""Usage and facets fold credentials that no inventory row knows and that never succeeded into one
`unknown:<network>` per address network, so that a million guesses do not become a million rows."""

"""What an HTTP status or an SMTP reply means for a delivery."""

from datetime import datetime
from email.utils import parsedate_to_datetime

from alerts.channels.interface import ErrorClass

_AUTH = frozenset({401, 403})
_PERMANENT = frozenset({401, 403, 404, 410})
_TIMEOUT = 408
_TOO_MANY = 429
_SERVER = 500
_SMTP_AUTH = frozenset({530, 534, 535, 538})
_SMTP_PERMANENT = 500


def of_http(status: int) -> tuple[ErrorClass, bool]:
    """(error class, permanent) of a status that is not 2xx.

    Refused credentials and addresses that are not there (401, 403, 404, 410) stay so until somebody changes the
    config; everything else may pass.
    """
    if status == _TOO_MANY:
        return "rate_limited", False
    if status in _AUTH:
        return "auth", True
    if status == _TIMEOUT:
        return "timeout", False
    return ("server" if status >= _SERVER else "bad_request"), status in _PERMANENT


def of_smtp(reply: int) -> tuple[ErrorClass, bool]:
    """(error class, permanent) of an SMTP reply: 5xx is the server's last word (RFC 5321, 4.2.1), 4xx may pass."""
    if reply in _SMTP_AUTH:
        return "auth", True
    return ("bad_request", True) if reply >= _SMTP_PERMANENT else ("server", False)


def retry_after(header: str | None, now: datetime) -> float | None:
    """Seconds of a Retry-After header, which holds seconds or a date (RFC 9110, 10.2.3); None when it says nothing."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (at - now).total_seconds()) if at.tzinfo is not None else None

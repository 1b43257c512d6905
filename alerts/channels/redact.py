"""Keeps the targets' tokens out of logs, errors and lists.

A target's URL is its password: whoever has it can post. What is stored or shown is `mask`; what other libraries log
goes through `redact`, which knows the secret parts of every URL that was opened, and what URLs look like.
"""

import logging
import re
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from model.plain import plain

_HOST_SHOWN = frozenset({"http", "https", "json", "jsons", "xml", "xmls", "form", "forms", "mailto", "mailtos"})
"""Schemes whose host is a host; in others (slack://token/…) it is part of the secret."""
_PUBLIC = frozenset({"to", "from", "cc", "bcc", "name", "reply", "smtp", "mode", "format", "method"})
"""Parameters of a URL that are no secret, and that errors need to name."""
_SHORTEST = 6
"""A shorter part hides nothing and would blot out innocent words."""
_LONGEST_WORD = 16
_INNOCENT = frozenset({"bearer", "basic", "token"})
_LIMIT = 500
_HIDDEN = "****"
_URL = re.compile(r"\b([a-z][a-z0-9+.-]*)://[^\s\"'<>]+", re.IGNORECASE)
_HEADER = re.compile(r"(authorization['\"]?\s*[:=]\s*['\"]?)(?:[a-z]+\s+)?[^\s'\",}]+", re.IGNORECASE)
_BEARER = re.compile(r"\b(bearer\s+)[^\s'\",}]{6,}", re.IGNORECASE)

_secrets: set[str] = set()


def mask(url: str) -> str:
    """The URL as it may be shown: scheme, host where that is no secret, the path of a file; nothing else."""
    scheme, colon, rest = url.partition(":")
    if not colon:
        return _HIDDEN
    if scheme == "jsonl":
        return plain(url)
    parts = _split(url)
    host = parts.hostname if parts is not None and scheme.lower() in _HOST_SHOWN else None
    if not host:
        return f"{plain(scheme, 20)}://{_HIDDEN}"
    port = re.search(r":(\d+)$", parts.netloc) if parts is not None else None
    shown = f"{scheme}://{plain(host)}{f':{port[1]}' if port else ''}"
    return shown if rest.strip("/") in {host, f"{host}{f':{port[1]}' if port else ''}"} else f"{shown}/{_HIDDEN}"


def hide(url: str) -> None:
    """Remember the secret parts of a target's URL, so that `redact` finds them in any text."""
    parts = _split(url)
    if url.startswith("jsonl:") or parts is None:
        return
    found = {parts.username, parts.password, parts.fragment, *filter(_is_token, parts.path.split("/"))}
    found |= {value for name, value in parse_qsl(parts.query) if name.lower() not in _PUBLIC}
    if parts.scheme.lower() not in _HOST_SHOWN:
        found |= {*parts.netloc.split("@"), parts.hostname}
    for part in found:
        for text in {part or "", unquote(part or "")}:
            words = {word for word in text.split() if word.lower() not in _INNOCENT}
            _secrets.update(word for word in {text, *words} if len(word) >= _SHORTEST)


def _is_token(segment: str) -> bool:
    """Whether a part of a path looks made by a machine; `services` and `webhook` are words, and errors need them."""
    return len(segment) > _LONGEST_WORD or any(sign.isdigit() or sign.isupper() for sign in segment)


def redact(text: str) -> str:
    """The text without any secret part of a known URL, without URLs' paths, and without credentials in headers."""
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, _HIDDEN)
    text = _URL.sub(lambda match: mask(match[0]), text)
    return _BEARER.sub(rf"\1{_HIDDEN}", _HEADER.sub(rf"\1{_HIDDEN}", text))


def short(text: str) -> str:
    """The text redacted and made plain, at most 500 characters: as an error is stored."""
    return plain(redact(text), _LIMIT)


class Redaction(logging.Filter):
    """Redacts every record of the loggers it is added to; drops none."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Replace the message by its redacted text."""
        record.msg, record.args = redact(record.getMessage()), None
        return True


class _Relay(logging.Handler):
    """Passes records on to the root logger, from INFO on and only if the root wants that level."""

    def emit(self, record: logging.LogRecord) -> None:
        """Hand the record to the root's handlers, as propagation would."""
        root = logging.getLogger()
        if record.levelno >= max(logging.INFO, root.getEffectiveLevel()):
            root.handle(record)


def guard() -> logging.Logger:
    """Redact what Apprise and its HTTP library log; returns Apprise's logger, which may then be read at DEBUG.

    The reason of a failure is only told at DEBUG, so the level is DEBUG while what others see begins at INFO.
    """
    logger = logging.getLogger("apprise")
    for name in ("apprise", "urllib3.connectionpool"):
        guarded = logging.getLogger(name)
        if not any(isinstance(item, Redaction) for item in guarded.filters):
            guarded.addFilter(Redaction())
    if not any(isinstance(item, _Relay) for item in logger.handlers):
        logger.addHandler(_Relay())
        logger.propagate = False
        logger.setLevel(logging.DEBUG)
    return logger


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
    except ValueError:  # a bracket that no IPv6 address closes
        return None
    return parts

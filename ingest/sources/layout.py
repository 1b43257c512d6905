"""`{date:…}` in a URL: the days that objects are filed under, as CloudTrail and load balancers do."""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

from model.errors import ConfigError

_PLACE: Final = re.compile(r"\{date:([^{}]*)\}")
_CODES: Final = {"%Y": 4, "%m": 2, "%d": 2, "%y": 2, "%j": 3}
_FINER: Final = re.compile(r"%[HMS]")
_DIGITS: Final = "[0-9]"


def is_dated(pattern: str) -> bool:
    """Whether the pattern names days. Raises ConfigError for a place that does not make a day."""
    found = _PLACE.findall(pattern)
    text = "".join(found)
    known = set(re.findall(r"%.", text)) - {"%H", "%M", "%S"} <= _CODES.keys()
    whole = ("%Y" in text or "%y" in text) and ("%j" in text or ("%m" in text and "%d" in text))
    if found and not (known and whole):
        msg = f"{{date:{found[0]}}} does not name a day."
        raise ConfigError(msg, hint="Write {date:%Y/%m/%d}; %H, %M and %S may follow.")
    return bool(found)


def on(pattern: str, day: date) -> str:
    """The pattern for one day; hours and finer become digits."""
    return _PLACE.sub(lambda m: day.strftime(_FINER.sub(_DIGITS * 2, m[1])), pattern)


def any_day(pattern: str) -> str:
    """The pattern for all days, up to the part of the path that holds the last place."""
    end = max(match.end() for match in _PLACE.finditer(pattern))
    slash = pattern.find("/", end)
    return _PLACE.sub(lambda m: _glob(m[1]), pattern if slash < 0 else pattern[:slash])


def day_of(pattern: str, path: str) -> date | None:
    """The day that a path under `any_day(pattern)` is filed under."""
    expression, at, formats = "(?<![0-9])", 0, []
    for match in _PLACE.finditer(pattern):
        # Before the first place, whatever has to be matched was matched by listing.
        between = pattern[at : match.start()] if at else ""
        expression += _globbed(between) + f"({_digits(match[1])})"
        formats.append(_FINER.sub("", match[1]))
        at = match.end()
    found = re.search(expression + "(?![0-9])", path)
    if found is None:
        return None
    texts = [_trimmed(text, match[1]) for text, match in zip(found.groups(), _PLACE.finditer(pattern), strict=True)]
    try:
        return datetime.strptime("\x1f".join(texts), "\x1f".join(formats)).date()  # noqa: DTZ007 (a day has no zone)
    except ValueError:
        return None


def days(first: date, last: date) -> Iterator[date]:
    """Each day from the first to the last, both included."""
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def _glob(form: str) -> str:
    return re.sub(r"%.", lambda m: _DIGITS * _CODES.get(m[0], 2), form)


def _digits(form: str) -> str:
    parts = re.split(r"(%.)", form)
    return "".join(f"[0-9]{{{_CODES.get(part, 2)}}}" if part.startswith("%") else re.escape(part) for part in parts)


def _trimmed(text: str, form: str) -> str:
    """The text without its hours and finer."""
    kept, at = "", 0
    for part in re.split(r"(%.)", form):
        size = _CODES.get(part, 2) if part.startswith("%") else len(part)
        kept += "" if _FINER.fullmatch(part) else text[at : at + size]
        at += size
    return kept


def _globbed(text: str) -> str:
    """What stands between two places, which may hold globs."""
    return "".join("[^/]*" if part == "*" else re.escape(part) for part in re.split(r"(\*)", text))

"""Which columns an IIS log has whose `#Fields` line is missing (cut off, or dropped by a shipper), by what they hold.

IIS writes its fields in one order, and leaves out those that are switched off.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from ingest.formats import text

_METHOD: Final = r"[A-Z][A-Z_]{2,19}"
_LINE: Final = (
    r"^(?P<moment>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?) (?P<before>(?:\S+ ){0,3}?)"
    + _METHOD
    + r" (?:[/*]\S*|-) \S+"
    r" \d{1,5} \S+ (?P<client>[\da-fA-F.:]+(?:%\w+)?|-) (?P<texts>(?:\S+ ){1,5})(?P<codes>(?:\d{3}|-) \d+ \d+)"
    r"(?P<counts>(?: \d+)*)(?P<after>(?: \S+){0,2}?)\s*$"
)
_ADDRESS: Final = re.compile(r"[\da-fA-F.:]+(?:%\w+)?$")
_HOST: Final = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::\d+)?$")
_COUNTS: Final = {
    0: (),
    1: ("time-taken",),
    2: ("sc-bytes", "time-taken"),
    3: ("sc-bytes", "cs-bytes", "time-taken"),
}
_BETWEEN: Final = ("cs-method", "cs-uri-stem", "cs-uri-query", "s-port", "cs-username", "c-ip")
_CODES: Final = ("sc-status", "sc-substatus", "sc-win32-status")


def fields_line(sample: Sequence[str]) -> tuple[str, float]:
    """The `#Fields` line that fits most lines, and the share of lines that it fits; an empty text for none."""
    parts = [found for found in text.found(_LINE, sample) if found is not None]
    guessed = [names for found in parts if (names := _names(found)) is not None]
    if not guessed:
        return "", 0.0
    names, count = Counter(guessed).most_common(1)[0]
    return f"#Fields: {' '.join(names)}", count / len(sample)


def _names(found: Mapping[str, str]) -> tuple[str, ...] | None:
    before = tuple(_server(word) for word in found["before"].split())
    counts = _COUNTS.get(len(found["counts"].split()))
    if counts is None:
        return None
    after = ("x-forwarded-for", "c-port")[: len(found["after"].split())]
    return ("date", "time", *before, *_BETWEEN, *_texts(found["texts"].split()), *_CODES, *counts, *after)


def _server(word: str) -> str:
    if word.startswith("W3SVC"):
        return "s-sitename"
    return "s-ip" if _ADDRESS.match(word) and not word.isalnum() else "s-computername"


def _texts(words: Sequence[str]) -> tuple[str, ...]:
    """Version, user agent, cookie, referer and host, each of which but one may be missing."""
    version = ("cs-version",) if words[0].startswith("HTTP/") and len(words) > 1 else ()
    rest = words[len(version) :]
    names = {
        1: ("cs(User-Agent)",),
        2: ("cs(User-Agent)", "cs(Referer)"),
        3: ("cs(User-Agent)", "cs(Referer)", "cs-host") if _HOST.match(rest[-1]) else (
            "cs(User-Agent)", "cs(Cookie)", "cs(Referer)"),
    }  # fmt: skip
    return (*version, *names.get(len(rest), ("cs(User-Agent)", "cs(Cookie)", "cs(Referer)", "cs-host")))

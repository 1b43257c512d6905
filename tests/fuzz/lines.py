"""Hostile lines of each format: its sample's lines, changed as logs and attackers have it; the same for a seed."""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Final

CANARIES: Final = (
    "ac_live_Hq3vTz8LmWc2Rb7NxYk4Pd9F",
    "sk_test_4eC39HqLyjWDarjtT1zdp7dc",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "glpat-20CharsOfToken-1234",
    "sk-proj-abc123DEF456ghi789JKL",
    "AKIAIOSFODNN7EXAMPLE",
    "AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY",
    "xoxb-123456789012-abcdefGHIJKL",
    "SG.ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf09kqeF8tAmbihY",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmN",
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
    "kR3vT8zLmWc2Rb7NxYk4Pd9FHq",
    "npm_abcdefGHIJKLmnopQRSTuvwx1234",
    "hvs.CAESIJlWh3Kq9Zr_T2mXw4LpV6",
)
"""Made-up secrets of known families, and of none."""
OWN_PREFIX: Final = "zqk9"
OWN: Final = "zqk9abcdef"
"""A key of a prefix that the config declares: nothing else tells it."""
_BEFORE: Final = (
    " ",
    '"',
    "=",
    "/",
    "?api_key=",
    "&token=",
    ": ",
    "%20",
    "\\x22",
    "Bearer ",
    ",",
    "|",
    "\t",
    "key=",
    ":",
)
_BEHIND: Final = (" ", '"', "&", ",", "/", "")

_CONTROL: Final = [bytes([code]) for code in (*range(1, 10), 11, 12, 13, *range(14, 32), 127)]
_ODD: Final = (
    *("\u2028", "\u2029", "\ufeff", "\u0085", "\u202e", "é", "\U0001f511", "\u0130", "\u017f"),
    *("\\" * 9, "'", "''", "{}", "[]", "][", '\\"', '""', '","', '":"', "}{", "%00", "%ff%fe", "%", "\\u0000"),
    *("\\ud800", "\\udc00\\ud800", "\\x00", "\\xff", "\\n", "\\", "1e999", "-1", "0x10", "NaN", "Infinity", "null"),
    *("9" * 40, "0" * 30, "99999999999999999999", "-", "--", "\t", "   ", "a" * 3000, "{" * 50, "[" * 50, '{"a":' * 30),
    *("::", "1.2.3", "999.1.1.1", "2026-13-45T99:99:99Z", "1969-12-31T23:59:59Z", "99999-01-01", "$1", "${x}"),
)  # fmt: skip
_BYTES: Final = (b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80", b"\x00", b"\x00\x00\x00", b"\xef\xbb\xbf")

Change = Callable[[random.Random, bytes, Sequence[bytes]], bytes]


def _at(rng: random.Random, line: bytes) -> int:
    return rng.randrange(len(line) + 1)


def _flip(rng: random.Random, line: bytes, _others: Sequence[bytes]) -> bytes:
    at = _at(rng, line)
    return line[:at] + bytes([rng.randrange(256)]) + line[at + 1 :]


def _cut(rng: random.Random, line: bytes, _others: Sequence[bytes]) -> bytes:
    begin, end = sorted((_at(rng, line), _at(rng, line)))
    return rng.choice((line[:begin], line[end:], line[:begin] + line[end:]))


def _repeat(rng: random.Random, line: bytes, _others: Sequence[bytes]) -> bytes:
    begin, end = sorted((_at(rng, line), _at(rng, line)))
    return line[:end] + line[begin:end] * rng.randrange(1, 5) + line[end:]


def _splice(rng: random.Random, line: bytes, others: Sequence[bytes]) -> bytes:
    other = rng.choice(others)
    return line[: _at(rng, line)] + other[_at(rng, other) :]


def _insert(rng: random.Random, line: bytes, _others: Sequence[bytes]) -> bytes:
    at = _at(rng, line)
    return line[:at] + rng.choice((rng.choice(_ODD).encode(), rng.choice(_BYTES), rng.choice(_CONTROL))) + line[at:]


def _replace(rng: random.Random, line: bytes, _others: Sequence[bytes]) -> bytes:
    """One field by something odd: what stands between two separators."""
    separator = rng.choice((b" ", b'"', b",", b"\t", b":", b"=", b"|"))
    pieces = line.split(separator)
    pieces[rng.randrange(len(pieces))] = rng.choice((*(odd.encode() for odd in _ODD[9:]), b""))
    return separator.join(pieces)


_CHANGES: Final[tuple[Change, ...]] = (_flip, _cut, _repeat, _splice, _insert, _insert, _replace, _replace)


def hostile(rng: random.Random, line: bytes, others: Sequence[bytes]) -> bytes:
    """The line after one to three changes; never with a line end in it."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        line = rng.choice(_CHANGES)(rng, line, others)
    return line.replace(b"\n", b"")


def with_canary(rng: random.Random, line: bytes) -> bytes:
    """The line with a secret at any place that is no part of a character."""
    text = line.decode("utf-8", "replace")
    at = rng.randrange(len(text) + 1)
    held = rng.choice(_BEFORE) + rng.choice((*CANARIES, OWN)) + rng.choice(_BEHIND)
    return (text[:at] + held + text[at:]).encode()


def block(
    rng: random.Random, name: str, samples: Mapping[str, Sequence[bytes]], *, lines: int, share: float, quotes: bool
) -> tuple[list[bytes], set[int]]:
    """So many lines of a format, a share of them hostile, and the places (from 0) of the good ones.

    With `quotes` one line has more quotes than DuckDB's CSV reader takes.
    """
    own, others = list(samples[name]), [line for each in samples.values() for line in each]
    if rng.random() < 0.6:
        own += own[:1] * 60  # most logs are alike, and the quick ways are for them
    made, good = [], set[int]()
    if quotes:
        made.append(own[0] + b'"' * 40)
    for place in range(len(made), lines):
        line = rng.choice(own)
        if rng.random() < share:
            changed = hostile(rng, line, others)
            made.append(with_canary(rng, changed) if rng.random() < 0.4 else changed)
        else:
            made.append(line)
            good.add(place)
    return made, good

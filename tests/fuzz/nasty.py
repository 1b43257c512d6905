"""Lines that make a backtracking pattern slow: runs of one piece, nests, and real lines stretched or repeated."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import ingest.formats

LONGEST: Final = 1 << 16
"""Characters: as many as a sample holds of a line."""

PIECES: Final = (
    *"aA09 \t\"'\\[](){},;|:=-./%+_<é\u2028\r",
    *('\\"', '" ', ' "', '""', "a ", " a", "a=", "a:", "a,", "a.", "a/", "/-", "- ", "0 ", "0.", "0/", "[] ", "{} "),
    *("a=b ", 'a="b" ', 'a="', '"a", ', "a:b\t", "\\x22", "%20", "&a=b", "://a", "]: ", "::", "1.1.1.1, ", "a.b "),
    *(
        "\x1b[",
        "x[1]: ",
        "2026-10-01T09:30:00Z ",
        '{"a":',
        '{"a":[',
        '":{"',
        '{"log":"',
        '"},',
        "[[",
        "time=",
        "GET / ",
    ),
    *(
        "#Fields: date time ",
        "level=info ",
        "200 ",
        "- - [",
        ': "',
        '":-',
        '":0',
        ',"',
        "x_",
        "api_",
        "sk-",
        "9d3d-3c7a4",
    ),
)
BEGINS: Final = (
    "",
    '"',
    "{",
    '{"a": ',
    '{"a":-',
    '{"a":"',
    "[",
    "#Fields: ",
    'time="',
    "2026-10-01 09:30:00 ",
    "2026-10-01T09:30:00Z ",
    "Oct  1 09:30:00 host haproxy[12]: ",
    "192.0.2.7 - - [01/Oct/2026:09:30:00 +0000] ",
    '192.0.2.7 - - [01/Oct/2026:09:30:00 +0000] "GET /',
    "1790834400.123 ",
    "ts\t",
    "host:",
)
SAMPLES: Final = Path(ingest.formats.__file__).parent / "samples"
_FIELD: Final = re.compile(r"[^\s\"\[\]{}:,|=]+|[ \t]+|\"")
_FIELDS: Final = 12


@cache
def samples() -> dict[str, list[str]]:
    """The lines of each format's sample, by the format's name."""
    return {path.stem: path.read_text().splitlines() for path in sorted(SAMPLES.glob("*.log"))}


def runs(longest: int = LONGEST) -> Iterator[str]:
    """One piece again and again, behind nothing and behind beginnings of real lines."""
    for piece in PIECES:
        for begin in BEGINS:
            yield (begin + piece * (longest // len(piece)))[:longest]


def nests(longest: int = LONGEST) -> Iterator[str]:
    """JSON that is nested ten thousand deep, closed or not, or has very many fields, or endless numbers."""
    for piece, end in (('{"a":', "}"), ("[", "]"), ('{"a":[', "]}")):
        yield (piece * 10_000)[:longest]
        yield piece * 4_000 + "1" + end * 4_000
    yield "{" + ",".join(f'"a{i}":{i}' for i in range(longest // 14)) + "}"
    yield '{"ts":' + "9" * (longest - 10) + "}"
    yield '{"ts":1e' + "9" * 4_000 + ',"status":' + "9" * 4_000 + "}"


def stretched(line: str, longest: int = LONGEST) -> Iterator[str]:
    """A real line with one field as long as can be, cut in half and repeated, and with endless ends."""
    fields = list(_FIELD.finditer(line))
    for field in fields[:: max(1, len(fields) // _FIELDS)]:
        for piece in (field[0], "a"):
            yield line[: field.start()] + (piece * longest)[: longest - len(line)] + line[field.end() :]
    half = line[: len(line) // 2]
    for piece in (half, f"{half} ", line):
        yield (piece * (longest // len(piece) + 1))[:longest]
    for begin in (line, half, half[: half.rfind(":") + 1] or half):
        for end in (" ", "a", '"', "\\", "[", "-"):
            yield (begin + end * longest)[:longest]


def every(longest: int = LONGEST) -> Iterator[str]:
    """All of them; of each sample the first lines."""
    yield from nests(longest)
    yield from runs(longest)
    for lines in samples().values():
        for line in lines[:3]:
            yield from stretched(line, longest)

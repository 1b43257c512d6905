"""What is no text at all: archives, programs, databases. A log of it would be a list of garbage."""

from collections.abc import Sequence
from typing import Final

from model.errors import FormatError

_MAGIC: Final = {
    "PK\x03\x04": "a zip archive",
    "7z\ufffd\ufffd": "a 7z archive",
    "Rar!\x1a\x07": "a rar archive",
    "SQLite format 3": "an SQLite database",
    "\x7fELF": "a program",
    "%PDF-": "a PDF document",
    "PAR1": "a Parquet file",
    "LPKSHHRH": "a journal of systemd",
    "\ufffd\ufffd\ufffd\ufffd\x0d\x0d": "a capture of packets",
}
"""As the first bytes look once NULs are gone and what is no UTF-8 is U+FFFD."""
_HINTS: Final = {
    "a zip archive": "Unpack it first; gz, bz2, xz and zst are read as they are.",
    "a 7z archive": "Unpack it first; gz, bz2, xz and zst are read as they are.",
    "a rar archive": "Unpack it first; gz, bz2, xz and zst are read as they are.",
    "an SQLite database": 'Name it as a source with [sources.sql]: url = "sqlite:///…".',
    "a journal of systemd": "Export it: journalctl -o export, or -o json.",
}
_LOOKED_AT: Final = 4096
_MOST: Final = 0.2
"""Of the characters of a log, hardly one is a control character or no character at all."""


def check(sample: Sequence[str], where: str) -> None:
    """Raise FormatError when the sample is of a file that holds no text."""
    first = sample[0] if sample else ""
    kind = next((kind for magic, kind in _MAGIC.items() if first.startswith(magic)), None)
    if kind is None and _is_garbage("".join(sample)[:_LOOKED_AT]):
        kind = "no text"
    if kind is not None:
        msg = f"{where} is {kind}."
        raise FormatError(
            msg, hint=_HINTS.get(kind, "Name a log: lines of text, as they are or packed (gz, bz2, xz, zst).")
        )


def _is_garbage(text: str) -> bool:
    strange = sum(char == "\ufffd" or (char < " " and char not in "\t\x1b") for char in text)
    return strange > _MOST * len(text)

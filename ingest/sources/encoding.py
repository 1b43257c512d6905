"""UTF-16 logs as UTF-8, with offsets that stay those of the file."""

import codecs
from dataclasses import dataclass
from typing import Final

_BOMS: Final = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_FEWEST: Final = 16
"""Bytes that tell UTF-16 without a byte order mark."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a file's bytes become UTF-8; `name` is None for bytes that are taken as they are."""

    name: str | None = None

    @property
    def width(self) -> int:
        """Bytes of a unit; an offset is a multiple of it."""
        return 1 if self.name is None else 2

    def text(self, raw: bytes) -> bytes:
        """Whole units as UTF-8; a lone half of a surrogate pair becomes three bytes that are no UTF-8."""
        if self.name is None:
            return raw
        return raw[: len(raw) // 2 * 2].decode(self.name, "surrogatepass").encode("utf-8", "surrogatepass")

    def size(self, text: bytes) -> int:
        """How many bytes of the file a beginning of `text(raw)` stands for."""
        if self.name is None:
            return len(text)
        return 2 * (len(text.decode("utf-8", "surrogatepass").encode("utf-16-le", "surrogatepass")) // 2)

    def at_line(self, before: bytes) -> bool:
        """Whether a line begins behind these bytes, which end at a whole unit: NULs alone begin none."""
        text = self.text(before[len(before) % self.width :]).rstrip(b"\0")
        return not text or text.endswith(b"\n")


PLAIN: Final = Encoding()


def encoding_of(head: bytes) -> Encoding:
    """UTF-16 by its byte order mark, or where every second of the first bytes is NUL and hardly another."""
    for mark, name in _BOMS:
        if head.startswith(mark):
            return Encoding(name)
    pairs = len(head) // 2
    if 2 * pairs >= _FEWEST:
        even, odd = (head[side : 2 * pairs : 2].count(0) / pairs for side in (0, 1))
        if odd > 0.9 and even < 0.1:  # noqa: PLR2004 (shares: other scripts have a few other high bytes)
            return Encoding("utf-16-le")
        if even > 0.9 and odd < 0.1:  # noqa: PLR2004
            return Encoding("utf-16-be")
    return PLAIN

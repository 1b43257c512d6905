"""The Link header (RFC 8288)."""

import re
from typing import Final

_LINK: Final = re.compile(r"<([^<>]*)>([^<>]*)")
_NEXT: Final = re.compile(r""";\s*rel\s*=\s*(?:"[^"]*\bnext\b[^"]*"|next\b)""", re.IGNORECASE)


def next_link(header: str) -> str | None:
    """The link whose relation is `next`, or None."""
    return next((found[1] for found in _LINK.finditer(header) if _NEXT.search(found[2])), None)

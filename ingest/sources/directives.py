"""Directives: lines inside a log that say what the lines after them hold (W3C `#Fields:`, Zeek `#fields`)."""

from typing import Final

_BEGINNINGS: Final = (b"#Fields:", b"#fields")
_LONGEST: Final = 16_384


def directive(text: bytes) -> str:
    """The last of a block's lines that says which fields follow, without its end; empty when there is none."""
    at = max(_last(text, beginning) for beginning in _BEGINNINGS)
    if at < 0:
        return ""
    end = text.find(b"\n", at)
    line = text[at : end if end >= 0 else len(text)]
    return line[:_LONGEST].decode("utf-8", "replace").rstrip("\r").replace("\0", "")


def _last(text: bytes, beginning: bytes) -> int:
    at = text.rfind(b"\n" + beginning)
    if at >= 0:
        return at + 1
    start = 3 if text.startswith(b"\xef\xbb\xbf") else 0
    return start if text.startswith(beginning, start) else -1

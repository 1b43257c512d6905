"""Text from a log made safe to show: control characters and writing-direction overrides become visible escapes."""

import re

_UNSAFE = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def plain(text: str, limit: int | None = None) -> str:
    r"""`text` on one line with nothing a terminal, a mail reader or a browser would act on (CWE-117).

    C0 and C1 controls (newlines too) and bidirectional overrides are written as `\xHH` or `\uHHHH`; a tab becomes a
    space. With `limit`, what is longer is cut and ends in `…`.
    """
    safe = _UNSAFE.sub(_escape, text.replace("\t", " "))
    if limit is not None and len(safe) > limit:
        return safe[: limit - 1] + "…"
    return safe


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"  # noqa: PLR2004 (the two widths of an escape)

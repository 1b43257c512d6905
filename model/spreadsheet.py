"""Text for a cell of a CSV file: data to a spreadsheet, never a formula."""

from typing import Final

from model.plain import plain

_FORMULA: Final = frozenset("=+-@＝＋－＠")  # noqa: RUF001 (spreadsheets read the full-width forms too)
_BLANK: Final = frozenset("\t\r\n\0")


def inert(text: str) -> str:
    """`text` with a leading apostrophe where a spreadsheet would compute it (OWASP, CSV injection).

    Control characters become visible escapes.
    """
    # Apostrophes that stand there already do not count, so that what was written can be told again.
    bare = text.lstrip("'")
    dangerous = bare[:1] in _BLANK or bare.lstrip()[:1] in _FORMULA if bare else False
    return f"'{plain(text)}" if dangerous else plain(text)

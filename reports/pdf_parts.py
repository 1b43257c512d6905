"""What the sections of the PDF share: headings, and the lines below a table."""

from collections.abc import Iterator
from typing import Final

from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import CondPageBreak, Flowable

from reports.pdf_style import ACCENT, SMALL, style
from reports.pdf_style import words as cell
from reports.words import NOT_PROVEN

ROWS: Final = 1_000
"""Rows of the inventory and of the findings; measured 0.6 s. The CSV files have all."""
NONE: Final = "\u2013"
"""Stands where nothing is known."""
BODY, H2 = style(9, after=4), style(14, bold=True, before=12, after=6)
H3 = style(10, bold=True, colour=ACCENT, before=6, after=3)


def head(title: str, of: ParagraphStyle) -> Iterator[Flowable]:
    """A heading, with room for some rows below it on its page."""
    yield CondPageBreak(25 * mm)
    yield cell(title, of)


def more(total: int, file: str, shown: int = ROWS) -> Iterator[Flowable]:
    """Where the rows that are not shown stand."""
    if total > shown:
        yield cell(f"The first {shown:,} of {total:,}; {file} has all.", SMALL)


def not_proven(section: str) -> Iterator[Flowable]:
    """What the evidence of a section does not prove."""
    yield cell(f"This does not prove {NOT_PROVEN[section]}", SMALL)

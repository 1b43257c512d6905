"""How the PDF looks: fonts, colours, and data as text that is never markup. Needs the extra `pdf`.

The fonts lie beside this file: DejaVu Sans, cut down to Latin, Greek and Cyrillic, so that the same report has the same
bytes on every machine. A character that they lack is written as an escape.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor, white
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, Paragraph, Table

from model.plain import plain
from reports.texts import shown

REGULAR: Final = "DejaVuSans"
BOLD: Final = "DejaVuSans-Bold"
INK, SOFT, LINE, WASH = HexColor("#17212c"), HexColor("#56636f"), HexColor("#dde3ea"), HexColor("#f5f7f9")
ACCENT: Final = HexColor("#1d4e79")
SEVERITIES: Final = {
    "critical": HexColor("#8f1d17"),
    "high": HexColor("#c24a2c"),
    "medium": HexColor("#96690c"),
    "low": HexColor("#4a6d94"),
    "info": HexColor("#6d7b89"),
}
WIDTH: Final = A4[0] - 28 * mm
"""Of a page inside of its margins."""
_CUT: Final = 600
"""Characters of a cell; the CSV files have all of it."""
_ASCII: Final = 0x80


@cache
def _glyphs() -> frozenset[int]:
    """Register the fonts; returns the characters that they have."""
    for name in (REGULAR, BOLD):
        pdfmetrics.registerFont(TTFont(name, str(Path(__file__).parent / "fonts" / f"{name}.ttf")))
    pdfmetrics.registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=REGULAR, boldItalic=BOLD)
    return frozenset(pdfmetrics.getFont(REGULAR).face.charToGlyph)


def style(
    size: float,
    *,
    bold: bool = False,
    colour: HexColor = INK,
    right: bool = False,
    before: float = 0,
    after: float = 0,
) -> ParagraphStyle:
    """A paragraph's style."""
    _glyphs()
    return ParagraphStyle(
        f"{size}{bold}{right}",
        fontName=BOLD if bold else REGULAR,
        fontSize=size,
        leading=size * 1.32,
        textColor=colour,
        alignment=2 if right else 0,
        spaceBefore=before,
        spaceAfter=after,
        splitLongWords=1,
    )


def text(value: object) -> str:
    """A value as the text of a paragraph: no markup, no character that the fonts lack."""
    raw = plain(str(shown(value)), _CUT)
    known = _glyphs()
    return escape("".join(c if ord(c) < _ASCII or ord(c) in known else f"\\u{ord(c):04x}" for c in raw))


def words(value: object, of: ParagraphStyle) -> Paragraph:
    """A value as a paragraph."""
    return Paragraph(text(value), of)


HEAD, CELL, SMALL = style(7.2, bold=True, colour=SOFT), style(7.6), style(7, colour=SOFT)
NUMBER = style(7.6, right=True)


def table(
    head: Sequence[str], rows: Iterable[Sequence[object]], widths: Sequence[float], numbers: Iterable[int] = ()
) -> Table:
    """A table with a head that every page repeats; `numbers` are the columns that stand to the right."""
    right = set(numbers)
    top = style(7.2, bold=True, colour=SOFT, right=True)
    body = [[_cell(value, NUMBER if n in right else CELL) for n, value in enumerate(row)] for row in rows]
    first = [words(name, top if n in right else HEAD) for n, name in enumerate(head)]
    made = Table([first, *body], colWidths=list(widths), repeatRows=1)
    lines = [("LINEBELOW", (0, 0), (-1, 0), 1, INK), ("LINEBELOW", (0, 1), (-1, -1), 0.4, LINE)]
    made.setStyle([*lines, ("VALIGN", (0, 0), (-1, -1), "TOP"), *padding(2), ("RIGHTPADDING", (0, 0), (-1, -1), 5)])
    made.spaceAfter = 8
    return made


def _cell(value: object, of: Any) -> Flowable:  # noqa: ANN401 (ReportLab has no types)
    return value if isinstance(value, Flowable) else words(value, of)


def bare_table(rows: list[list[Any]], widths: Sequence[float]) -> Table:
    """Rows without lines."""
    made = Table(rows, colWidths=list(widths))
    made.setStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), *padding(1.5)])
    return made


def padding(size: float) -> list[tuple[object, ...]]:
    """The same space on all sides of all cells."""
    return [(f"{side}PADDING", (0, 0), (-1, -1), size) for side in ("TOP", "BOTTOM", "LEFT", "RIGHT")]


def severity(name: str) -> Paragraph:
    """The name of a severity on its colour."""
    of = style(7.2, bold=True, colour=white)
    made = of.clone(f"severity {name}", backColor=SEVERITIES.get(name, SOFT), borderPadding=(1, 3, 1, 3), leftIndent=3)
    return Paragraph(text(name), made)


def bullets(sentences: Iterable[str]) -> Iterator[Paragraph]:
    """Sentences with a dot before each."""
    of = style(8.4, after=2).clone("bullet", leftIndent=9, bulletIndent=0)
    yield from (Paragraph(text(one), of, bulletText="•") for one in sentences)

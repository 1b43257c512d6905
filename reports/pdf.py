"""report.pdf for paper and mail; needs the extra `pdf` (ReportLab)."""

import io
from collections.abc import Iterator, Sequence
from typing import Any, Final

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, PageBreak, SimpleDocTemplate

from reports import pdf_scope, pdf_sections, pdf_trail
from reports.parts import Written
from reports.pdf_style import BOLD, REGULAR, SOFT
from reports.snapshot import Snapshot

_INSIDE: Final = 6
"""Points that ReportLab's frames keep free inside of the margins."""


def pdf(snapshot: Snapshot, listed: Sequence[Written] = ()) -> bytes:
    """The document; the same snapshot gives the same bytes. `listed` are the files beside it."""
    made = io.BytesIO()
    cover = snapshot.cover
    document = SimpleDocTemplate(
        made,
        pagesize=A4,
        leftMargin=14 * mm - _INSIDE,
        rightMargin=14 * mm - _INSIDE,
        topMargin=14 * mm,
        bottomMargin=17 * mm,
        title=f"API key audit report, {cover.period}",
        author="keywatch",
        subject=cover.report_id,
        invariant=1,
    )
    foot = " · ".join(part for part in ("keywatch", cover.report_id, cover.classification) if part)
    document.build(list(_story(snapshot, listed)), canvasmaker=_numbered(foot))
    return made.getvalue()


def _story(s: Snapshot, listed: Sequence[Written]) -> Iterator[Flowable]:
    yield from pdf_sections.first(s)
    yield PageBreak()
    yield from pdf_scope.scope(s)
    yield from pdf_scope.method(s)
    yield from pdf_sections.summary(s)
    yield from pdf_sections.inventory(s)
    yield from pdf_sections.findings(s)
    yield from pdf_trail.changes(s)
    yield from pdf_trail.rotations(s)
    yield from pdf_trail.exceptions(s)
    yield from pdf_trail.review(s)
    yield from pdf_sections.integrity(s, listed)
    yield from pdf_sections.controls(s)


def _numbered(foot: str) -> type[Canvas]:
    """A canvas that writes `page / pages` on every page once it knows how many there are."""

    class Numbered(Canvas):  # type: ignore[misc]  # ReportLab has no types
        def __init__(self, *given: Any, **named: Any) -> None:  # noqa: ANN401
            super().__init__(*given, **named)
            self._pages: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802 (ReportLab's name)
            self._pages.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for number, page in enumerate(self._pages, 1):
                self.__dict__.update(page)
                self.setFont(REGULAR, 6.5)
                self.setFillColor(SOFT)
                self.drawString(14 * mm, 9 * mm, foot)
                self.setFont(BOLD, 6.5)
                self.drawRightString(A4[0] - 14 * mm, 9 * mm, f"{number} / {len(self._pages)}")
                Canvas.showPage(self)
            Canvas.save(self)

    return Numbered

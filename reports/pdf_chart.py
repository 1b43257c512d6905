"""The chart of the PDF: requests by outcome, as stacked bars."""

from datetime import UTC, datetime

from reportlab.graphics.shapes import Drawing, Rect, String
from reportlab.lib.colors import HexColor
from reportlab.platypus import Paragraph

from reports.chart import COLOURS
from reports.pdf_style import REGULAR, SOFT, WIDTH, style, text
from reports.snapshot import Snapshot
from reports.texts import day, grouped


def chart(s: Snapshot, height: float = 95) -> Drawing:
    """Requests of each day (or hour) by outcome; there must be some."""
    made = Drawing(WIDTH, height + 14)
    step = s.bar_length.total_seconds()
    first = datetime.fromtimestamp(s.cover.since.timestamp() // step * step, tz=UTC)
    count = max(1, -((first - s.cover.until) // s.bar_length))
    top = max(sum(number for _, number in bar.outcomes) for bar in s.bars)
    wide = (WIDTH - 40) / count
    for bar in s.bars:
        below, of = 14.0, dict(bar.outcomes)
        x = 40 + wide * ((bar.bucket - first) / s.bar_length)
        for outcome, (_, colour) in COLOURS.items():
            high = height * of.get(outcome, 0) / top
            if high:
                made.add(Rect(x, below, max(0.4, wide * 0.85), high, fillColor=HexColor(colour), strokeColor=None))
                below += high
    for share in (0, 1):
        label = String(36, 12 + height * share - 4 * share, grouped(top * share), fontName=REGULAR, fontSize=6.5)
        label.textAnchor, label.fillColor = "end", SOFT
        made.add(label)
    for at, anchor, x in ((s.cover.since, "start", 40.0), (s.cover.until, "end", WIDTH)):
        made.add(String(x, 3, day(at), fontName=REGULAR, fontSize=6.5, textAnchor=anchor, fillColor=SOFT))
    return made


def legend(s: Snapshot) -> Paragraph:
    """The colour of each outcome that occurs."""
    there = {outcome for bar in s.bars for outcome, number in bar.outcomes if number}
    marks = [f'<font color="{colour}">■</font> {text(name)}' for o, (name, colour) in COLOURS.items() if o in there]
    return Paragraph("&nbsp;&nbsp; ".join(marks), style(7.5, colour=SOFT, after=8))

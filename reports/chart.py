"""Charts as inline SVG, drawn here: no script, no font, nothing that is fetched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from markupsafe import Markup, escape

from reports.records import Bar
from reports.thresholds import DAY

COLOURS: Final[dict[str, tuple[str, str]]] = {
    "ok": ("OK", "#b5c8da"),
    "client_error": ("Other 4xx", "#7f8fa0"),
    "unknown": ("Not said", "#dcdfe3"),
    "unauthenticated": ("401", "#c8443c"),
    "forbidden": ("403", "#e39b2d"),
    "throttled": ("429", "#7b5ea7"),
    "server_error": ("5xx", "#2b3440"),
}
"""Outcome to its name and colour, from the bottom of a bar to its top. Told apart without red and green."""

_WIDTH, _LEFT, _RIGHT, _TOP, _FOOT = 720.0, 46.0, 4.0, 8.0, 20.0
_LABELS: Final = 8
_LABEL: Final = 58.0
"""The width of the longest label of a time."""
_BOX: Final = Markup('<rect x="{:.2f}" y="{:.2f}" width="{:.2f}" height="{:.2f}" fill="{}"><title>{}</title></rect>')
_LINE: Final = Markup(
    '<line x1="{:g}" x2="{:g}" y1="{:.2f}" y2="{:.2f}" class="grid"/><text x="{:g}" y="{:.2f}" class="num">{}</text>',
)
_NICE: Final = ((1, 5), (1.5, 3), (2, 4), (2.5, 5), (3, 3), (4, 4), (5, 5), (6, 3), (8, 4), (10, 5))
"""Where an axis may end, times a power of ten, and in how many steps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Where a chart's numbers lie on the paper."""

    since: datetime
    step: timedelta
    count: int
    """How many bars have room."""
    top: float
    """The number at the top edge."""
    steps: int
    """How many lines there are above the bottom one."""
    height: float

    @property
    def width(self) -> float:
        """Of one bar with the space after it."""
        return (_WIDTH - _LEFT - _RIGHT) / max(self.count, 1)

    def y(self, number: float) -> float:
        """How far down a number lies."""
        return _TOP + (self.height - _TOP - _FOOT) * (1 - number / self.top)


def stacked(
    bars: Sequence[Bar],
    *,
    since: datetime,
    until: datetime,
    step: timedelta,
    outcomes: Sequence[str],
    height: float,
    title: str,
) -> Markup:
    """Bars of requests by outcome over [since, until), a bar for each `step`; empty markup when there are none."""
    chosen = [(bar.bucket, {o: n for o, n in bar.outcomes if o in outcomes}) for bar in bars]
    highest = max((sum(counts.values()) for _, counts in chosen), default=0)
    if not highest:
        return Markup("")
    begin = datetime.fromtimestamp(since.timestamp() // step.total_seconds() * step.total_seconds(), tz=since.tzinfo)
    count = -((begin - until) // step)
    top, steps = _ceiling(highest)
    frame = Frame(since=begin, step=step, count=count, top=top, steps=steps, height=height)
    parts = [*_grid(frame), *(part for at, counts in chosen for part in _bar(frame, at, counts)), *_days(frame)]
    head = Markup('<svg viewBox="0 0 {:g} {:g}" role="img" aria-label="{}">').format(_WIDTH, height, title)
    return head + Markup("").join(parts) + Markup("</svg>")


def legend(bars: Sequence[Bar], outcomes: Sequence[str]) -> Markup:
    """A coloured square and the name of each of the outcomes that occurs."""
    there = {outcome for bar in bars for outcome, number in bar.outcomes if number}
    item = Markup(
        '<span><svg class="dot" viewBox="0 0 10 10"><rect width="10" height="10" rx="2" fill="{}"/></svg>{}</span>'
    )
    drawn = [item.format(colour, name) for o, (name, colour) in COLOURS.items() if o in outcomes and o in there]
    return Markup('<div class="legend">') + Markup("").join(drawn) + Markup("</div>")


def meter(part: int, whole: int, colour: str) -> Markup:
    """A bar that is filled as far as `part` of `whole`."""
    filled = 100 * part / whole if whole else 0
    box = Markup('<rect width="{:.1f}" height="4" rx="2" fill="{}"/>')
    head = Markup('<svg class="meter" viewBox="0 0 100 4" preserveAspectRatio="none">')
    return head + box.format(100, "#e7ebf0") + box.format(filled, colour) + Markup("</svg>")


def _bar(frame: Frame, at: datetime, counts: Mapping[str, int]) -> list[Markup]:
    x = _LEFT + frame.width * ((at - frame.since) // frame.step)
    gap = min(2.0, frame.width * 0.2)
    parts, below = [], 0
    for outcome, (name, colour) in COLOURS.items():
        number = counts.get(outcome, 0)
        if number:
            words = f"{at:%Y-%m-%d %H:%M} {name}: {number:,}"
            high = frame.y(below) - frame.y(below + number)
            parts.append(_BOX.format(x, frame.y(below + number), frame.width - gap, high, colour, words))
            below += number
    return parts


def _grid(frame: Frame) -> list[Markup]:
    ticks = [frame.top * part / frame.steps for part in range(frame.steps + 1)]
    return [
        _LINE.format(_LEFT, _WIDTH - _RIGHT, frame.y(t), frame.y(t), _LEFT - 6, frame.y(t) + 3, _short(t))
        for t in ticks
    ]


def _days(frame: Frame) -> list[Markup]:
    every = max(1, -(-frame.count // _LABELS))
    shape = "%d %b" if frame.step >= DAY else "%d %b %H:%M"
    text = Markup('<text x="{:.2f}" y="{:g}" class="day">{}</text>')
    # The last label has to end before the paper does.
    places = [n for n in range(0, frame.count, every) if _LEFT + frame.width * n < _WIDTH - _LABEL]
    return [
        text.format(_LEFT + frame.width * n, frame.height - 5, escape(f"{frame.since + n * frame.step:{shape}}"))
        for n in places
    ]


def _ceiling(number: int) -> tuple[float, int]:
    """Where the axis ends, at or above the number, and its steps; whole numbers only."""
    power = 10 ** (len(str(number)) - 1)
    top, steps = next((nice * power, steps) for nice, steps in _NICE if nice * power >= number)
    return float(top), steps if top % steps == 0 else 1


def _short(number: float) -> str:
    for size, unit in ((1_000_000, "M"), (1_000, "k")):
        if number >= size:
            return f"{number / size:g}{unit}"
    return f"{number:g}"

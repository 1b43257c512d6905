"""The time axis of a chart, by the clocks of the chosen zone; a span drawn over it is the new window."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import pandas as pd
import streamlit as st

from dashboard import zones
from dashboard.charts.frame import Spec, holding, mapped
from dashboard.controls import timeframe
from model.window import Window

BEGIN: Final = "begin"
"""The field of a time chart's rows that its x axis shows: the beginning of a bucket, as `Zone.walls` gives it."""
END: Final = "end"
"""The field of its end, likewise."""

PAINTED: Final = {"embedOptions": {"renderer": "canvas"}}
"""Draws on a canvas. In an SVG each brush is a picture without a text of its own, which a screen reader stops at; the
text of the whole chart and the table behind it say more than a thousand bars."""


BRUSHES: Final[list[Spec]] = [
    {
        "name": timeframe.BRUSH,
        "select": {"type": "interval", "encodings": ["x"], "mark": {"fillOpacity": 0.15}},
    }
]
"""The `params` of a time chart, or of one of its layers: a span can be drawn over it."""


def x(window: Window) -> Spec:
    """The axis of a window."""
    form = "%H:%M" if window.length <= timedelta(days=1) else "%d %b"
    if timedelta(days=1) < window.length < timedelta(days=4):
        form = "%d %b %H:%M"
    zone = zones.chosen()
    ends = [_parts(zone.wall(each)) for each in (window.since, window.until)]
    return {
        "field": BEGIN,
        "type": "temporal",
        "title": None,
        "scale": {"type": "utc", "domain": ends, "nice": False},
        "axis": {"grid": False, "tickCount": 8, "labelOverlap": True, "format": form},
    }


def columns(moments: pd.Series, bucket: timedelta) -> dict[str, pd.Series]:
    """The columns BEGIN, END and `time` (for tooltips) of buckets that begin at `moments`."""
    zone = zones.chosen()
    form = "{:%a %d %b %H:%M %Z}" if bucket >= timedelta(minutes=1) else "{:%a %d %b %H:%M:%S %Z}"
    walls = zone.walls(moments)
    return {BEGIN: walls, END: walls + bucket, "time": mapped(moments.dt.tz_convert(zone.info), form.format)}


def tabled(moments: pd.Series) -> pd.Series:
    """Moments as the table behind a chart has them."""
    written: pd.Series = moments.dt.tz_convert(zones.chosen().info).dt.strftime("%Y-%m-%d %H:%M")
    return written


def unit(bucket: timedelta) -> str:
    """`hour`, `15 minutes`: what a chart counts by."""
    seconds = int(bucket.total_seconds())
    for size, word in ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        if seconds % size == 0:
            number = seconds // size
            return word if number == 1 else f"{number} {word}s"
    return f"{bucket.total_seconds()} seconds"


def draw(
    spec: Spec,
    rows: pd.DataFrame,
    window: Window,
    bucket: timedelta,
    *,
    name: str,
    alternative: str,
    take: Callable[[Window], None] = timeframe.choose,
) -> None:
    """Put a time chart on the page; drawing over it sets the window. `name` tells it from the others of the page.

    `spec` has BRUSHES, and `rows` are its data. `take` does something else with the span that was drawn.
    """
    # Keyed by the window: what was drawn over a chart must not stay on the next one.
    key = f"{name}_{window.since:%y%m%d%H%M%S}_{window.until:%y%m%d%H%M%S}"
    st.vega_lite_chart(
        None,
        spec | holding(rows) | {"usermeta": PAINTED},
        width="stretch",
        alt=alternative,
        key=key,
        on_select=lambda: timeframe.brushed(key, BEGIN, bucket, take),
        selection_mode=timeframe.BRUSH,
    )


def _parts(wall: datetime) -> Spec:
    # Of a bare number Vega makes a moment only where a chart has bars.
    return {
        "year": wall.year,
        "month": wall.month,
        "date": wall.day,
        "hours": wall.hour,
        "minutes": wall.minute,
        "seconds": wall.second,
        "utc": True,
    }

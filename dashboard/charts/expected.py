"""The chart of calls by hour beside what was expected of them, with the hours that findings rest on marked."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final

import pandas as pd

from dashboard import zones
from dashboard.charts import time_axis
from dashboard.charts.frame import AMOUNT, PADDING, Spec, behind, titled
from dashboard.words import count
from model.window import Window

_HOUR: Final = timedelta(hours=1)
_TITLE: Final = "Calls per hour"
_CALLS: Final = "Calls"
_RANGE: Final = "Usual range"
_EXPECTED: Final = "Expected"
_EVIDENCE: Final = "Evidence of a finding"
_COLOURS: Final = {_CALLS: "#8593A3", _RANGE: "#8CCFD0", _EXPECTED: "#14AEB0", _EVIDENCE: "#D55E00"}


def band(
    hours: pd.DataFrame,
    evidence: Iterable[datetime],
    counted: str,
    *,
    take: Callable[[Window], None],
    height: int = 250,
) -> None:
    """Draw it; `hours` is [hour, calls, expected, low, high], `evidence` are moments within hours to mark.

    `counted` says which calls; `take` is handed the span that is drawn over it.
    """
    marked = {pd.Timestamp(moment).floor("h") for moment in evidence}
    rows = hours.assign(**time_axis.columns(hours["hour"], _HOUR), found=hours["hour"].isin(marked))
    window = Window(since=hours["hour"].min().to_pydatetime(), until=hours["hour"].max().to_pydatetime() + _HOUR)
    spec = _spec(window, height, counted)
    time_axis.draw(spec, rows, window, _HOUR, name="usual", alternative=_sum_up(rows), take=take)
    behind("usual", _TITLE, lambda: _table(rows))


def outside(hours: pd.DataFrame) -> "pd.Series[bool]":
    """The hours whose calls are beyond the usual range; none where nothing was expected."""
    return (hours["calls"] > hours["high"]) | (hours["calls"] < hours["low"])


def _spec(window: Window, height: int, counted: str) -> Spec:
    tooltip = [
        {"field": "time", "type": "nominal", "title": "From"},
        {"field": "calls", "type": "quantitative", "title": "Calls", "format": ","},
        {"field": "expected", "type": "quantitative", "title": "Expected", "format": ",.1f"},
        {"field": "low", "type": "quantitative", "title": "Usual from", "format": ",.0f"},
        {"field": "high", "type": "quantitative", "title": "Usual to", "format": ",.0f"},
        {"field": "found", "type": "nominal", "title": "Evidence"},
    ]
    area = {
        "params": time_axis.BRUSHES,
        "mark": {"type": "area", "opacity": 0.35, "interpolate": "step-after"},
        "encoding": {"y": _y("low"), "y2": {"field": "high"}},
    }
    bars = {
        "mark": {"type": "bar", "orient": "vertical", "x2Offset": -0.7, "opacity": 0.6},
        "encoding": {"x2": {"field": time_axis.END}, "y": _y("calls"), "tooltip": tooltip},
    }
    line = {
        "mark": {"type": "line", "strokeDash": [4, 3], "strokeWidth": 2.5, "interpolate": "step-after"},
        "encoding": {"y": _y("expected")},
    }
    point = {
        "mark": {
            "type": "point",
            "shape": "triangle-down",
            "size": 70,
            "filled": True,
            "opacity": 1,
            "yOffset": -7,
        },
        "encoding": {"y": _y("calls"), "tooltip": tooltip},
    }
    return {
        "title": titled(_TITLE, f"{counted}; the range is what was usual"),
        "height": height,
        "padding": PADDING,
        "encoding": {"x": time_axis.x(window)},
        "layer": [
            _of(_RANGE, area),
            _of(_CALLS, bars),
            _of(_EXPECTED, line),
            _of(_EVIDENCE, point, {"filter": "datum.found"}),
        ],
    }


def _of(kind: str, layer: Spec, *transform: Spec) -> Spec:
    """A layer in the colour of its kind, and with its place in the legend."""
    color = {
        "field": "kind",
        "type": "nominal",
        "scale": {"domain": list(_COLOURS), "range": list(_COLOURS.values())},
        "legend": {
            "title": None,
            "orient": "top",
            "columns": 0,
            "symbolType": "square",
            "symbolOpacity": 1,
            "offset": 4,
            "padding": 0,
        },
    }
    return {
        **layer,
        "transform": [*transform, {"calculate": f"'{kind}'", "as": "kind"}],
        "encoding": {**layer["encoding"], "color": color},
    }


def _y(field: str) -> Spec:
    return {
        "field": field,
        "type": "quantitative",
        "title": None,
        "axis": {"labelExpr": AMOUNT, "tickCount": 4, "domain": False},
    }


def _sum_up(rows: pd.DataFrame) -> str:
    known = int(rows["expected"].notna().sum())
    said = f"Calls per hour over {len(rows)} hours, {count(rows['calls'].sum())} in all, with the range that was usual."
    if not known:
        return f"{said} There is too little history to expect anything: less than three days before."
    return (
        f"{said} {int(outside(rows).sum())} of {known} hours are outside of it; {int(rows['found'].sum())} hours hold"
        " evidence of a finding."
    )


def _table(rows: pd.DataFrame) -> pd.DataFrame:
    """One row an hour, the newest first."""
    newest = rows.sort_values("hour", ascending=False)
    return pd.DataFrame(
        {
            zones.chosen().headed("From"): time_axis.tabled(newest["hour"]),
            "Calls": newest["calls"],
            "Expected": newest["expected"].round(1),
            "Usual from": newest["low"].round(1),
            "Usual to": newest["high"].round(1),
            "Evidence": newest["found"].map({True: "yes", False: ""}),
        }
    )

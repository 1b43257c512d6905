"""The chart of calls by hour beside what was expected of them, with the hours that findings rest on marked."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final

import altair as alt
import pandas as pd

from dashboard import zones
from dashboard.charts import time_axis
from dashboard.charts.frame import PADDING, Chart, Layers, behind, titled
from dashboard.words import count
from model.window import Window

_HOUR: Final = timedelta(hours=1)
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
    chart = _chart(rows, window, height, counted)
    time_axis.draw(chart, window, _HOUR, name="usual", alternative=_sum_up(rows), take=take)
    behind("usual", lambda: _table(rows))


def outside(hours: pd.DataFrame) -> "pd.Series[bool]":
    """The hours whose calls are beyond the usual range; none where nothing was expected."""
    return (hours["calls"] > hours["high"]) | (hours["calls"] < hours["low"])


def _chart(rows: pd.DataFrame, window: Window, height: int, counted: str) -> Layers:
    x = time_axis.x(window)
    kind = alt.Color(
        "kind:N",
        scale=alt.Scale(domain=list(_COLOURS), range=list(_COLOURS.values())),
        legend=alt.Legend(
            title=None, orient="top", columns=0, symbolType="square", symbolOpacity=1, offset=4, padding=0
        ),
    )
    y = alt.Axis(labelExpr="datum.value >= 1e4 ? format(datum.value, '~s') : format(datum.value, ',')", tickCount=4,
                 domain=False)  # fmt: skip
    base = Chart(rows, title=titled("Calls per hour", f"{counted}; the range is what was usual"))
    tooltip = [
        alt.Tooltip("time:N", title="From"),
        alt.Tooltip("calls:Q", title="Calls", format=","),
        alt.Tooltip("expected:Q", title="Expected", format=",.1f"),
        alt.Tooltip("low:Q", title="Usual from", format=",.0f"),
        alt.Tooltip("high:Q", title="Usual to", format=",.0f"),
        alt.Tooltip("found:N", title="Evidence"),
    ]
    bars = base.transform_calculate(kind=f"'{_CALLS}'").mark_bar(orient="vertical", x2Offset=-0.7, opacity=0.6)
    area = base.transform_calculate(kind=f"'{_RANGE}'").mark_area(opacity=0.35, interpolate="step-after")
    line = base.transform_calculate(kind=f"'{_EXPECTED}'").mark_line(
        strokeDash=[4, 3], strokeWidth=2.5, interpolate="step-after"
    )
    point = (
        base.transform_filter("datum.found")
        .transform_calculate(kind=f"'{_EVIDENCE}'")
        .mark_point(shape="triangle-down", size=70, filled=True, opacity=1, yOffset=-7)
    )
    return Layers(
        layer=[
            area.encode(x=x, y=alt.Y("low:Q", title=None, axis=y), y2="high:Q", color=kind),
            bars.encode(x=x, x2="end:T", y=alt.Y("calls:Q", title=None, axis=y), color=kind, tooltip=tooltip),
            line.encode(x=x, y=alt.Y("expected:Q", title=None, axis=y), color=kind),
            point.encode(x=x, y=alt.Y("calls:Q", title=None, axis=y), color=kind, tooltip=tooltip),
        ]
    ).properties(height=height, padding=PADDING)


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

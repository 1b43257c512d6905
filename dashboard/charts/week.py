"""The heat map of the week: when a key is used."""

from typing import Final

import altair as alt
import pandas as pd

from dashboard.charts.frame import PADDING, Chart, draw, titled
from dashboard.palette import ACCENT
from dashboard.words import count
from dashboard.zones import Zone

WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_HOURS: Final = 24


def week(heat: pd.DataFrame, zone: Zone, *, height: int = 280) -> None:
    """Requests by hour and weekday on the clocks of `zone`; `heat` is [weekday, hour, requests]."""
    grid = pd.MultiIndex.from_product([range(len(WEEKDAYS)), range(_HOURS)], names=["weekday", "hour"])
    full = heat.set_index(["weekday", "hour"]).reindex(grid, fill_value=0).reset_index()
    full["day"] = full["weekday"].map(dict(enumerate(WEEKDAYS)))
    full["time"] = full["hour"].map(lambda hour: f"{hour:02d}:00 to {hour:02d}:59")
    busiest = full.iloc[int(full["requests"].to_numpy().argmax())]
    draw(
        _week_chart(full, zone, height),
        name="week",
        alternative=f"Requests by hour of day and weekday, {zone.name}. Busiest: {busiest['day']}"
        f" {busiest['time']} with {count(busiest['requests'])} requests.",
        table=lambda: _table(full),
    )


def _table(full: pd.DataFrame) -> pd.DataFrame:
    """One row a day, one column an hour."""
    wide = full.pivot_table(index="day", columns="hour", values="requests", sort=False).astype(int)
    return wide.rename(columns="{:02d}h".format).reset_index()


def _week_chart(full: pd.DataFrame, zone: Zone, height: int) -> Chart:
    chart: Chart = (
        Chart(
            full,
            title=titled("Requests by hour and weekday", f"by the clocks of {zone.name}"),
            height=height,
            padding=PADDING,
        )
        .mark_rect(color=ACCENT, cornerRadius=2, stroke=None)
        .encode(
            x=alt.X("hour:O", title=None, axis=alt.Axis(labelAngle=0, values=list(range(0, _HOURS, 3)), ticks=False)),
            y=alt.Y("day:O", title=None, sort=list(WEEKDAYS), axis=alt.Axis(ticks=False)),
            # Strength of one colour, not a ramp of colours: it reads the same on a light and on a dark page.
            opacity=alt.Opacity("requests:Q", legend=None, scale=alt.Scale(type="sqrt", range=[0.06, 1])),
            tooltip=[
                alt.Tooltip("day:N", title="Weekday"),
                alt.Tooltip("time:N", title="Hour"),
                alt.Tooltip("requests:Q", title="Requests", format=","),
            ],
        )
        .configure_scale(bandPaddingInner=0.08)
        .configure_axis(domain=False, grid=False)
        .configure_view(strokeWidth=0)
    )
    return chart

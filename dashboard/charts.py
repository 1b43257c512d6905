"""The charts: each has a title with its unit, a text for those who cannot see it, and the table behind it."""

from datetime import datetime, timedelta
from typing import Any, Final

import altair as alt
import pandas as pd
import streamlit as st

from dashboard.palette import ACCENT, OUTCOMES, outcome_word
from dashboard.words import count
from model.event import Outcome
from model.window import Window

WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_HOURS: Final = 24
_PADDING: Final = {"left": 0, "right": 4, "top": 4, "bottom": 2}
_QUIET: Final = OUTCOMES[Outcome.OK][1]
_AMOUNT: Final = "datum.value >= 1e4 ? format(datum.value, '~s') : format(datum.value, ',')"
"""Axis labels: 1,500 and 25k."""
_FAILED: Final = tuple(outcome for outcome in OUTCOMES if outcome is not Outcome.OK)


def draw(chart: alt.Chart | alt.LayerChart, *, alternative: str, table: pd.DataFrame) -> None:
    """Put a chart on the page, and the table behind it in an expander."""
    st.altair_chart(chart, width="stretch", alt=alternative)
    with st.expander("Show as table"):
        st.dataframe(table, hide_index=True, width="stretch")


def requests(traffic: pd.DataFrame, window: Window, bucket: timedelta, *, height: int = 280) -> None:
    """Requests over time, stacked by outcome; `traffic` is [bucket, outcome, requests]."""
    title = f"Requests per {_unit(bucket)}"
    draw(
        _stack(traffic, window, bucket, title=title, subtitle="all, by outcome", height=height),
        alternative=f"{title}, stacked by outcome. {_sum_up(traffic)}",
        table=_table(traffic),
    )


def failures(traffic: pd.DataFrame, window: Window, bucket: timedelta, *, height: int = 280) -> None:
    """The same without the successful ones, which would press the others flat."""
    title = f"Refused and failed requests per {_unit(bucket)}"
    failed = traffic[traffic["outcome"].isin([outcome.value for outcome in _FAILED])]
    draw(
        _stack(failed, window, bucket, title=title, subtitle="on a scale of their own", height=height),
        alternative=f"{title}, stacked by outcome. {_sum_up(failed)}",
        table=_table(failed),
    )


def week(heat: pd.DataFrame, *, height: int = 280) -> None:
    """Requests by hour and weekday in UTC; `heat` is [weekday, hour, requests]."""
    grid = pd.MultiIndex.from_product([range(len(WEEKDAYS)), range(_HOURS)], names=["weekday", "hour"])
    full = heat.set_index(["weekday", "hour"]).reindex(grid, fill_value=0).reset_index()
    full["day"] = full["weekday"].map(dict(enumerate(WEEKDAYS)))
    full["time"] = full["hour"].map(lambda hour: f"{hour:02d}:00 to {hour:02d}:59 UTC")
    busiest = full.iloc[int(full["requests"].to_numpy().argmax())]
    draw(
        _week_chart(full, height),
        alternative=f"Requests by hour of day and weekday, UTC. Busiest: {busiest['day']} {busiest['time']} with"
        f" {count(busiest['requests'])} requests.",
        table=full.pivot_table(index="day", columns="hour", values="requests", sort=False)
        .astype(int)
        .rename(columns="{:02d}h".format)
        .reset_index(),
    )


def _week_chart(full: pd.DataFrame, height: int) -> alt.Chart:
    chart: alt.Chart = (
        alt.Chart(full, title=_title("Requests by hour and weekday", "times in UTC"), height=height, padding=_PADDING)
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


def _stack(
    traffic: pd.DataFrame, window: Window, bucket: timedelta, *, title: str, subtitle: str, height: int
) -> alt.Chart:
    words = [word for word, _ in OUTCOMES.values()]
    order = {outcome.value: place for place, outcome in enumerate(OUTCOMES)}
    rows = pd.DataFrame(
        {
            "begin": traffic["bucket"],
            "end": traffic["bucket"] + bucket,
            "outcome": traffic["outcome"].map(outcome_word),
            "order": traffic["outcome"].map(order),
            "requests": traffic["requests"],
            "time": traffic["bucket"].dt.strftime("%a %d %b %H:%M UTC"),
        }
    )
    shown = [word for word in words if word in set(rows["outcome"])]
    colours = [colour for word, colour in OUTCOMES.values() if word in shown]
    chart: alt.Chart = (
        alt.Chart(rows, title=_title(title, subtitle), height=height, padding=_PADDING)
        .mark_bar(orient="vertical", x2Offset=-0.7)
        .encode(
            x=alt.X("begin:T", title=None, scale=_utc_scale(window), axis=_time_axis(window)),
            x2="end:T",
            y=alt.Y(
                "requests:Q", title=None, stack="zero", axis=alt.Axis(labelExpr=_AMOUNT, tickCount=4, domain=False)
            ),
            color=alt.Color(
                "outcome:N",
                scale=alt.Scale(domain=shown, range=colours),
                legend=alt.Legend(title=None, orient="top", columns=0, symbolType="square", offset=4, padding=0),
            ),
            order=alt.Order("order:Q"),
            tooltip=[
                alt.Tooltip("time:N", title="From"),
                alt.Tooltip("outcome:N", title="Outcome"),
                alt.Tooltip("requests:Q", title="Requests", format=","),
            ],
        )
    )
    return chart


def _title(text: str, subtitle: str) -> alt.TitleParams:
    return alt.TitleParams(
        text, subtitle=subtitle, anchor="start", fontSize=14, subtitleFontSize=12, subtitleColor=_QUIET, offset=8
    )


def _utc_scale(window: Window) -> alt.Scale:
    return alt.Scale(type="utc", domain=[_milliseconds(window.since), _milliseconds(window.until)], nice=False)


def _time_axis(window: Window) -> alt.Axis:
    short = window.length <= timedelta(days=1)
    form: dict[str, Any] = {"format": "%H:%M"} if short else {"format": "%d %b"}
    return alt.Axis(grid=False, tickCount=8, labelOverlap=True, **form)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _unit(bucket: timedelta) -> str:
    minutes = int(bucket.total_seconds() // 60)
    for size, word in ((1440, "day"), (60, "hour"), (1, "minute")):
        if minutes % size == 0:
            number = minutes // size
            return word if number == 1 else f"{number} {word}s"
    return f"{bucket.total_seconds():.0f} seconds"


def _sum_up(traffic: pd.DataFrame) -> str:
    sums = traffic.groupby("outcome")["requests"].sum()
    parts = [f"{word}: {count(sums[o.value])}" for o, (word, _) in OUTCOMES.items() if o.value in sums.index]
    return "; ".join(parts) + "." if parts else "There are none."


def _table(traffic: pd.DataFrame) -> pd.DataFrame:
    """One row a bucket, the newest first, one column an outcome."""
    wide = traffic.pivot_table(index="bucket", columns="outcome", values="requests", aggfunc="sum", fill_value=0)
    ordered = [outcome.value for outcome in OUTCOMES if outcome.value in wide.columns]
    named = wide[ordered].rename(columns=outcome_word).sort_index(ascending=False).reset_index()
    return named.assign(bucket=named["bucket"].dt.strftime("%Y-%m-%d %H:%M")).rename(columns={"bucket": "From (UTC)"})

"""Amounts over time, stacked by group: the busiest groups each in a colour, the rest together."""

from datetime import timedelta
from typing import Final

import altair as alt
import pandas as pd

from dashboard import zones
from dashboard.charts import time_axis
from dashboard.charts.frame import PADDING, Chart, behind, titled
from dashboard.palette import GROUPS, OUTCOMES, QUIET
from dashboard.words import count
from model.window import Window

MEASURES: Final = {
    "requests": ("Requests", "~s"),
    "failures": ("Refused and failed requests", "~s"),
    "bytes_out": ("Bytes sent", ".3~s"),
}
"""Column to (its name, the form of its axis)."""
_AXIS: Final = "datum.value >= 1e4 ? format(datum.value, '{form}') : format(datum.value, ',')"
_LEGEND: Final = 28
"""Characters of a group in the legend; tooltips and tables have all of them."""


def draw(series: pd.DataFrame, groups: list[str], window: Window, bucket: timedelta, *, measure: str, by: str) -> None:
    """Draw `series`, [bucket, label, <measure>]; `groups` are the labels in their order, `by` names what they are."""
    name, form = MEASURES[measure]
    title = f"{name} per {time_axis.unit(bucket)}"
    present = set(series["label"].unique())
    shown = [label for label in groups if label in present]
    colours = _colours(shown)
    rows = pd.DataFrame(
        {
            **time_axis.columns(series["bucket"], bucket),
            "group": series["label"],
            "order": series["label"].map({label: place for place, label in enumerate(shown)}),
            "amount": series[measure],
        }
    )
    chart: Chart = (
        Chart(rows, title=titled(title, f"by {by.lower()}"), height=300, padding=PADDING)
        .mark_bar(orient="vertical", x2Offset=-0.7)
        .encode(
            x=time_axis.x(window),
            x2="end:T",
            y=alt.Y(
                "amount:Q",
                title=None,
                stack="zero",
                axis=alt.Axis(labelExpr=_AXIS.format(form=form), tickCount=4, domain=False),
            ),
            color=alt.Color(
                "group:N",
                scale=alt.Scale(domain=shown, range=colours),
                legend=alt.Legend(
                    title=None, orient="top", columns=4, labelLimit=7 * _LEGEND, symbolType="square", offset=4
                ),
            ),
            order=alt.Order("order:Q"),
            tooltip=[
                alt.Tooltip("time:N", title="From"),
                alt.Tooltip("group:N", title=by),
                alt.Tooltip("amount:Q", title=name, format=","),
            ],
        )
    )
    sums = series.groupby("label")[measure].sum()
    told = "; ".join(f"{label}: {count(sums[label])}" for label in shown)
    time_axis.draw(
        chart, window, bucket, name=f"stack_{measure}", alternative=f"{title}, stacked by {by.lower()}. {told}."
    )
    behind(f"stack_{measure}", lambda: _table(series, shown, measure))


def _colours(shown: list[str]) -> list[str]:
    outcomes = dict(OUTCOMES.values())
    if set(shown) <= outcomes.keys():
        return [outcomes[label] for label in shown]
    # The rest is always the last, and always grey.
    return [*GROUPS[: len(shown) - 1], QUIET] if len(shown) > len(GROUPS) else list(GROUPS[: len(shown)])


def _table(series: pd.DataFrame, shown: list[str], measure: str) -> pd.DataFrame:
    wide = series.pivot_table(index="bucket", columns="label", values=measure, aggfunc="sum", fill_value=0)
    ordered = wide[shown].sort_index(ascending=False).reset_index()
    head = zones.chosen().headed("From")
    return ordered.assign(bucket=time_axis.tabled(ordered["bucket"])).rename(columns={"bucket": head})

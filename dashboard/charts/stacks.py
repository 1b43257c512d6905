"""Amounts over time, stacked by group: the busiest groups each in a colour, the rest together."""

from datetime import timedelta
from typing import Final

import pandas as pd

from dashboard import zones
from dashboard.charts import time_axis
from dashboard.charts.frame import PADDING, Spec, behind, mapped, titled
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
    title = f"{MEASURES[measure][0]} per {time_axis.unit(bucket)}"
    present = set(series["label"].unique())
    shown = [label for label in groups if label in present]
    order = {label: place for place, label in enumerate(shown)}
    rows = pd.DataFrame(
        {
            **time_axis.columns(series["bucket"], bucket),
            "group": series["label"],
            "order": mapped(series["label"], order.get),
            "amount": series[measure],
        }
    )
    spec = {"title": titled(title, f"by {by.lower()}"), **_spec(shown, window, measure, by)}
    sums = series.groupby("label")[measure].sum()
    told = "; ".join(f"{label}: {count(sums[label])}" for label in shown)
    alternative = f"{title}, stacked by {by.lower()}. {told}."
    time_axis.draw(spec, rows, window, bucket, name=f"stack_{measure}", alternative=alternative)
    behind(f"stack_{measure}", title, lambda: _table(series, shown, measure))


def _spec(shown: list[str], window: Window, measure: str, by: str) -> Spec:
    name, form = MEASURES[measure]
    return {
        "height": 300,
        "padding": PADDING,
        "params": time_axis.BRUSHES,
        "mark": {"type": "bar", "orient": "vertical", "x2Offset": -0.7},
        "encoding": {
            "x": time_axis.x(window),
            "x2": {"field": time_axis.END},
            "y": {
                "field": "amount",
                "type": "quantitative",
                "title": None,
                "stack": "zero",
                "axis": {"labelExpr": _AXIS.format(form=form), "tickCount": 4, "domain": False},
            },
            "color": {
                "field": "group",
                "type": "nominal",
                "scale": {"domain": shown, "range": _colours(shown)},
                "legend": {
                    "title": None,
                    "orient": "top",
                    "columns": 4,
                    "labelLimit": 7 * _LEGEND,
                    "symbolType": "square",
                    "offset": 4,
                },
            },
            "order": {"field": "order", "type": "quantitative"},
            "tooltip": [
                {"field": "time", "type": "nominal", "title": "From"},
                {"field": "group", "type": "nominal", "title": by},
                {"field": "amount", "type": "quantitative", "title": name, "format": ","},
            ],
        },
    }


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

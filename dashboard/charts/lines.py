"""Amounts over time as lines, each in a colour and a dash of its own."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import pandas as pd

from dashboard import zones
from dashboard.charts import time_axis
from dashboard.charts.frame import PADDING, Spec, behind, titled
from dashboard.palette import GROUPS
from model.window import Window

_DASHES: Final = ([1, 0], [6, 3], [2, 2], [8, 2, 2, 2])
"""One a line, in their order."""
_DECADES: Final = [0, 10, 100, 1000, 10000, 100000]
_FEW: Final = 40
"""Of so few points each is marked."""


def draw(
    series: pd.DataFrame,
    lines: list[str],
    window: Window,
    bucket: timedelta,
    *,
    title: str,
    subtitle: str,
    form: str = ",",
    scale: str = "linear",
    height: int = 220,
) -> None:
    """Draw `series`, [bucket, line, amount]; `lines` are the names in their order, at most four.

    `form` is how d3 writes an amount, `scale` the type of its axis.
    """
    present = set(series["line"].unique())
    shown = [line for line in lines if line in present]
    rows = pd.DataFrame(
        {**time_axis.columns(series["bucket"], bucket), "line": series["line"], "amount": series["amount"]}
    )
    spec: Spec = {
        "title": titled(title, subtitle),
        "height": height,
        "padding": PADDING,
        "params": time_axis.BRUSHES,
        "mark": {
            "type": "line",
            "strokeWidth": 1.7,
            "point": {"size": 18} if len(rows) <= _FEW * len(lines) else False,
        },
        "encoding": {
            "x": time_axis.x(window),
            "y": _y(form, scale),
            "color": _each(shown, GROUPS),
            "strokeDash": _each(shown, _DASHES),
            "tooltip": [
                {"field": "time", "type": "nominal", "title": "From"},
                {"field": "line", "type": "nominal", "title": "Line"},
                {"field": "amount", "type": "quantitative", "title": title, "format": ",.0f"},
            ],
        },
    }
    told = "; ".join(
        f"{line}: {mine.min():,.0f} to {mine.max():,.0f}"
        for line in shown
        if len(mine := series.loc[series["line"] == line, "amount"].dropna())
    )
    name = f"lines_{title}"
    time_axis.draw(spec, rows, window, bucket, name=name, alternative=f"{title}, {subtitle}. {told}.")
    behind(name, title, lambda: _table(series, shown))


def _y(form: str, scale: str) -> Spec:
    return {
        "field": "amount",
        "type": "quantitative",
        "title": None,
        "scale": {"type": scale},
        "axis": {
            "labelExpr": f"format(datum.value, '{form}')",
            "domain": False,
            "labelOverlap": False,
            **({"values": _DECADES} if scale == "symlog" else {"tickCount": 4}),
        },
    }


def _each(shown: list[str], looks: Sequence[object]) -> Spec:
    """One of `looks` a line, in their order."""
    return {
        "field": "line",
        "type": "nominal",
        "scale": {"domain": shown, "range": looks[: len(shown)]},
        "legend": {
            "title": None,
            "orient": "top",
            "columns": 0,
            "symbolType": "stroke",
            "labelLimit": 230,
            "offset": 4,
            "padding": 0,
        },
    }


def _table(series: pd.DataFrame, shown: list[str]) -> pd.DataFrame:
    wide = series.pivot_table(index="bucket", columns="line", values="amount", aggfunc="sum")
    ordered = wide.reindex(columns=shown).sort_index(ascending=False).round(1).reset_index()
    head = zones.chosen().headed("From")
    return ordered.assign(bucket=time_axis.tabled(ordered["bucket"])).rename(columns={"bucket": head})

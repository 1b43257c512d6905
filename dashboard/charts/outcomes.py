"""Requests over time, stacked by outcome: all of them, and those that were refused or failed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

import pandas as pd

from dashboard import zones
from dashboard.charts import time_axis
from dashboard.charts.frame import AMOUNT, PADDING, Spec, behind, mapped, titled
from dashboard.controls import timeframe
from dashboard.palette import OUTCOMES, outcome_word
from dashboard.words import count
from model.event import Outcome
from model.window import Window

_SHORT: Final = "replace(datum.label, regexp(' (unauthenticated|forbidden|throttled)$'), '')"
"""Legend labels: the code alone, so that they fit beside each other; tooltips and tables have the word too."""
_FAILED: Final = tuple(outcome for outcome in OUTCOMES if outcome is not Outcome.OK)


def requests(
    traffic: pd.DataFrame,
    window: Window,
    bucket: timedelta,
    *,
    height: int = 280,
    take: Callable[[Window], None] = timeframe.choose,
) -> None:
    """Requests over time, stacked by outcome; `traffic` is [bucket, outcome, requests].

    `take` is handed the span that is drawn over it.
    """
    title = f"Requests per {time_axis.unit(bucket)}"
    rows = _rows(traffic, bucket)
    time_axis.draw(
        _spec(rows, window, titled(title, "all, by outcome"), height),
        rows,
        window,
        bucket,
        name="requests",
        alternative=f"{title}, stacked by outcome. {_sum_up(traffic)}",
        take=take,
    )
    behind("requests", title, lambda: _table(traffic))


def failures(traffic: pd.DataFrame, window: Window, bucket: timedelta, *, height: int = 280) -> None:
    """The same without the successful ones, which would press the others flat."""
    title = f"Refused and failed requests per {time_axis.unit(bucket)}"
    failed = traffic[traffic["outcome"].isin([outcome.value for outcome in _FAILED])]
    rows = _rows(failed, bucket)
    time_axis.draw(
        _spec(rows, window, titled(title, "on a scale of their own"), height),
        rows,
        window,
        bucket,
        name="failures",
        alternative=f"{title}, stacked by outcome. {_sum_up(failed)}",
    )
    behind("failures", title, lambda: _table(failed))


def _rows(traffic: pd.DataFrame, bucket: timedelta) -> pd.DataFrame:
    order = {outcome.value: place for place, outcome in enumerate(OUTCOMES)}
    return pd.DataFrame(
        {
            **time_axis.columns(traffic["bucket"], bucket),
            "outcome": mapped(traffic["outcome"], outcome_word),
            "order": mapped(traffic["outcome"], order.get),
            "requests": traffic["requests"],
        }
    )


def _spec(rows: pd.DataFrame, window: Window, title: Spec, height: int) -> Spec:
    present = set(rows["outcome"].unique())
    shown = {word: colour for word, colour in OUTCOMES.values() if word in present}
    return {
        "title": title,
        "height": height,
        "padding": PADDING,
        "params": time_axis.BRUSHES,
        "mark": {"type": "bar", "orient": "vertical", "x2Offset": -0.7},
        "encoding": {
            "x": time_axis.x(window),
            "x2": {"field": time_axis.END},
            "y": {
                "field": "requests",
                "type": "quantitative",
                "title": None,
                "stack": "zero",
                "axis": {"labelExpr": AMOUNT, "tickCount": 4, "domain": False},
            },
            "color": {
                "field": "outcome",
                "type": "nominal",
                "scale": {"domain": list(shown), "range": list(shown.values())},
                "legend": {
                    "title": None,
                    "labelExpr": _SHORT,
                    "orient": "top",
                    "columns": 0,
                    "symbolType": "square",
                    "offset": 4,
                    "padding": 0,
                },
            },
            "order": {"field": "order", "type": "quantitative"},
            "tooltip": [
                {"field": "time", "type": "nominal", "title": "From"},
                {"field": "outcome", "type": "nominal", "title": "Outcome"},
                {"field": "requests", "type": "quantitative", "title": "Requests", "format": ","},
            ],
        },
    }


def _sum_up(traffic: pd.DataFrame) -> str:
    sums = traffic.groupby("outcome")["requests"].sum()
    parts = [f"{word}: {count(sums[o.value])}" for o, (word, _) in OUTCOMES.items() if o.value in sums.index]
    return "; ".join(parts) + "." if parts else "There are none."


def _table(traffic: pd.DataFrame) -> pd.DataFrame:
    """One row a bucket, the newest first, one column an outcome."""
    wide = traffic.pivot_table(index="bucket", columns="outcome", values="requests", aggfunc="sum", fill_value=0)
    ordered = [outcome.value for outcome in OUTCOMES if outcome.value in wide.columns]
    named = wide[ordered].rename(columns=outcome_word).sort_index(ascending=False).reset_index()
    head = zones.chosen().headed("From")
    return named.assign(bucket=time_axis.tabled(named["bucket"])).rename(columns={"bucket": head})

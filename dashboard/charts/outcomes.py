"""Requests over time, stacked by outcome: all of them, and those that were refused or failed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

import altair as alt
import numpy as np
import pandas as pd

from dashboard import zones
from dashboard.charts import time_axis
from dashboard.charts.frame import PADDING, Chart, behind, titled
from dashboard.controls import timeframe
from dashboard.palette import OUTCOMES, outcome_word
from dashboard.words import count
from model.event import Outcome
from model.window import Window

_AMOUNT: Final = "datum.value >= 1e4 ? format(datum.value, '~s') : format(datum.value, ',')"
"""Axis labels: 1,500 and 25k."""
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
    time_axis.draw(
        _stack(traffic, window, bucket, title=title, subtitle="all, by outcome", height=height),
        window,
        bucket,
        name="requests",
        alternative=f"{title}, stacked by outcome. {_sum_up(traffic)}",
        take=take,
    )
    behind("requests", lambda: _table(traffic))


def failures(traffic: pd.DataFrame, window: Window, bucket: timedelta, *, height: int = 280) -> None:
    """The same without the successful ones, which would press the others flat."""
    title = f"Refused and failed requests per {time_axis.unit(bucket)}"
    failed = traffic[traffic["outcome"].isin([outcome.value for outcome in _FAILED])]
    time_axis.draw(
        _stack(failed, window, bucket, title=title, subtitle="on a scale of their own", height=height),
        window,
        bucket,
        name="failures",
        alternative=f"{title}, stacked by outcome. {_sum_up(failed)}",
    )
    behind("failures", lambda: _table(failed))


def _stack(
    traffic: pd.DataFrame, window: Window, bucket: timedelta, *, title: str, subtitle: str, height: int
) -> Chart:
    words = [word for word, _ in OUTCOMES.values()]
    order = {outcome.value: place for place, outcome in enumerate(OUTCOMES)}
    codes, outcomes = pd.factorize(traffic["outcome"])
    rows = pd.DataFrame(
        {
            **time_axis.columns(traffic["bucket"], bucket),
            "outcome": np.array([outcome_word(each) for each in outcomes], dtype=object)[codes],
            "order": np.array([order.get(each, len(order)) for each in outcomes], dtype=np.int64)[codes],
            "requests": traffic["requests"],
        }
    )
    present = set(rows["outcome"].unique())
    shown = [word for word in words if word in present]
    colours = [colour for word, colour in OUTCOMES.values() if word in shown]
    chart: Chart = (
        Chart(rows, title=titled(title, subtitle), height=height, padding=PADDING)
        .mark_bar(orient="vertical", x2Offset=-0.7)
        .encode(
            x=time_axis.x(window),
            x2="end:T",
            y=alt.Y(
                "requests:Q", title=None, stack="zero", axis=alt.Axis(labelExpr=_AMOUNT, tickCount=4, domain=False)
            ),
            color=alt.Color(
                "outcome:N",
                scale=alt.Scale(domain=shown, range=colours),
                legend=alt.Legend(
                    title=None, labelExpr=_SHORT, orient="top", columns=0, symbolType="square", offset=4, padding=0
                ),
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

"""What is around every chart: its title and unit, the text for those who cannot see it, and the table behind it."""

from collections.abc import Callable
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import streamlit as st

from dashboard.palette import OUTCOMES
from model.event import Outcome

Spec = dict[str, Any]
"""A chart in Vega-Lite, or a part of one; its words are those of vega.github.io/vega-lite/docs.

Nothing checks it before a browser does. A legend is made anew for each chart: Streamlit writes into it.
"""

PADDING: Final = {"left": 0, "right": 4, "top": 4, "bottom": 2}
"""Pixels around a chart."""
AMOUNT: Final = "datum.value >= 1e4 ? format(datum.value, '~s') : format(datum.value, ',')"
"""Labels of an axis: 1,500 and 25k."""
_QUIET: Final = OUTCOMES[Outcome.OK][1]
_ROWS: Final = "rows"


def draw(
    spec: Spec, rows: pd.DataFrame, *, name: str, title: str, alternative: str, table: Callable[[], pd.DataFrame]
) -> None:
    """Put a chart on the page, and the table behind it in an expander; `name` tells it from the others of the page."""
    st.vega_lite_chart(None, spec | holding(rows), width="stretch", alt=alternative)
    behind(name, title, table)


def behind(name: str, title: str, table: Callable[[], pd.DataFrame]) -> None:
    """The table behind the chart of that name and title; it is made and sent when somebody opens it."""

    @st.fragment
    def _opened() -> None:
        with st.expander("Show as table", key=f"table_{name}", on_change="rerun") as expander:
            if expander.open:
                st.dataframe(table(), hide_index=True, width="stretch", alt=f"{title}, as a table.")

    _opened()


def titled(text: str, subtitle: str) -> Spec:
    """A chart's title and, quieter, what it counts or in which unit."""
    return {
        "text": text,
        "subtitle": subtitle,
        "anchor": "start",
        "fontSize": 14,
        "subtitleFontSize": 12,
        "subtitleColor": _QUIET,
        "offset": 8,
    }


def holding(rows: pd.DataFrame) -> Spec:
    """The part of a spec with its data, which is sent beside it as Arrow.

    It has a name: data without one is put into a chart that the browser has drawn once already.
    """
    # For so few rows as a chart has, threads take longer to start than to work.
    return {"data": {"name": _ROWS}, "datasets": {_ROWS: pa.Table.from_pandas(rows, nthreads=1)}}


def mapped(values: pd.Series, of: Callable[[Any], object]) -> pd.Series:
    """What `of` says of each value; it is asked once for those that are the same, as most of a chart's are."""
    places, each = pd.factorize(values, use_na_sentinel=False)
    return pd.Series([of(value) for value in each]).take(places).set_axis(values.index)

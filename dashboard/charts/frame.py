"""What is around every chart: its title and unit, the text for those who cannot see it, and the table behind it."""

from collections.abc import Callable
from typing import Any, Final

import altair as alt
import pandas as pd
import streamlit as st

from dashboard.palette import OUTCOMES
from model.event import Outcome

PADDING: Final = {"left": 0, "right": 4, "top": 4, "bottom": 2}
"""Pixels around a chart."""
_QUIET: Final = OUTCOMES[Outcome.OK][1]


class Chart(alt.Chart):
    """A chart that is not held against Vega-Lite's schema each time somebody looks at it; the tests do that once."""

    def to_dict(self, validate: bool = False, **given: Any) -> dict[str, Any]:  # noqa: ANN401, FBT001, FBT002 (Altair's)
        """The spec."""
        return super().to_dict(validate=validate, **given)


class Layers(alt.LayerChart):
    """The same of charts that lie over each other."""

    def to_dict(self, validate: bool = False, **given: Any) -> dict[str, Any]:  # noqa: ANN401, FBT001, FBT002 (Altair's)
        """The spec."""
        return super().to_dict(validate=validate, **given)


def draw(chart: Chart | Layers, *, name: str, alternative: str, table: Callable[[], pd.DataFrame]) -> None:
    """Put a chart on the page, and the table behind it in an expander; `name` tells it from the others of the page."""
    st.altair_chart(chart, width="stretch", alt=alternative)
    behind(name, table)


def behind(name: str, table: Callable[[], pd.DataFrame]) -> None:
    """The table behind the chart of that name; it is made and sent when somebody opens it."""

    @st.fragment
    def _opened() -> None:
        with st.expander("Show as table", key=f"table_{name}", on_change="rerun") as expander:
            if expander.open:
                st.dataframe(table(), hide_index=True, width="stretch")

    _opened()


def titled(text: str, subtitle: str) -> alt.TitleParams:
    """A chart's title and, quieter, what it counts or in which unit."""
    return alt.TitleParams(
        text, subtitle=subtitle, anchor="start", fontSize=14, subtitleFontSize=12, subtitleColor=_QUIET, offset=8
    )

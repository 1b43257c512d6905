"""What is around every chart: its title and unit, the text for those who cannot see it, and the table behind it."""

from typing import Final

import altair as alt
import pandas as pd
import streamlit as st

from dashboard.palette import OUTCOMES
from model.event import Outcome

PADDING: Final = {"left": 0, "right": 4, "top": 4, "bottom": 2}
"""Pixels around a chart."""
_QUIET: Final = OUTCOMES[Outcome.OK][1]


def draw(chart: alt.Chart | alt.LayerChart, *, alternative: str, table: pd.DataFrame) -> None:
    """Put a chart on the page, and the table behind it in an expander."""
    st.altair_chart(chart, width="stretch", alt=alternative)
    behind(table)


def behind(table: pd.DataFrame) -> None:
    """The table behind a chart."""
    with st.expander("Show as table"):
        st.dataframe(table, hide_index=True, width="stretch")


def titled(text: str, subtitle: str) -> alt.TitleParams:
    """A chart's title and, quieter, what it counts or in which unit."""
    return alt.TitleParams(
        text, subtitle=subtitle, anchor="start", fontSize=14, subtitleFontSize=12, subtitleColor=_QUIET, offset=8
    )

"""Facts in rows of label and value."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from dashboard.palette import SEVERITIES, STATUSES, severity_word, status_word
from model.finding import Severity

Fact = tuple[str, str, str | None]
"""Label, value, and the value in full for the tooltip, or None."""

_A_ROW: Final = 6


def facts(those: Sequence[Fact], *, a_row: int = _A_ROW) -> None:
    """Facts, `a_row` beside each other; values are shown as text."""
    for start in range(0, len(those), a_row):
        for column, (label, value, full) in zip(
            st.columns(a_row, gap="small"), those[start : start + a_row], strict=False
        ):
            with column, st.container(gap=None):
                st.caption(label)
                st.text(value, help=full)


def severity_badge(severity: Severity) -> None:
    """A severity as a chip: symbol and word in its colour."""
    st.badge(severity_word(severity), color=SEVERITIES[severity][1])  # type: ignore[arg-type]  # one of Streamlit's


def status_badge(status: str) -> None:
    """A status of a key, a finding or an incident as a chip."""
    word = status_word(status)
    st.badge(word, color=STATUSES.get(status, (word, "gray"))[1])  # type: ignore[arg-type]  # one of Streamlit's

"""Tables: their columns, and what a click on a row means. Whatever came from a log stands in text columns."""

import zlib
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import pandas as pd
import streamlit as st
from streamlit.column_config import LineChartColumn, MultiselectColumn, NumberColumn, TextColumn

from dashboard.palette import ACCENT, DELIVERIES, ENTRIES, HEALTH, SEVERITIES, SOURCES, STATUSES, TARGETS
from dashboard.words import NOTHING

ROW: Final = 32
"""Pixels of a row's height."""
_MOST_ROWS: Final = 14
_NUMBER: Final = "number"
"""The first column of a table to choose from. A table chooses its first cell when it gets the focus, so that cell must
mean nothing: the arrow keys go up and down along the numbers, and to the right to choose (and see keyboard.js)."""

Width = int | Literal["small", "medium", "large"]


def text(label: str, width: Width | None = None, help_: str | None = None) -> Any:  # noqa: ANN401 (Streamlit's own type is private)
    """A column of plain text."""
    return TextColumn(label, width=width, help=help_)


def number(label: str, width: Width | None = "small", help_: str | None = None, form: str = "localized") -> Any:  # noqa: ANN401
    """A column of numbers with thousands apart."""
    return NumberColumn(label, width=width, help=help_, format=form)


def curve(label: str, width: Width | None = 140, help_: str | None = None) -> Any:  # noqa: ANN401
    """A column of small curves, each from zero."""
    return LineChartColumn(label, width=width, y_min=0, color=ACCENT, help=help_)


def severity(label: str = "Severity", width: Width | None = 105) -> Any:  # noqa: ANN401
    """A column of severities: lists of one word, drawn as chips."""
    return _chips(label, width, dict(SEVERITIES.values()))


def status(label: str = "Status", width: Width | None = 125) -> Any:  # noqa: ANN401
    """A column of statuses: lists of one word, drawn as chips."""
    return _chips(label, width, dict(STATUSES.values()))


def delivery(label: str = "Status", width: Width | None = 145) -> Any:  # noqa: ANN401
    """A column of what became of deliveries, drawn as chips."""
    return _chips(label, width, dict(DELIVERIES.values()))


def target(label: str = "State", width: Width | None = 135) -> Any:  # noqa: ANN401
    """A column of how targets fare, drawn as chips."""
    return _chips(label, width, dict(TARGETS.values()))


def source(label: str = "State", width: Width | None = 145) -> Any:  # noqa: ANN401
    """A column of how sources fare, drawn as chips."""
    return _chips(label, width, dict(SOURCES.values()))


def entry(label: str = "Kind", width: Width | None = 110) -> Any:  # noqa: ANN401
    """A column of a timeline's kinds, drawn as chips."""
    return _chips(label, width, dict(ENTRIES.values()))


def health(help_: str, label: str = "Health", width: Width | None = 150) -> Any:  # noqa: ANN401
    """A column of keys' health, drawn as chips; `help_` says the rules, in Markdown of ours."""
    return _chips(label, width, dict(HEALTH.values()), help_)


def _chips(label: str, width: Width | None, colours: Mapping[str, str], help_: str | None = None) -> Any:  # noqa: ANN401
    return MultiselectColumn(label, width=width, options=list(colours), color=list(colours.values()), help=help_)


def show(frame: pd.DataFrame, columns: Mapping[str, Any], *, alternative: str, rows: int = _MOST_ROWS) -> None:
    """A table to read; `columns` names and orders what is shown, `rows` how many are seen without scrolling."""
    st.dataframe(
        frame,
        column_order=list(columns),
        column_config=dict(columns),
        hide_index=True,
        height=height(len(frame), rows),
        row_height=ROW,
        placeholder=NOTHING,
        alt=alternative,
    )


def choose(
    frame: pd.DataFrame, columns: Mapping[str, Any], *, key: str, alternative: str, rows: int = _MOST_ROWS
) -> int | None:
    """A table to choose a row of, by a click on any cell but its number; returns the chosen row's place, or None.

    `frame` has a column `id`, which need not be shown.
    """
    cell, _ = _chosen(frame, columns, key=key, alternative=alternative, rows=rows, modes=("single-cell",))
    return None if cell is None else cell[0]


def choose_cell(
    frame: pd.DataFrame, columns: Mapping[str, Any], *, key: str, alternative: str, rows: int = _MOST_ROWS
) -> tuple[int, str] | None:
    """As `choose`, with the column of the cell."""
    return _chosen(frame, columns, key=key, alternative=alternative, rows=rows, modes=("single-cell",))[0]


def choose_or_tick(
    frame: pd.DataFrame, columns: Mapping[str, Any], *, key: str, alternative: str, rows: int = _MOST_ROWS
) -> tuple[int | None, list[int]]:
    """As `choose`, and the places of the rows that are ticked in the first column, in order."""
    modes: Final = ("multi-row", "single-cell")
    cell, ticked = _chosen(frame, columns, key=key, alternative=alternative, rows=rows, modes=modes)
    return None if cell is None else cell[0], ticked


def _chosen(
    frame: pd.DataFrame,
    columns: Mapping[str, Any],
    *,
    key: str,
    alternative: str,
    rows: int,
    modes: Sequence[Literal["multi-row", "single-cell"]],
) -> tuple[tuple[int, str] | None, list[int]]:
    event = st.dataframe(
        frame.assign(**{_NUMBER: range(1, len(frame) + 1)}),
        column_order=[_NUMBER, *columns],
        column_config={
            _NUMBER: NumberColumn("#", width=32, help="The arrow keys go up and down here; the right one chooses."),
            **columns,
        },
        hide_index=True,
        height=height(len(frame), rows),
        row_height=ROW,
        placeholder=NOTHING,
        # Keyed by what it lists: when that changes, a chosen place would be another row's.
        key=f"{key}_{digest(frame)}",
        on_select="rerun",
        selection_mode=modes,
        alt=alternative,
    )
    cells, ticked = event["selection"]["cells"], sorted(event["selection"]["rows"])
    chosen = [(int(row), str(column)) for row, column in cells if column != _NUMBER and row < len(frame)]
    return chosen[0] if chosen else None, [row for row in ticked if row < len(frame)]


def digest(frame: pd.DataFrame) -> str:
    """What tells one list of rows from another, by their column `id`."""
    return f"{zlib.crc32(chr(0).join(frame['id'].astype(str)).encode()):08x}"


def height(rows: int, most: int) -> int | Literal["content"]:
    """As tall as its rows, or as `most` of them."""
    return "content" if rows <= most else ROW * (most + 1)

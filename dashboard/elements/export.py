"""Tables as CSV files, for spreadsheets that must not compute what came from a log."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

import pandas as pd
import streamlit as st

from model.spreadsheet import inert
from model.window import Window
from store.queries.spans import HOUR, floor

_NAMED: Final = "%Y%m%dT%H%MZ"


def csv(frame: pd.DataFrame) -> bytes:
    """A frame as CSV in UTF-8: moments in ISO 8601 UTC, texts that a spreadsheet would compute with an apostrophe."""
    return frame.map(_cell).to_csv(index=False, lineterminator="\n").encode()


def button(
    label: str, frame: pd.DataFrame | Callable[[], pd.DataFrame], *, name: str, window: Window, help_: str
) -> None:
    """A button that saves a frame; its file is named by what it holds and by its window, and made when asked for.

    What reads a frame then runs beside the page: it cannot ask who is looking.
    """
    st.download_button(
        label,
        data=lambda: csv(frame() if callable(frame) else frame),
        file_name=f"keywatch_{name}_{window.since:{_NAMED}}_{window.until:{_NAMED}}.csv",
        mime="text/csv",
        key=f"csv_{name}",
        icon=":material/download:",
        on_click="ignore",
        help=help_,
    )


def renamed(frame: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """The columns named, in order, under their new names."""
    return frame[list(columns)].rename(columns=dict(columns))


def hour(moment: datetime) -> datetime | str:
    """The beginning of an hour of which no more is known as ISO 8601 has it, without minutes; any other as it is."""
    return f"{moment:%Y-%m-%dT%HZ}" if moment == floor(moment, HOUR) else moment


def _cell(value: object) -> object:
    if isinstance(value, str):
        return inert(value)
    if isinstance(value, datetime) and not pd.isna(value):
        return value.isoformat().replace("+00:00", "Z")
    return value

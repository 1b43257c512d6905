"""Stored baselines: one file a day, and one of the levels alone of days that nobody judged."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy.orm import Session

from store import day_files
from store.day_files import BASELINES

if TYPE_CHECKING:
    import pandas as pd

_LEVELS: Final = "levels."
"""Before the ending of a file that has nothing but the levels of its day."""
_FORMAT: Final = 5
"""Goes up when the frame's columns or their meaning change."""


def made_of(tx: Session, day: date, history: timedelta, zones: Mapping[str, str]) -> str:
    """Names what a day's baselines are made of: the events of the `history` before it, and the owners' time zones."""
    until = datetime.combine(day, time(), tzinfo=UTC)
    return day_files.made_of(tx, until - history, until, _FORMAT, day, history, sorted(zones.items()))


def load(root: Path, day: date, made: str) -> "pd.DataFrame | None":
    """The baselines of a day that were made of just this; None when there are none, or the file cannot be read."""
    return day_files.load(_path(root, day, made))


def load_levels(root: Path, day: date, made: str) -> "pd.DataFrame | None":
    """Rows that have the levels of a day, by themselves or among its baselines; None as in `load`."""
    whole = load(root, day, made)
    return day_files.load(_path(root, day, made, _LEVELS)) if whole is None else whole


def save(root: Path, day: date, made: str, frame: "pd.DataFrame", *, keep: timedelta) -> None:
    """Store the baselines of a day; those it had before, and those of days more than `keep` before it, are removed."""
    day_files.save(_path(root, day, made), day, frame, keep=keep)


def save_levels(root: Path, day: date, made: str, frame: "pd.DataFrame", *, keep: timedelta) -> None:
    """As `save`, of the levels alone: what the two weeks after the day read of it, where nobody judges the day."""
    day_files.save(_path(root, day, made, _LEVELS), day, frame, keep=keep)


def _path(root: Path, day: date, made: str, kind: str = "") -> Path:
    return day_files.place(root, BASELINES, day, made, kind)

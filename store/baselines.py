"""Stored baselines: one file a day, made anew when what it was made of has changed.

They can be made again from usage at any time, so they are a cache beside the events and no part of a backup. A file's
name says the day and what it was made of; Arrow's own format, since it is mapped and not decoded.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from store.state.schema import SegmentRow

if TYPE_CHECKING:
    import pandas as pd

_FOLDER: Final = "baselines"
_LEVELS: Final = "levels."
"""Before the ending of a file that has nothing but the levels of its day."""
_FORMAT: Final = 4
"""Goes up when the frame's columns or their meaning change."""


def made_of(tx: Session, day: date, history: timedelta, zones: Mapping[str, str]) -> str:
    """Names what a day's baselines are made of: 16 hex digits.

    They are the events of the `history` before the day, and the time zones of owners. A segment that comes late and
    touches those days changes it; one that only has later events does not, and neither does compaction.
    """
    until = datetime.combine(day, time(), tzinfo=UTC)
    touching = (SegmentRow.min_ts < until, SegmentRow.max_ts >= until - history)
    rows, oldest = tx.execute(select(func.sum(SegmentRow.rows), func.min(SegmentRow.min_ts)).where(*touching)).one()
    text = f"{_FORMAT} {day} {history} {rows} {oldest} {sorted(zones.items())}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def load(root: Path, day: date, made: str) -> "pd.DataFrame | None":
    """The baselines of a day that were made of just this; None when there are none, or the file cannot be read."""
    return _loaded(_path(root, day, made))


def load_levels(root: Path, day: date, made: str) -> "pd.DataFrame | None":
    """Rows that have the levels of a day, by themselves or among its baselines; None as in `load`."""
    whole = _loaded(_path(root, day, made))
    return _loaded(_path(root, day, made, _LEVELS)) if whole is None else whole


def save(root: Path, day: date, made: str, frame: "pd.DataFrame", *, keep: timedelta) -> None:
    """Store the baselines of a day; those it had before, and those of days more than `keep` before it, are removed."""
    _save(_path(root, day, made), day, frame, keep)


def save_levels(root: Path, day: date, made: str, frame: "pd.DataFrame", *, keep: timedelta) -> None:
    """As `save`, of the levels alone: what the two weeks after the day read of it, where nobody judges the day."""
    _save(_path(root, day, made, _LEVELS), day, frame, keep)


def forget_all(root: Path) -> None:
    """Remove all of them; they are made again when somebody asks."""
    for path in (root / _FOLDER).glob("*.arrow"):
        path.unlink(missing_ok=True)


def _loaded(path: Path) -> "pd.DataFrame | None":
    import pandas as pd
    import pyarrow as pa
    from pyarrow import feather

    if not path.exists():
        return None
    try:
        table = feather.read_table(path, memory_map=True)
    except (pa.ArrowInvalid, OSError):
        return None
    frame: pd.DataFrame = table.to_pandas(types_mapper=pd.ArrowDtype)
    return frame


def _save(path: Path, day: date, frame: "pd.DataFrame", keep: timedelta) -> None:
    import pyarrow as pa
    from pyarrow import feather

    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    feather.write_feather(pa.Table.from_pandas(frame, preserve_index=False), draft, compression="uncompressed")
    draft.chmod(0o600)
    draft.rename(path)
    for other in path.parent.glob("*.arrow"):
        if other != path and (other.name.startswith(f"{day}.") or other.name[:10] < str(day - keep)):
            other.unlink(missing_ok=True)


def _path(root: Path, day: date, made: str, kind: str = "") -> Path:
    return root / _FOLDER / f"{day}.{made}.{kind}arrow"

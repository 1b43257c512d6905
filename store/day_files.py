"""Files of what was made of a day's events, one a day, made anew when those events have changed.

They are a cache beside the events and no part of a backup. A file's name says the day and what it was made of; Arrow's
own format, since it is mapped and not decoded.
"""

import hashlib
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from store.state.schema import SegmentRow

if TYPE_CHECKING:
    import pandas as pd

BASELINES: Final = "baselines"
FAILING: Final = "failing"
USE: Final = "use"
"""Folders, one for a kind of file."""


def made_of(tx: Session, since: datetime, until: datetime, *others: object) -> str:
    """Names what is made of the events of [since, until) and of `others`: 16 hex digits.

    A segment that comes late and touches that time changes it; one that only has later events does not, and neither
    does compaction.
    """
    touching = (SegmentRow.min_ts < until, SegmentRow.max_ts >= since)
    rows, oldest = tx.execute(select(func.sum(SegmentRow.rows), func.min(SegmentRow.min_ts)).where(*touching)).one()
    text = " ".join(str(part) for part in (*others, rows, oldest))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def load(path: Path) -> "pd.DataFrame | None":
    """What `save` stored; None when there is nothing, or the file cannot be read."""
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


def find(places: Iterable[Path], folder: str, day: date, made: str) -> "pd.DataFrame | None":
    """What one of the places has of a day, made of what `made` names; None when none has it."""
    found = (load(place(root, folder, day, made)) for root in places)
    return next((one for one in found if one is not None), None)


def save(path: Path, day: date, frame: "pd.DataFrame", *, keep: timedelta, dense: bool = True) -> None:
    """Store the frame of a day; others of that day, and those of days more than `keep` before it, are removed.

    What is not `dense`, of many zeros, is compressed.
    """
    import pyarrow as pa
    from pyarrow import feather

    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    table = pa.Table.from_pandas(frame, preserve_index=False)
    feather.write_feather(table, draft, compression="uncompressed" if dense else "lz4")
    draft.chmod(0o600)
    draft.rename(path)
    for other in path.parent.glob("*.arrow"):
        if other != path and (other.name.startswith(f"{day}.") or other.name[:10] < str(day - keep)):
            other.unlink(missing_ok=True)


def place(root: Path, folder: str, day: date, made: str, kind: str = "") -> Path:
    """Where the file of a day is, made of what `made` names."""
    return root / folder / f"{day}.{made}.{kind}arrow"


def forget_before(root: Path, folder: str, day: date) -> None:
    """Remove those of the days before one: what they were made of is no longer kept."""
    for path in (root / folder).glob("*.arrow"):
        if path.name[:10] < str(day):
            path.unlink(missing_ok=True)


def forget_all(root: Path) -> None:
    """Remove all of them; they are made again when somebody asks."""
    for folder in (BASELINES, FAILING, USE):
        for path in (root / folder).glob("*.arrow"):
            path.unlink(missing_ok=True)

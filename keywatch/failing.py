"""The frame `auth_hours` for a window: whole days are read where they are stored, and stored where they are not.

It is single events of eight days, of which an hour later 167 hours are the same.
"""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final

import pandas as pd

from detectors.frames import conform
from model.window import Window
from store import day_files
from store.day_files import FAILING
from store.handle import Store
from store.queries.auth_frames import auth_hours
from store.queries.spans import DAY, by_day

_FORMAT: Final = 1
"""Goes up when the frame's columns or their meaning change."""
_KEEP: Final = timedelta(days=9)


def failing_hours(store: Store, span: Window, *, keep: bool = True, aside: Path | None = None) -> pd.DataFrame:
    """The frame auth_hours over a span. What is made of a day that is over is stored; `keep`, `aside` as for baselines.

    A day that late events touch is read anew.
    """
    parts = by_day(span)
    with store.reading() as tx:
        made = {
            part.since.date(): day_files.made_of(tx, part.since, part.until, _FORMAT, part.since)
            for part in parts
            if _whole(part)
        }
    target = aside or (store.events.scratch if keep else None)
    places = [place for place in (aside, store.events.scratch) if place is not None]
    found: list[pd.DataFrame] = []
    for part in parts:
        day = part.since.date()
        stored = (day_files.load(day_files.place(place, FAILING, day, made[day])) for place in places if day in made)
        frame = next((one for one in stored if one is not None), None)
        if frame is None:
            with store.reader(part) as reader:
                frame = auth_hours(reader, part)
            if target is not None and day in made:
                day_files.save(day_files.place(target, FAILING, day, made[day]), day, frame, keep=_KEEP)
        found.append(conform("auth_hours", frame))
    return pd.concat(found, ignore_index=True)


def _whole(part: Window) -> bool:
    return part.length == DAY and part.since == _midnight(part.since.date())


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)

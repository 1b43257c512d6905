"""The frame `auth_hours` for a window: whole days are read where they are stored, and stored where they are not.

It is single events of eight days, of which an hour later 167 hours are the same.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final

import pandas as pd

from detectors.frames import conform
from model.window import Window
from store import day_files
from store.day_files import FAILING
from store.events.reader import EventsReader
from store.handle import Store
from store.queries.auth_frames import auth_hours
from store.queries.frame_columns import empty_frame
from store.queries.spans import DAY, by_day
from store.state import segments

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
    found: dict[date, pd.DataFrame] = {}
    for day, name in made.items():
        if (frame := day_files.find(places, FAILING, day, name)) is not None:
            found[day] = frame
    for day, frame in _read(store, [part for part in parts if part.since.date() not in found]):
        found[day] = frame
        if target is not None and day in made:
            day_files.save(day_files.place(target, FAILING, day, made[day]), day, frame, keep=_KEEP)
    return pd.concat([conform("auth_hours", found[day]) for day in sorted(found)], ignore_index=True)


def _read(store: Store, parts: Sequence[Window]) -> Iterator[tuple[date, pd.DataFrame]]:
    """The frame of each of the parts, which lie in different days: few far apart, or most of the span."""
    with ExitStack() as stack:
        reader: EventsReader | None = None
        for part in parts:
            with store.reading() as tx:
                silent = not segments.has_events(tx, part)
            if silent:
                yield part.since.date(), empty_frame("auth_hours")
                continue
            reader = reader or stack.enter_context(store.reader(Window(since=part.since, until=parts[-1].until)))
            yield part.since.date(), auth_hours(reader, part)


def _whole(part: Window) -> bool:
    return part.length == DAY and part.since == _midnight(part.since.date())


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)

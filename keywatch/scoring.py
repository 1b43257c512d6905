"""Scores of a window of any length in bounded memory: long ones in days, whose frames are read one after the other.

Frames that reach far back (baselines, the days of a month) are small and read once for the whole window; frames of
single hours and minutes are large and read a day at a time. Scores are additive over windows, so nothing changes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import pandas as pd

from detectors import engine
from detectors.declare import DAY
from detectors.engine import Scores
from detectors.frames import FRAMES, conform
from detectors.scores import Scored
from detectors.settings import DetectorsConfig
from keywatch.reading import read_frames
from model.window import Window
from store.handle import Store
from store.queries.frame_columns import EMPTY

LONG: Final = timedelta(days=3)
"""From this length on a window is scored in days."""

_WHOLE: Final = timedelta(days=28)
"""The longest window of the statistical detectors: their baselines are made once for all of it."""

_FAR: Final = timedelta(days=7)
"""Frames that reach further back are read once for the whole window."""

Progress = Callable[[datetime], None]


def score_pass(
    store: Store,
    window: Window,
    detectors: Sequence[str],
    *,
    config: DetectorsConfig,
    now: datetime,
    touched: Sequence[str] | None = None,
) -> Scores:
    """The rows of one window; standing detectors as of its end."""
    if window.length < LONG:
        frames = read_frames(store, window, now, detectors=detectors, touched=touched)
        return engine.score(frames, window, config=config, detectors=detectors)
    rows: dict[str, list[Scored]] = {}
    result = Scores(rows=rows)
    for part, scores in score_parts(store, window, detectors, config=config, daily=False):
        del part
        merge(result, scores)
    for name in result.errors:
        rows.pop(name, None)
    return result


def merge(into: Scores, more: Scores) -> None:
    """Add the rows, errors and seconds of a later window."""
    rows = into.rows
    if not isinstance(rows, dict):
        raise TypeError
    for name, found in more.rows.items():
        rows.setdefault(name, []).extend(found)
    into.failures.extend(more.failures)
    into.errors.update(more.errors)
    for name, seconds in more.seconds.items():
        into.seconds[name] = into.seconds.get(name, 0.0) + seconds


def score_parts(
    store: Store,
    window: Window,
    detectors: Sequence[str],
    *,
    config: DetectorsConfig,
    daily: bool,
    progress: Progress | None = None,
) -> Iterator[tuple[Window, Scores]]:
    """The scores of a long window part by part; `daily`: standing detectors at each day's end, else at its end only."""
    loaded = {name: engine.load(name) for name in detectors}
    statistical = [name for name in detectors if loaded[name].kind == "statistical"]
    standing = [name for name in detectors if loaded[name].kind == "standing"]
    rules = [name for name in detectors if loaded[name].kind == "rule"]
    for part in parts(window, _WHOLE):
        frames = read_frames(store, part, part.until, detectors=statistical) if statistical else {}
        yield part, engine.score(_as_of(frames, part.until), part, config=config, detectors=statistical)
        del frames
    daily_ones = [*rules, *(standing if daily else [])]
    far = {name for name, reach in engine.required_frames(detectors).items() if name in EMPTY and reach > _FAR}
    needed = set(engine.required_frames(daily_ones))
    kept = _sorted(read_frames(store, window, window.until, detectors=daily_ones, only=far & needed))
    for day in parts(window, DAY):
        near = read_frames(store, day, day.until, detectors=daily_ones, only=needed - far)
        frames = {**{name: _until(name, frame, day) for name, frame in kept.items() if name in far}, **near}
        yield day, engine.score(_as_of(frames, day.until), day, config=config, detectors=daily_ones)
        if progress is not None:
            progress(day.until)
    if standing and not daily:
        frames = read_frames(store, Window(since=window.until - DAY, until=window.until), window.until, detectors=standing)
        yield window, engine.score(frames, window, config=config, detectors=standing)


def parts(window: Window, length: timedelta) -> Iterator[Window]:
    """The window in parts of a length, cut where whole days of UTC end."""
    since = window.since
    while since < window.until:
        midnight = since.replace(hour=0, minute=0, second=0, microsecond=0)
        until = min(midnight + length, window.until)
        yield Window(since=since, until=until)
        since = until


def _sorted(frames: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Conformed, and in the order of their buckets, so that a part of them is a slice."""
    done = {}
    for name, frame in frames.items():
        clock = FRAMES[name].clock
        done[name] = conform(name, frame).sort_values(clock, kind="stable") if clock else frame
    return done


def _until(name: str, frame: pd.DataFrame, window: Window) -> pd.DataFrame:
    """The slice of a sorted frame that a window reads."""
    clock = FRAMES[name].clock
    if clock is None:
        return frame
    ends = [window.since - FRAMES[name].ask, window.until]
    low, high = frame[clock].searchsorted([pd.Timestamp(end) for end in ends])
    return frame.iloc[low:high]


def _as_of(frames: Mapping[str, pd.DataFrame], until: datetime) -> dict[str, pd.DataFrame]:
    """The state's frames as they can be told for a moment in the past: no source was late when it had gone on later."""
    done = dict(frames)
    if "sources" in done:
        sources = done["sources"].copy()
        went_on = sources["last_event_at"] >= pd.Timestamp(until)
        sources["late"] = sources["late"].astype("bool") & ~went_on
        sources["last_event_at"] = sources["last_event_at"].where(~went_on, pd.Timestamp(until))
        done["sources"] = sources
    return done



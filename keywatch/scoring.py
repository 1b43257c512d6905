"""Scores of a window of any length in bounded memory: a long one a week at a time.

Scores are additive over windows, so the parts give what the whole would.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import pandas as pd

from detectors import engine
from detectors.declare import DAY
from detectors.engine import Scores
from detectors.scores import Scored
from detectors.settings import DetectorsConfig
from keywatch.reading import read_frames
from model.window import Window
from store.handle import Store

PART: Final = timedelta(days=7)
"""How much of a long window is scored at a time."""

LONG: Final = timedelta(days=8)
"""From this length on a window is scored in parts."""

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
    standing = [name for name in detectors if engine.load(name).kind == "standing"]
    others = [name for name in detectors if name not in standing]
    for part in parts(window, PART):
        frames = _as_of(read_frames(store, part, part.until, detectors=others), part.until)
        yield part, engine.score(frames, part, config=config, detectors=others)
        del frames
        for day in parts(part, DAY) if daily and standing else ():
            yield day, _standing(store, day, standing, config)
        if progress is not None:
            progress(part.until)
    if standing and not daily:
        yield window, _standing(store, Window(since=window.until - DAY, until=window.until), standing, config)


def _standing(store: Store, day: Window, detectors: Sequence[str], config: DetectorsConfig) -> Scores:
    frames = _as_of(read_frames(store, day, day.until, detectors=detectors), day.until)
    return engine.score(frames, day, config=config, detectors=detectors)


def parts(window: Window, length: timedelta) -> Iterator[Window]:
    """The window in parts of a length, cut where whole days of UTC end."""
    since = window.since
    while since < window.until:
        midnight = since.replace(hour=0, minute=0, second=0, microsecond=0)
        until = min(midnight + length, window.until)
        yield Window(since=since, until=until)
        since = until


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

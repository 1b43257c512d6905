"""Scores of a window of any length in bounded memory: a long one a week at a time.

Scores are additive over windows, so the parts give what the whole would.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pandas as pd

from detectors import engine, leaked_key_signs
from detectors.declare import DAY
from detectors.engine import Scores
from detectors.settings import DetectorsConfig
from keywatch.detecting.reading import key_frames, read_frames, reading_frames, state_frames
from model.window import Window
from store.handle import Store
from store.state import segments

PART: Final = timedelta(days=7)
"""How much of a long window is scored at a time."""

LONG: Final = timedelta(days=8)
"""From this length on a window is scored in parts."""

SILENCE: Final = timedelta(days=45)
"""So long after the last event even a silence is told: baselines are of 43 days."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def score_pass(
    store: Store,
    window: Window,
    detectors: Sequence[str],
    *,
    config: DetectorsConfig,
    now: datetime,
    keep: bool = True,
    state: Mapping[str, pd.DataFrame] | None = None,
) -> Iterator[tuple[Window, Scores]]:
    """The rows of one window, part by part; standing detectors as of its end. `keep`, `state` as in `read_frames`."""
    if window.length < LONG:
        bait = bait_of(config)
        asked = reading_frames(store, window, now, detectors=detectors, keep=keep, bait=bait, state=state)
        with asked as (frames, later):
            scores = engine.score(frames, window, config=config, detectors=detectors, later=later)
        yield window, scores
        return
    for part, frames, names in read_parts(store, window, detectors, step=None, keep=keep, bait=bait_of(config)):
        yield part, engine.score(frames, part, config=config, detectors=names)
        frames.clear()  # or two weeks would be held while the next one is read


def read_parts(
    store: Store, window: Window, detectors: Sequence[str], *, step: timedelta | None, keep: bool, bait: str
) -> Iterator[tuple[Window, dict[str, pd.DataFrame], Sequence[str]]]:
    """The parts of a window, the frames of each, and the detectors that judge it.

    Standing detectors judge at the end of each `step`; without one, at the window's end only. `bait` is as there.
    """
    standing = [name for name in detectors if engine.load(name).kind == "standing"]
    others = [name for name in detectors if name not in standing]
    keys = key_frames(store)
    with TemporaryDirectory(prefix="keywatch-") as folder:
        aside = None if keep else Path(folder)  # the next part needs the baselines of this one
        for part in _parts_of(window, _quiet_from(store, window)):
            read: dict[str, pd.DataFrame] = {}
            if part.length <= PART:  # longer is the silence after the last event
                state = state_frames(store, part.until, keys=keys)
                read = read_frames(
                    store, part, part.until, detectors=others, keep=keep, aside=aside, bait=bait, state=state
                )
            yield part, _as_of(read, part.until), others
            ends = parts(part, step) if step is not None else [Window(since=part.until - DAY, until=part.until)]
            if standing and (step is not None or part.until == window.until):
                for near, frames in _as_they_stood(store, list(ends), standing, keys, bait):
                    yield near, _as_of(frames, near.until), standing


def _as_they_stood(
    store: Store, ends: Sequence[Window], detectors: Sequence[str], keys: Mapping[str, pd.DataFrame], bait: str
) -> Iterator[tuple[Window, dict[str, pd.DataFrame]]]:
    """The frames of standing detectors at the end of each window; `ends` follow each other.

    What they read of events is in days: those of all ends are read once, where no end but the last cuts one in two.
    """
    held: dict[str, pd.DataFrame] = {}
    if all(not (near.until - _EPOCH) % DAY for near in ends[:-1]):
        whole = Window(since=ends[0].since, until=ends[-1].until)
        state = state_frames(store, whole.until, keys=keys)
        held = read_frames(store, whole, whole.until, detectors=detectors, bait=bait, state=state)
    for near in ends:
        state = state_frames(store, near.until, keys=keys)
        yield near, read_frames(store, near, near.until, detectors=detectors, bait=bait, state=held | state)


def bait_of(config: DetectorsConfig) -> str:
    """The label of canary keys."""
    return config.settings("leaked-key-signs", leaked_key_signs.Settings).label


def _parts_of(window: Window, quiet: datetime | None) -> Iterator[Window]:
    """The window in parts; long after the last event it is one, for a year of nothing is fifty weeks of it."""
    for part in parts(window, PART):
        if (quiet is None or part.since >= quiet) and window.until - part.since > PART:
            yield Window(since=part.since, until=window.until)
            return
        yield part


def _quiet_from(store: Store, window: Window) -> datetime | None:
    """From when on no detector of what happens has anything to judge; None: there is no event at all."""
    with store.reading() as tx:
        newest = segments.latest_event(tx, window.until)
    return None if newest is None else newest + SILENCE


def parts(window: Window, length: timedelta) -> Iterator[Window]:
    """The window in parts of a length, cut at whole multiples of it."""
    since = window.since
    while since < window.until:
        until = min(since - (since - _EPOCH) % length + length, window.until)
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

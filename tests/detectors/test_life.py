"""The detectors of a key's life on their examples: scores are causal and additive, from the declared frames alone."""

from datetime import datetime, timedelta

import pandas as pd
import pytest

from detectors.examples import Example, examples
from detectors.frames import FRAMES
from detectors.registry import load
from detectors.scores import Scored, from_frame
from model.window import Window

LIFE = [
    "inactive-key-used",
    "wrong-environment",
    "dormant-key-awake",
    "fresh-key-odd-first-use",
    "key-in-url",
    "leaked-key-signs",
    "scanner-client",
    "revoked-or-expired-key-used",
]
STANDING = ["rotation-not-completed", "rotated-key-unused"]
FIRING = [pytest.param(name, one, id=f"{name}: {one.name}") for name in LIFE for one in examples(name) if one.fires]

Frames = dict[str, pd.DataFrame]


def declared(name: str, example: Example) -> Frames:
    return {frame: example.frames[frame] for frame in load(name).frames}


def scored(name: str, example: Example, frames: Frames, since: datetime, until: datetime) -> list[Scored]:
    settings = load(name).settings(**example.settings)
    return from_frame(load(name).score(frames, Window(since=since, until=until), settings))


def seen_at(frames: Frames, since: datetime, until: datetime) -> Frames:
    """What the store would hand over at `until` for a window that begins at `since`; the last day is not over."""
    cut, window = {}, Window(since=since, until=until)
    for name, frame in frames.items():
        clock, first = FRAMES[name].clock, since - FRAMES[name].reach(window)
        end = pd.Timestamp(until).floor("D") if clock == "day" else until
        keep = slice(None) if clock is None else (frame[clock] < end) & (frame[clock] >= first)
        cut[name] = frame.loc[keep]
    return cut


@pytest.mark.parametrize(("name", "example"), FIRING)
@pytest.mark.parametrize("hours", [3, 10, 24])
def test_live_sees_what_one_pass_does(name: str, example: Example, hours: int) -> None:
    frames, begin = declared(name, example), example.window.since
    until = begin + timedelta(hours=hours)
    since = until - timedelta(hours=2)

    live = scored(name, example, seen_at(frames, since, until), since, until)
    whole = scored(name, example, frames, begin, example.window.until)

    step = load(name).bucket
    assert whole
    assert [row for row in whole if since < row.bucket + step <= until] == live


@pytest.mark.parametrize(("name", "example"), FIRING)
@pytest.mark.parametrize("minutes", [150, 187, 601])
def test_two_windows_score_what_one_does(name: str, example: Example, minutes: int) -> None:
    frames, begin, end = declared(name, example), example.window.since, example.window.until
    cut = begin + timedelta(minutes=minutes)

    halves = scored(name, example, frames, begin, cut) + scored(name, example, frames, cut, end)

    assert scored(name, example, frames, begin, end) == halves


@pytest.mark.parametrize("name", STANDING)
def test_a_standing_detector_needs_no_other_frame_than_it_declares(name: str) -> None:
    for example in examples(name):
        rows = scored(name, example, declared(name, example), example.window.since, example.window.until)
        assert example.fires == bool(rows)

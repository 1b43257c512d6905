"""Scores are pure, causal and additive over windows (DESIGN.md 4.5)."""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest
import world
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.frames import FRAMES, conform
from detectors.registry import load, names
from detectors.scores import SCORE_COLUMNS, Scored, from_frame
from detectors.usual.baselines import baselines_of
from model.window import Window

MOVING = [name for name in names() if load(name).kind != "standing"]
WHOLE = Window(since=world.BEGIN, until=world.END)

Frames = dict[str, pd.DataFrame]


def whole_frames(given: Frames, window: Window) -> Frames:
    """All frames conformed, with the baselines that the store would have made."""
    frames = {name: conform(name, given.get(name)) for name in FRAMES}
    return {**frames, "baselines": conform("baselines", baselines_of(frames["key_hours"], window, {}))}


@pytest.fixture(scope="module")
def frames(war: Frames) -> Frames:
    return whole_frames({**war, "event_hours": logged()}, WHOLE)


def logged() -> pd.DataFrame:
    """What two sources logged: one is silent for half a day, a third of the other's lines is rejected for a night."""
    hours = pd.date_range(world.BEGIN, world.END, freq="h", inclusive="left")
    whole = pd.DataFrame({"hour": hours, "events": 100, "rejects": 0})
    silence, night = ((world.BEGIN + timedelta(days=day)) for day in (12, 13))
    quiet = whole[(hours < silence) | (hours >= silence + timedelta(hours=12))].assign(source="quiet")
    broken = whole.assign(source="broken")
    broken.loc[(hours >= night) & (hours < night + timedelta(hours=8)), ["events", "rejects"]] = [70, 30]
    both = pd.concat([quiet, broken], ignore_index=True)
    return both.assign(first_seen=both["hour"], last_seen=both["hour"] + pd.Timedelta(minutes=59))


@pytest.fixture(scope="module")
def whole(frames: Frames) -> dict[str, list[Scored]]:
    return {name: scored(name, frames, WHOLE) for name in MOVING}


def scored(name: str, frames: Frames, window: Window) -> list[Scored]:
    detector = load(name)
    return from_frame(detector.score(frames, window, detector.settings()))


def between(frames: Frames, since: datetime, until: datetime) -> Frames:
    """What the store would hand over at `until` for a window that begins at `since`."""
    cut, window = {}, Window(since=since, until=until)
    past = frames["key_hours"][frames["key_hours"]["hour"] < until]
    for name, frame in frames.items():
        if name == "baselines":
            cut[name] = conform(name, baselines_of(past, window, {}))
            continue
        clock, first = FRAMES[name].clock, since - FRAMES[name].reach(window)
        # The day that is not over holds less in the store than here, so what reads it must not matter: leave it out.
        end = pd.Timestamp(until).floor("D") if clock == "day" else until
        keep = slice(None) if clock is None else (frame[clock] < end) & (frame[clock] >= first)
        if "first_ok" in frame.columns:  # a moment that is known exactly, whatever comes later that day
            keep |= (frame["first_ok"] >= pd.Timestamp(end)) & (frame["first_ok"] < until)
        cut[name] = frame.loc[keep]
    return cut


@settings(max_examples=4, deadline=None)
@given(minutes=st.integers(0, 14 * 1440))
def test_two_windows_score_what_one_does(frames: Frames, whole: dict[str, list[Scored]], minutes: int) -> None:
    cut = world.BEGIN + timedelta(minutes=minutes)

    halves = {
        name: scored(name, frames, Window(since=world.BEGIN, until=cut))
        + scored(name, frames, Window(since=cut, until=world.END))
        for name in MOVING
    }

    assert whole == halves


@pytest.mark.parametrize("name", MOVING)
@pytest.mark.parametrize("hours", [12 * 24 + 13, 12 * 24 + 15, 13 * 24])
def test_nothing_later_than_a_bucket_changes_it(
    frames: Frames, whole: dict[str, list[Scored]], name: str, hours: int
) -> None:
    now = world.BEGIN + timedelta(hours=hours)
    since = now - timedelta(hours=6)

    live = scored(name, between(frames, since, now), Window(since=since, until=now))

    step = load(name).bucket
    assert [row for row in whole[name] if since < row.bucket + step <= now] == live


def test_the_attacks_give_rows_to_compare(whole: dict[str, list[Scored]]) -> None:
    elsewhere = {"usage-drop", "bytes-out", "off-hours", "error-ratio", "throttled", "retry-loop"}  # test_use.py
    elsewhere |= {"inactive-key-used", "wrong-environment", "dormant-key-awake", "fresh-key-odd-first-use"}
    elsewhere |= {"key-in-url", "leaked-key-signs", "scanner-client"}  # test_life.py
    assert not [name for name, rows in whole.items() if not rows and name not in elsewhere]


def test_a_score_has_the_columns_of_the_contract(frames: Frames) -> None:
    detector = load("new-origin")

    rows = detector.score(frames, WHOLE, detector.settings())

    assert list(SCORE_COLUMNS) == list(rows.columns)


def test_frames_are_not_written_to(frames: Frames) -> None:
    before = {name: frame.copy(deep=True) for name, frame in frames.items()}

    for name in names():
        scored(name, frames, WHOLE)

    for name, frame in frames.items():
        pd.testing.assert_frame_equal(before[name], frame)


@pytest.mark.parametrize("name", ["volume-spike", "flatline"])
def test_two_months_of_history_score_what_the_lookback_does(name: str) -> None:
    hours = pd.date_range("2026-08-01", periods=70 * 24, freq="h", tz="UTC")
    calls = np.random.default_rng(1).poisson(100 + 50 * np.sin(hours.hour.to_numpy() / 4), (5, len(hours)))
    calls[0, 66 * 24 + 3 : 66 * 24 + 7] *= 9
    calls[1, 66 * 24 + 4 :] = 0
    rows = [
        pd.DataFrame({"hour": hours, "key_ref": f"id:{key}", "requests": series}) for key, series in enumerate(calls)
    ]
    key_hours = pd.concat(rows).reindex(columns=list(FRAMES["key_hours"].columns))
    since = hours[0].to_pydatetime()
    until = since + timedelta(days=66, hours=13)
    live = Window(since=until - timedelta(hours=5), until=until)
    everything = Window(since=since, until=since + timedelta(days=70))
    frames = whole_frames({"key_hours": key_hours}, everything)

    whole = scored(name, frames, everything)

    told = [row for row in whole if live.since < row.bucket + timedelta(hours=1) <= live.until]
    assert told == scored(name, between(frames, live.since, live.until), live)
    assert bool(told) == (name == "flatline")
    assert len(whole) >= 3

"""The detectors of use over six weeks: what each finds, and that scores are causal and additive there."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from detectors.frames import FRAMES, conform
from detectors.registry import load
from detectors.scores import Scored, from_frame
from detectors.usual.baselines import HISTORY, baselines, baselines_of, days_of, make
from detectors.usual.grid import grid, grid_of_days
from model.window import Window

BEGIN = datetime(2026, 8, 24, tzinfo=UTC)
END = BEGIN + timedelta(days=42)
LAST = Window(since=END - timedelta(days=6), until=END)
USE = ["volume-spike", "flatline", "usage-drop", "bytes-out", "off-hours", "error-ratio", "throttled", "retry-loop"]

Frames = dict[str, pd.DataFrame]


def hour(days: int, hours: int) -> pd.Timestamp:
    return pd.Timestamp(BEGIN) + pd.Timedelta(days=days, hours=hours)


@pytest.fixture(scope="module")
def frames() -> Frames:
    """Eight keys, each with something on the 38th to 40th day; the last two by minutes."""
    rng = np.random.default_rng(5)
    hours = pd.date_range(BEGIN, END, freq="h", inclusive="left")
    office = (hours.hour >= 8) & (hours.hour < 18) & (hours.day_of_week < 5)
    level = {"spike": 100, "silent": 60, "fallen": 80, "heavy": 50, "night": 30 * office, "wrong": 60, "calm": 40}
    rows = pd.concat(
        [
            pd.DataFrame({"hour": hours, "key_ref": f"id:{name}", "ok": rng.poisson(mean, len(hours))})
            for name, mean in level.items()
        ],
        ignore_index=True,
    )
    rows["bytes_out"], rows["client_error"] = rows["ok"] * rng.integers(20_000, 40_000, len(rows)), 0

    def of(name: str, since: pd.Timestamp, until: pd.Timestamp) -> "pd.Series[bool]":
        return (rows["key_ref"] == f"id:{name}") & (rows["hour"] >= since) & (rows["hour"] < until)

    rows.loc[of("spike", hour(38, 10), hour(38, 12)), "ok"] *= 6
    rows.loc[of("silent", hour(38, 5), hour(40, 0)), "ok"] = 0
    rows.loc[of("fallen", hour(38, 5), hour(40, 0)), "ok"] //= 8
    rows.loc[of("heavy", hour(38, 10), hour(38, 12)), "bytes_out"] *= 40
    rows.loc[of("night", hour(38, 23), hour(39, 2)), "ok"] = 25
    wrong = of("wrong", hour(38, 10), hour(38, 13))
    rows.loc[wrong, "client_error"], rows.loc[wrong, "ok"] = rows.loc[wrong, "ok"], 1
    rows["requests"] = rows["ok"] + rows["client_error"]
    rows = rows[rows["requests"] > 0].reindex(columns=list(FRAMES["key_hours"].columns))
    minutes = pd.date_range(hour(38, 9), periods=50, freq="min")
    refused = {"method": "GET", "route": "/v1/x", "requests": 30}
    loops = [
        pd.DataFrame({"minute": minutes, "key_ref": f"id:{outcome}", "outcome": outcome, **refused})
        for outcome in ("throttled", "client_error")
    ]
    given = {"key_hours": rows, "refused_minutes": pd.concat(loops)}
    made = {name: conform(name, given.get(name)) for name in FRAMES}
    return {**made, "baselines": conform("baselines", baselines_of(made["key_hours"], LAST, {}))}


def scored(name: str, frames: Frames, window: Window) -> list[Scored]:
    return from_frame(load(name).score(frames, window, load(name).settings()))


def seen_at(frames: Frames, since: datetime, until: datetime) -> Frames:
    """What the store would hand over at `until`: baselines made of the past, and only as much of it as is asked for."""
    past = frames["key_hours"][frames["key_hours"]["hour"] < until]
    window = Window(since=since, until=until)
    cut = {}
    for name, frame in frames.items():
        clock, first = FRAMES[name].clock, since - FRAMES[name].reach(window)
        keep = slice(None) if clock is None else (frame[clock] < until) & (frame[clock] >= first)
        cut[name] = frame.loc[keep]
    return {**cut, "baselines": conform("baselines", baselines_of(past, window, {}))}


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("volume-spike", "id:spike"),
        ("flatline", "id:silent"),
        ("usage-drop", "id:fallen"),
        ("bytes-out", "id:heavy"),
        ("off-hours", "id:night"),
        ("error-ratio", "id:wrong"),
        ("throttled", "id:throttled"),
        ("retry-loop", "id:client_error"),
    ],
)
def test_each_finds_its_key_and_no_other(frames: Frames, name: str, key: str) -> None:
    rows = scored(name, frames, LAST)

    likely = {row.key_ref for row in rows if row.p is None or row.p < 1e-4}
    assert {key} == likely - ({"id:night"} if name == "volume-spike" else set())  # where there are usually none


@pytest.mark.parametrize("name", USE)
@pytest.mark.parametrize("hours", [11, 24, 37])
def test_live_sees_what_one_pass_does(frames: Frames, name: str, hours: int) -> None:
    until = BEGIN + timedelta(days=38, hours=hours, minutes=7)
    since = until - timedelta(hours=3)

    live = scored(name, seen_at(frames, since, until), Window(since=since, until=until))

    step = load(name).bucket
    assert [row for row in scored(name, frames, LAST) if since < row.bucket + step <= until] == live


@pytest.mark.parametrize("name", USE)
def test_a_minute_at_a_time_gives_what_one_pass_does(frames: Frames, name: str) -> None:
    since = BEGIN + timedelta(days=39, minutes=-3)
    steps = [since + timedelta(minutes=minute) for minute in range(7)]

    rows = [row for begin, end in pairwise(steps) for row in scored(name, frames, Window(since=begin, until=end))]

    assert scored(name, frames, Window(since=since, until=steps[-1])) == rows


def test_a_late_source_silences_silence(frames: Frames) -> None:
    late = {"name": ["edge"], "last_event_at": [hour(37, 0)], "last_read_at": [hour(40, 0)], "late": [True]}
    sources = pd.DataFrame({**late, "reads_keys": [True], "bytes_lost": [0], "lost_at": [pd.NaT]})
    frames = {**frames, "sources": conform("sources", sources)}

    assert [] == scored("flatline", frames, LAST)
    assert [] == scored("usage-drop", frames, LAST)


def test_baselines_made_day_by_day_are_those_made_at_once(frames: Frames) -> None:
    days = days_of(LAST)
    whole = baselines(frames["key_hours"], days)
    stored = baselines(frames["key_hours"], days[:-1])
    first = days[0] - np.timedelta64(HISTORY.days, "D")

    last = make(grid([frames["key_hours"]], first, days[-1]), days[-1:], zones={}, earlier=[stored])

    expected = whole[whole["day"] == last["day"].iloc[0]].reset_index(drop=True)
    pd.testing.assert_frame_equal(expected, last)


def test_a_grid_of_stored_days_is_that_of_the_hours(frames: Frames) -> None:
    first, end = np.datetime64("2026-09-20"), np.datetime64("2026-09-27")
    hours, days = frames["key_hours"], np.arange(first, end)
    alone = [(day, grid([hours], day, day + np.timedelta64(1, "D")).rows()) for day in days]
    whole = grid([hours], first, end)

    made = grid_of_days(reversed(alone), first, end)

    assert whole.keys == made.keys
    for name in ("calls", "sent", "failed"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(made, name))

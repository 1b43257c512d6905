"""Whose networks are read when a key comes to a new one: its own, and those of whoever was there."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from detectors.declare import narrow
from keywatch.detecting.reading import read_frames
from keywatch.workspace import Workspace
from model.window import Window

NINE = datetime(2026, 10, 1, 9, tzinfo=UTC)
LATER = 5 * 24 * 3600
HOME, SHARED, AWAY = "192.0.2.7", "198.51.100.7", "203.0.113.7"
NEAR = Window(since=NINE + timedelta(seconds=LATER), until=NINE + timedelta(seconds=LATER, hours=1))


@pytest.fixture
def moved(tmp_path: Path, ingest: Callable[..., Any], line: Callable[..., str]) -> None:
    """Three keys at networks of their own; five days later all are used again, and `a` comes to that of `b`."""

    def call(second: int, key: str, ip: str) -> str:
        return line(second, path=f"/v1/agents?api_key=ac_live_0123456789abcdefghijkl{key}", ip=ip)

    log, old, new = tmp_path / "a.log", range(60), range(LATER, LATER + 60)
    places = {"a": HOME, "b": SHARED, "c": AWAY}
    usual = [call(second, key, ip) for second in (*old, *new) for key, ip in places.items()]
    log.write_text("".join([*usual, *(call(second, "a", SHARED) for second in range(LATER + 60, LATER + 90))]))
    ingest(log)


@pytest.mark.usefixtures("moved")
@pytest.mark.parametrize("more", [[], ["unused-key"]])
def test_networks_are_those_of_the_key_and_of_who_was_there(workspace: Workspace, more: list[str]) -> None:
    """Whether they are read for it alone, or cut from what others have read of all keys."""
    frames = read_frames(workspace.store, NEAR, NEAR.until, detectors=["new-origin", *more], bait="canary")

    seen = frames[narrow("network_days")]
    found = sorted(zip(seen["day"].dt.day, seen["network"], seen["requests"], strict=True))
    assert [
        (1, "192.0.2.0/24", 60),
        (1, "198.51.100.0/24", 60),
        (6, "192.0.2.0/24", 60),
        (6, "198.51.100.0/24", 30),
        (6, "198.51.100.0/24", 60),
    ] == found
    assert bool(more) == ("network_days" in frames)


@pytest.fixture
def walked(tmp_path: Path, ingest: Callable[..., Any], line: Callable[..., str]) -> None:
    """Two keys walk, one of them again five days later; the other one is only used then."""

    def call(second: int, key: str, number: int) -> str:
        return line(second, path=f"/v1/agents/{number}?api_key=ac_live_0123456789abcdefghijkl{key}")

    log = tmp_path / "a.log"
    runs = [call(second, key, second) for second in range(60) for key in "ab"]
    later = [call(LATER + second, "a", 1000 + second) for second in range(9)]
    log.write_text("".join([*runs, *later, call(LATER + 60, "b", 7)]))
    ingest(log)


@pytest.mark.usefixtures("walked")
def test_the_week_before_is_read_of_keys_that_walk_in_the_hour_that_is_judged(workspace: Workspace) -> None:
    frames = read_frames(workspace.store, NEAR, NEAR.until, detectors=["identifier-walking"], bait="canary")

    now, week = frames["walk_hours"], frames[narrow("walked_hours")]
    assert [(6, 9)] == list(zip(now["hour"].dt.day, now["numbers"], strict=True))
    assert [(1, 60), (6, 9)] == list(zip(week["hour"].dt.day, week["numbers"], strict=True))
    assert 1 == week["key_ref"].nunique()


@pytest.mark.usefixtures("walked")
def test_hours_that_are_not_over_are_not_read(workspace: Workspace) -> None:
    half = Window(since=NEAR.since, until=NEAR.until - timedelta(minutes=1))
    middle = Window(since=NEAR.since + timedelta(minutes=30), until=NEAR.until)
    frames = [
        read_frames(workspace.store, window, window.until, detectors=["identifier-walking", "scraping"], bait="canary")
        for window in (half, middle)
    ]

    assert [0, 1] == [len(each["walk_hours"]) for each in frames]
    assert [0, 2] == [len(each[narrow("walked_hours")]) for each in frames]

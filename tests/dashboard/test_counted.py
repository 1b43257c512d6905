"""What is counted of all keys: as the store has it, and asked anew only of the days that something came of."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pandas.testing import assert_frame_equal

from dashboard.controls.period import period
from dashboard.reads import counted, data, explored
from keywatch.collecting.ingesting import ingest_source
from keywatch.config.root import SourceConfig
from keywatch.privacy.erasing import erase
from keywatch.workspace import Workspace
from model.clock import FixedClock
from model.window import Window
from store.queries import breakdown, sparkline, traffic
from store.queries import explored as asking
from store.queries.matching import Match
from store.queries.spans import DAY, HOUR, floor
from tests.dashboard.conftest import BILLING, Small, line

ADDRESS = "198.51.100.99"


@pytest.fixture
def ingest(copied: Workspace, tmp_path: Path) -> Callable[[datetime, datetime], str]:
    """Reads one line of a moment, and tells the version of the store."""
    log = tmp_path / "more.log"

    def ingested(at: datetime, now: datetime) -> str:
        with log.open("a") as file:
            file.write(json.dumps(line(at, BILLING, ADDRESS, 200)) + "\n")
        ingest_source(copied, SourceConfig(name="more", path=str(log)), clock=FixedClock(now))
        data.forget()
        return data.known().version

    return ingested


@pytest.mark.parametrize("name", ["1h", "24h", "7d"])
def test_as_the_store_counts_the_window_as_a_whole(copied: Workspace, small: Small, name: str) -> None:
    version = data.known().version
    of = period(name, Window(since=small.now - 3 * DAY, until=small.now), small.now)
    frames, points = counted.overview(version, of), counted.curves(version, of.window, small_refs(copied))
    asked = explored.question(version, of.window, Match())
    groups = explored.groups(asked, "status", {}).listed
    with copied.store.reader() as reader:
        assert_frame_equal(traffic.over_time(reader, of.window, bucket=of.bucket), frames["traffic"])
        assert_frame_equal(traffic.totals(reader, of.window), frames["totals"])
        assert_frame_equal(traffic.totals(reader, of.before), frames["before"])
        assert_frame_equal(breakdown.usage_by(reader, of.window, by="key"), frames["keys"])
        curves = sparkline.by_key(reader, of.window, counted.POINTS, key_refs=small_refs(copied))
        by_status = asking.grouped(reader, of.window, Match(), by="status")

    assert points == dict(zip(curves["key_ref"], curves["series"], strict=True))
    assert list(by_status["requests"]) == list(groups["requests"])


def test_what_comes_in_now_is_no_reason_to_ask_about_past_days(
    ingest: Callable[[datetime, datetime], str],
) -> None:
    now = floor(datetime.now(UTC), DAY) + 9 * HOUR
    week = Window(since=now - 7 * DAY, until=now + HOUR)
    before = counted.parts(ingest(now - HOUR, now), week)
    usage = counted.usage(ingest(now - HOUR, now), week)
    after = counted.parts(data.known().version, week)

    assert before[:-1] == after[:-1]
    assert before[-1] != after[-1]
    assert int(usage["requests"].sum()) + 1 == int(counted.usage(ingest(now - HOUR, now), week)["requests"].sum())


def test_what_came_late_is_counted_on_its_day(ingest: Callable[[datetime, datetime], str]) -> None:
    now = floor(datetime.now(UTC), DAY) + 9 * HOUR
    week = Window(since=now - 7 * DAY, until=now + HOUR)
    version = ingest(now - HOUR, now)
    before, usage = counted.parts(version, week), counted.usage(version, week)
    version = ingest(now - DAY, now)
    after = counted.parts(version, week)

    assert before[0] == after[0]
    assert before[1] != after[1]
    assert int(usage["requests"].sum()) + 1 == int(counted.usage(version, week)["requests"].sum())


def test_what_was_erased_is_shown_no_more(copied: Workspace, ingest: Callable[[datetime, datetime], str]) -> None:
    now = datetime.now(UTC)
    window = Window(since=floor(now, DAY), until=floor(now, DAY) + DAY)

    def addresses(version: str) -> set[str]:
        return {*explored.groups(explored.question(version, window, Match()), "ip", {}).listed["label"]}

    assert ADDRESS in addresses(ingest(now, now))

    erased = erase(copied, ADDRESS, at=now)
    data.forget()
    left = addresses(data.known().version)

    assert ADDRESS not in left
    assert erased.stand_in in left


def small_refs(workspace: Workspace) -> list[str]:
    with workspace.store.reader() as reader:
        usage = breakdown.usage_by(
            reader, Window(since=datetime(2020, 1, 1, tzinfo=UTC), until=datetime(2100, 1, 1, tzinfo=UTC)), by="key"
        )
    return [ref for ref in usage["key"].dropna() if not ref.startswith("unknown:")]


@pytest.mark.parametrize("length", [HOUR, 14 * DAY])
def test_filters_suggest_what_was_busy_in_the_last_week_of_a_window(
    ingest: Callable[[datetime, datetime], str], small: Small, length: timedelta
) -> None:
    ingest(small.now - 5 * DAY, small.now)
    suggested = explored.suggestions(Window(since=small.now - length, until=small.now), {})

    assert ADDRESS in suggested["ip"]
    assert "198.51.100.7" in suggested["ip"]

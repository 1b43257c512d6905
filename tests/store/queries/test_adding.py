"""Answers about a window's parts add up to the answer about the window, on both engines."""

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pytest
from pandas.testing import assert_frame_equal

from model.window import Window
from store.events.reader import EventsReader
from store.queries import adding, breakdown, explored, spans, sparkline, traffic
from store.queries.matching import Match

HOUR = timedelta(hours=1)
WINDOWS = (
    ("2026-03-28", "2026-03-31"),
    ("2026-03-28T23:10", "2026-04-01T12:00"),
    ("2026-03-27T22:59:59.999999", "2026-03-30T00:00:01"),
    ("2026-03-25T10:00", "2026-03-29T01:05:20"),
    ("2026-03-29T01:05", "2026-03-29T02:15"),
    ("2026-04-02T01:00", "2026-04-06T01:00"),
)
GROUPS = [("refused", ("unauthenticated", "forbidden")), ("fine", ("ok",))]


@pytest.fixture(params=WINDOWS, ids=lambda ends: ends[0])
def whole(request: pytest.FixtureRequest, window: Callable[[str, str], Window]) -> Window:
    return window(*request.param)


def test_usage(reader: EventsReader, whole: Window) -> None:
    parts = [breakdown.usage_by(reader, part, by="key") for part in spans.parts(whole)]

    assert_frame_equal(breakdown.usage_by(reader, whole, by="key"), adding.usage(parts, by="key"))


def test_groups(reader: EventsReader, whole: Window) -> None:
    parts = [explored.grouped(reader, part, Match(), by="status") for part in spans.parts(whole)]

    assert_frame_equal(explored.grouped(reader, whole, Match(), by="status"), adding.grouped(parts))


@pytest.mark.parametrize("bucket", [HOUR, 6 * HOUR, 7 * 24 * HOUR])
def test_series(reader: EventsReader, whole: Window, bucket: timedelta) -> None:
    def asked(part: Window) -> object:
        return explored.series(reader, part, Match(), by="status", bucket=bucket, groups=GROUPS)

    assert_frame_equal(asked(whole), adding.series([asked(part) for part in spans.parts(whole)]))


@pytest.mark.parametrize("bucket", [HOUR / 4, HOUR, 7 * 24 * HOUR])
def test_requests_over_time(reader: EventsReader, whole: Window, bucket: timedelta) -> None:
    parts = [traffic.over_time(reader, part, bucket=bucket) for part in spans.parts(whole)]

    assert_frame_equal(traffic.over_time(reader, whole, bucket=bucket), adding.over_time(parts))


def test_totals(reader: EventsReader, whole: Window) -> None:
    parts = spans.parts(whole)
    usage = adding.usage([breakdown.usage_by(reader, part, by="key") for part in parts], by="key")
    marks = [traffic.address_marks(reader, part) for part in parts]

    assert {np.dtype("uint64")} == {each.dtype for each in marks}
    assert_frame_equal(traffic.totals(reader, whole), traffic.totals_of_keys(usage, adding.distinct(marks)))


@pytest.mark.parametrize("points", [2, 30])
def test_curves(reader: EventsReader, whole: Window, points: int) -> None:
    parts = [sparkline.counted(reader, part, whole, points) for part in spans.parts(whole)]

    assert_frame_equal(sparkline.by_key(reader, whole, points), sparkline.curves(parts, points))


def test_parts_are_a_begun_day_whole_days_and_a_begun_day(window: Callable[[str, str], Window]) -> None:
    first, second, third = spans.parts(window("2026-03-27T15:00", "2026-03-30T09:30"))

    assert window("2026-03-27T15:00", "2026-03-28") == first
    assert window("2026-03-28", "2026-03-30") == second
    assert window("2026-03-30", "2026-03-30T09:30") == third


def test_of_whole_days_and_of_up_to_two_days_there_is_one_part(window: Callable[[str, str], Window]) -> None:
    for one in (window("2026-03-27", "2026-03-30"), window("2026-03-27T01:00", "2026-03-29T01:00")):
        assert [one] == spans.parts(one)

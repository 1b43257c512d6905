from datetime import UTC, datetime, timedelta

import pytest

from dashboard.controls.period import LONGEST, PRESETS, bucket_of, own, period, read, snapped, told, written
from dashboard.zones import Zone
from model.errors import UsageError
from model.window import Window

NOW = datetime(2026, 11, 23, 5, 24, 31, tzinfo=UTC)
SPAN = Window(since=NOW - timedelta(days=15), until=NOW - timedelta(minutes=5))


@pytest.mark.parametrize("name", list(PRESETS))
def test_a_window_has_as_many_buckets_as_a_chart_has_room_for(name: str) -> None:
    shown = period(name, SPAN, NOW)

    assert 60 <= shown.window.length / shown.bucket <= 170
    assert not shown.bucket % timedelta(hours=1) or shown.window.length <= timedelta(days=1)


@pytest.mark.parametrize(("name", "hour", "minute"), [("24h", 5, 25), ("7d", 5, 0), ("1h", 4, 25)])
def test_a_window_begins_with_an_hour_where_hours_are_counted_and_ends_now_rounded_up_to_a_minute(
    name: str, hour: int, minute: int
) -> None:
    shown = period(name, SPAN, NOW)

    assert datetime(2026, 11, 23, 5, 25, tzinfo=UTC) == shown.window.until
    assert (hour, minute) == (shown.window.since.hour, shown.window.since.minute)
    assert PRESETS[name][0] <= shown.window.length < PRESETS[name][0] + timedelta(hours=1)
    assert shown.ended is None


@pytest.mark.parametrize("name", list(PRESETS))
def test_what_a_window_is_compared_with_is_as_long_to_half_an_hour_where_hours_are_counted(name: str) -> None:
    shown = period(name, SPAN, NOW)

    assert shown.before.until == shown.window.since
    hours = shown.bucket >= timedelta(hours=1)
    assert not hours or not shown.before.length % timedelta(hours=1)
    assert abs(shown.before.length - shown.window.length) <= hours * timedelta(minutes=30)


def test_a_window_ends_with_the_logs_when_they_ended_long_ago() -> None:
    shown = period("1h", SPAN, NOW + timedelta(days=3))

    assert SPAN.until == shown.ended
    assert shown.window.since < SPAN.until <= shown.window.until


def test_windows_compare_only_where_the_logs_reach_back() -> None:
    assert [True, False] == [period(name, SPAN, NOW).compares for name in ("7d", "14d")]
    assert "the logs begin on 2026-11-08" in told(period("14d", SPAN, NOW), Zone(), changes=True)


@pytest.mark.parametrize(
    ("length", "bucket"),
    [
        (timedelta(minutes=1), timedelta(seconds=1)),
        (timedelta(hours=2, minutes=49), timedelta(minutes=1)),
        (timedelta(hours=3), timedelta(minutes=5)),
        (timedelta(days=400), timedelta(days=7)),
        (LONGEST, timedelta(days=7)),
    ],
)
def test_a_window_of_ones_own_is_counted_as_finely_as_a_chart_has_room_for(
    length: timedelta, bucket: timedelta
) -> None:
    assert bucket == bucket_of(Window(since=NOW - length, until=NOW))


def test_a_window_of_ones_own_stays_when_the_clock_goes_on() -> None:
    shown = own(Window(since=NOW - timedelta(hours=3, minutes=20), until=NOW), SPAN, NOW + timedelta(days=1))

    assert ("3h20m", NOW, False, None) == (shown.name, shown.window.until, shown.moves, shown.ended)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-23 05:00", datetime(2026, 11, 23, 4, tzinfo=UTC)),
        ("2026-11-23T05:00Z", datetime(2026, 11, 23, 5, tzinfo=UTC)),
        ("2026-11-23T05:00+05:30", datetime(2026, 11, 22, 23, 30, tzinfo=UTC)),
        ("2d", NOW - timedelta(days=2)),
    ],
)
def test_a_moment_is_one_of_the_chosen_zone_unless_it_says_another(text: str, moment: datetime) -> None:
    assert moment == read(text, "now", Zone("Europe/Berlin"), NOW).since


@pytest.mark.parametrize(
    ("since", "until"), [("", "now"), ("soon", "now"), ("1d", "2d"), ("30s", "now"), ("5000d", "now"), ("now", "now")]
)
def test_a_window_that_cannot_be_drawn_is_refused(since: str, until: str) -> None:
    with pytest.raises(UsageError):
        read(since, until, Zone(), NOW)


def test_what_stands_in_the_url_is_one_moment_and_reads_as_the_clocks_of_the_zone() -> None:
    moment = datetime(2026, 11, 23, 5, tzinfo=UTC)

    assert ["2026-11-23T05:00Z", "2026-11-23T06:00+01:00"] == [
        written(moment, Zone(name)) for name in ("UTC", "Europe/Berlin")
    ]
    assert "2026-11-23T05:24:31Z" == written(NOW, Zone())


def test_a_drawn_span_becomes_the_buckets_it_touches() -> None:
    quarter = timedelta(minutes=15)

    assert Window(since=datetime(2026, 11, 23, 5, 15, tzinfo=UTC), until=datetime(2026, 11, 23, 5, 30, tzinfo=UTC)) == (
        snapped(NOW, NOW + timedelta(seconds=1), quarter)
    )
    assert timedelta(minutes=1) == snapped(NOW, NOW, timedelta(seconds=1)).length

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.period import PRESETS, period, told
from model.window import Window

NOW = datetime(2026, 11, 23, 5, 24, 31, tzinfo=UTC)
SPAN = Window(since=NOW - timedelta(days=15), until=NOW - timedelta(minutes=5))


@pytest.mark.parametrize("name", list(PRESETS))
def test_a_window_has_as_many_buckets_as_a_chart_has_room_for(name: str) -> None:
    shown = period(name, SPAN, NOW)

    assert 60 <= shown.window.length / shown.bucket <= 170
    assert not shown.bucket % timedelta(hours=1) or shown.window.length <= timedelta(days=1)


def test_a_window_ends_now_rounded_up_to_a_minute() -> None:
    shown = period("24h", SPAN, NOW)

    assert Window(since=datetime(2026, 11, 22, 5, 25, tzinfo=UTC), until=datetime(2026, 11, 23, 5, 25, tzinfo=UTC)) == (
        shown.window
    )
    assert shown.ended is None


def test_a_window_ends_with_the_logs_when_they_ended_long_ago() -> None:
    shown = period("1h", SPAN, NOW + timedelta(days=3))

    assert SPAN.until == shown.ended
    assert shown.window.since < SPAN.until <= shown.window.until


def test_windows_compare_only_where_the_logs_reach_back() -> None:
    assert [True, False] == [period(name, SPAN, NOW).compares for name in ("7d", "14d")]
    assert "the logs begin on 2026-11-08" in told(period("14d", SPAN, NOW))

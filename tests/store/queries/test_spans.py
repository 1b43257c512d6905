"""Windows fall apart without a gap and without an overlap."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from model.window import Window
from store.queries.spans import DAY, HOUR, split, widened

MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2025, 1, 5), timezones=st.just(UTC))  # noqa: DTZ001
WINDOWS = st.tuples(MOMENTS, MOMENTS).map(lambda pair: Window(since=min(pair), until=max(pair)))


@given(WINDOWS, st.sampled_from([HOUR, DAY]))
def test_the_whole_units_and_the_ends_are_the_window_and_lie_side_by_side(window: Window, unit: timedelta) -> None:
    core, ends = split(window, unit)
    parts = sorted([*ends, *([core] if core else [])], key=lambda part: part.since)

    assert window.since == parts[0].since
    assert window.until == parts[-1].until
    assert all(left.until == right.since for left, right in pairwise(parts))


@given(WINDOWS, st.sampled_from([HOUR, DAY]))
def test_the_core_is_as_wide_as_whole_units_allow(window: Window, unit: timedelta) -> None:
    core, ends = split(window, unit)

    assert core is None or core == widened(core, unit)
    assert all(end.length < 2 * unit for end in ends) if core is None else all(end.length < unit for end in ends)


def test_a_window_on_whole_days_has_no_ends() -> None:
    days = Window(since=datetime(2026, 3, 28, tzinfo=UTC), until=datetime(2026, 3, 30, tzinfo=UTC))

    assert (days, []) == split(days, DAY)


def test_a_widened_window_holds_the_window() -> None:
    inside = Window(since=datetime(2026, 3, 28, 1, 30, tzinfo=UTC), until=datetime(2026, 3, 28, 2, tzinfo=UTC))

    assert timedelta(hours=1) == widened(inside, HOUR).length

"""Curves of keys, on both engines."""

from collections.abc import Callable

import pytest

from model.errors import UsageError
from model.window import Window
from store.events.reader import EventsReader
from store.queries.sparkline import by_key

COLUMNS = {"key_ref": "object", "series": "object"}


def test_points_of_a_day_add_up_and_null_and_unknown_are_left_out(
    reader: EventsReader, everything: Window, same: Callable[..., None]
) -> None:
    same([("fp:1:aaaa", [3, 2, 1]), ("fp:1:bbbb", [0, 4, 0])], COLUMNS, by_key(reader, everything, 3))


def test_points_shorter_than_an_hour_come_from_events(
    reader: EventsReader, window: Callable[[str, str], Window], same: Callable[..., None]
) -> None:
    short = window("2026-03-29T01:00", "2026-03-29T01:10")

    same([("fp:1:aaaa", [1, 0]), ("fp:1:bbbb", [0, 1])], COLUMNS, by_key(reader, short, 2))
    same([("fp:1:bbbb", [0, 1])], COLUMNS, by_key(reader, short, 2, key_refs=["fp:1:bbbb", "fp:1:9999"]))


def test_the_ends_of_a_ragged_window_are_exact(
    reader: EventsReader, window: Callable[[str, str], Window], same: Callable[..., None]
) -> None:
    ragged = window("2026-03-28T23:20", "2026-03-29T01:07")

    same([("fp:1:aaaa", [3]), ("fp:1:bbbb", [1])], COLUMNS, by_key(reader, ragged, 1))


def test_series_hold_whole_numbers(reader: EventsReader, everything: Window) -> None:
    assert {int} == {type(point) for series in by_key(reader, everything, 3)["series"] for point in series}


def test_nothing_is_an_empty_frame(
    reader: EventsReader,
    empty_reader: EventsReader,
    everything: Window,
    window: Callable[[str, str], Window],
    same: Callable[..., None],
) -> None:
    same([], COLUMNS, by_key(empty_reader, everything, 24))
    same([], COLUMNS, by_key(reader, window("2026-04-01", "2026-04-02"), 24))
    same([], COLUMNS, by_key(reader, window("2026-03-29T01:00", "2026-03-29T01:00"), 24))


def test_a_curve_of_no_points_is_refused(reader: EventsReader, everything: Window) -> None:
    with pytest.raises(UsageError, match="0 points"):
        by_key(reader, everything, 0)

"""Hours by weekday on the clocks of a zone, on both engines."""

from collections.abc import Callable

import pytest

from model.errors import UsageError
from model.window import Window
from store.events.reader import EventsReader
from store.queries.heat import hour_by_weekday

COLUMNS = {"weekday": "int64", "hour": "int64", "requests": "int64"}


def test_the_hour_that_clocks_leave_out_in_spring_stays_empty(
    reader: EventsReader, everything: Window, same: Callable[..., None]
) -> None:
    berlin = hour_by_weekday(reader, everything, zone="Europe/Berlin")

    same([(0, 2, 1), (5, 23, 1), (6, 0, 3), (6, 1, 2), (6, 3, 6), (6, 4, 2)], COLUMNS, berlin)


def test_a_zone_of_half_an_hour_is_counted_from_events(
    reader: EventsReader, everything: Window, same: Callable[..., None]
) -> None:
    kolkata = hour_by_weekday(reader, everything, zone="Asia/Kolkata")

    same([(0, 5, 1), (6, 4, 3), (6, 5, 1), (6, 6, 8), (6, 7, 1), (6, 8, 1)], COLUMNS, kolkata)


def test_one_key_in_a_ragged_window(
    reader: EventsReader, window: Callable[[str, str], Window], same: Callable[..., None]
) -> None:
    ragged = window("2026-03-29T00:30:00.000001", "2026-03-30T00:00:00.000001")
    frame = hour_by_weekday(reader, ragged, zone="UTC", key_refs=["fp:1:aaaa"])

    same([(0, 0, 1), (6, 1, 1)], COLUMNS, frame)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata"])
def test_nothing_is_an_empty_frame_with_its_dtypes(
    reader: EventsReader,
    empty_reader: EventsReader,
    window: Callable[[str, str], Window],
    same: Callable[..., None],
    zone: str,
) -> None:
    same([], COLUMNS, hour_by_weekday(empty_reader, window("2026-03-28", "2026-03-31"), zone=zone))
    same([], COLUMNS, hour_by_weekday(reader, window("2026-04-01T00:10", "2026-04-03"), zone=zone))


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", "", "UTC' OR 1=1 --"])
def test_a_zone_that_does_not_exist_is_refused(reader: EventsReader, everything: Window, zone: str) -> None:
    with pytest.raises(UsageError, match="is not a time zone"):
        hour_by_weekday(reader, everything, zone=zone)

"""Requests over time and totals, on both engines."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from model.errors import UsageError
from model.window import Window
from store.events.reader import EventsReader
from store.queries.traffic import over_time, totals

OVER_TIME = {"bucket": "datetime64[us, UTC]", "outcome": "object", "requests": "int64"}
COUNTS = ("requests", "successes", "unauthorized", "forbidden", "throttled", "errors", "bytes_out")
TOTALS = dict.fromkeys((*COUNTS, "keys", "addresses"), "int64")
HOUR = timedelta(hours=1)


def test_hours_are_summed_over_partial_rows(
    reader: EventsReader, window: Callable[[str, str], Window], same: Callable[..., None]
) -> None:
    frame = over_time(reader, window("2026-03-29T01:00", "2026-03-29T03:00"), bucket=HOUR)

    same(
        [
            ("2026-03-29T01:00Z", "forbidden", 1),
            ("2026-03-29T01:00Z", "ok", 1),
            ("2026-03-29T01:00Z", "unauthenticated", 4),
            ("2026-03-29T02:00Z", "client_error", 1),
            ("2026-03-29T02:00Z", "server_error", 1),
        ],
        OVER_TIME,
        frame,
    )


def test_a_ragged_window_counts_its_ends_to_the_microsecond(
    reader: EventsReader, window: Callable[[str, str], Window], same: Callable[..., None]
) -> None:
    ends = window("2026-03-28T22:59:59.999999", "2026-03-29T01:05:10.000001")

    same(
        [
            ("2026-03-28T00:00Z", "ok", 2),
            ("2026-03-28T00:00Z", "throttled", 1),
            ("2026-03-28T00:00Z", "unauthenticated", 1),
            ("2026-03-29T00:00Z", "forbidden", 1),
            ("2026-03-29T00:00Z", "ok", 1),
            ("2026-03-29T00:00Z", "unauthenticated", 2),
            ("2026-03-29T00:00Z", "unknown", 1),
        ],
        OVER_TIME,
        over_time(reader, ends, bucket=24 * HOUR),
    )


def test_until_is_excluded_and_since_is_included(
    reader: EventsReader, window: Callable[[str, str], Window], same: Callable[..., None]
) -> None:
    frame = over_time(reader, window("2026-03-29T00:45", "2026-03-29T01:00"), bucket=HOUR)

    same([("2026-03-29T00:00Z", "unknown", 1)], OVER_TIME, frame)


def test_buckets_shorter_than_an_hour_come_from_events(
    reader: EventsReader, window: Callable[[str, str], Window], same: Callable[..., None]
) -> None:
    frame = over_time(reader, window("2026-03-29T01:00", "2026-03-29T01:10"), bucket=timedelta(minutes=5))

    same(
        [
            ("2026-03-29T01:00Z", "forbidden", 1),
            ("2026-03-29T01:05Z", "ok", 1),
            ("2026-03-29T01:05Z", "unauthenticated", 4),
        ],
        OVER_TIME,
        frame,
    )


@pytest.mark.parametrize("minutes", [60, 30])
def test_folded_credentials_are_found_by_their_network_however_long_the_bucket(
    reader: EventsReader, window: Callable[[str, str], Window], same: Callable[..., None], minutes: int
) -> None:
    folded = ["unknown:198.51.100.0/24"]
    frame = over_time(
        reader, window("2026-03-29T00:00", "2026-03-29T01:05:30"), bucket=timedelta(minutes=minutes), key_refs=folded
    )

    same([("2026-03-29T01:00Z", "unauthenticated", 2)], OVER_TIME, frame)


@pytest.mark.parametrize("minutes", [60, 30])
def test_a_folded_credential_is_not_found_by_its_own_key_ref(
    reader: EventsReader, window: Callable[[str, str], Window], same: Callable[..., None], minutes: int
) -> None:
    ragged = window("2026-03-29T00:00", "2026-03-29T01:05:30")

    same([], OVER_TIME, over_time(reader, ragged, bucket=timedelta(minutes=minutes), key_refs=["fp:1:9999"]))


def test_no_key_refs_at_all_find_nothing(reader: EventsReader, everything: Window, same: Callable[..., None]) -> None:
    same([], OVER_TIME, over_time(reader, everything, bucket=HOUR, key_refs=[]))


def test_a_bucket_of_no_length_is_refused(reader: EventsReader, everything: Window) -> None:
    with pytest.raises(UsageError, match="holds no time"):
        over_time(reader, everything, bucket=timedelta(0))


def test_totals_count_keys_without_null_and_unknown_ones(
    reader: EventsReader, everything: Window, same: Callable[..., None]
) -> None:
    same([(15, 5, 5, 1, 1, 2, 598, 2, 5)], TOTALS, totals(reader, everything))


def test_totals_of_one_key_count_its_own_addresses(
    reader: EventsReader, window: Callable[[str, str], Window], same: Callable[..., None]
) -> None:
    ragged = window("2026-03-29T00:40", "2026-03-30T12:00")

    same([(4, 1, 0, 0, 0, 2, 57, 1, 2)], TOTALS, totals(reader, ragged, key_refs=["fp:1:bbbb"]))


def test_totals_of_an_empty_window_and_an_empty_store_are_one_row_of_zeros(
    reader: EventsReader,
    empty_reader: EventsReader,
    window: Callable[[str, str], Window],
    everything: Window,
    same: Callable[..., None],
) -> None:
    same([(0,) * 9], TOTALS, totals(reader, window("2026-04-01T00:30", "2026-04-02T00:30")))
    same([(0,) * 9], TOTALS, totals(reader, window("2026-03-29T01:00", "2026-03-29T01:00")))
    same([(0,) * 9], TOTALS, totals(empty_reader, everything))


def test_nothing_over_time_is_an_empty_frame_with_its_dtypes(
    reader: EventsReader,
    empty_reader: EventsReader,
    window: Callable[[str, str], Window],
    everything: Window,
    same: Callable[..., None],
) -> None:
    for minutes in (5, 60):
        bucket = timedelta(minutes=minutes)
        same([], OVER_TIME, over_time(empty_reader, everything, bucket=bucket))
        same([], OVER_TIME, over_time(reader, window("2026-04-01T00:10", "2026-04-03"), bucket=bucket))

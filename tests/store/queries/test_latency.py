"""Quantiles of durations, on both engines."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from model.errors import UsageError
from model.window import Window
from store.events.reader import EventsReader
from store.queries.latency import quantiles

COLUMNS = {"bucket": "datetime64[us, UTC]", "p50_ms": "float64", "p95_ms": "float64"}


def test_quantiles_lie_between_their_neighbours(
    reader: EventsReader, everything: Window, same: Callable[..., None]
) -> None:
    same(
        [
            ("2026-03-28T00:00Z", 15.0, 19.5),
            ("2026-03-29T00:00Z", 30.0, 88.0),
            ("2026-03-30T00:00Z", 1.0, 1.0),
        ],
        COLUMNS,
        quantiles(reader, everything, bucket=timedelta(days=1)),
    )


def test_requests_without_a_duration_do_not_count(
    reader: EventsReader, window: Callable[[str, str], Window], same: Callable[..., None]
) -> None:
    frame = quantiles(
        reader, window("2026-03-29T00:00", "2026-03-29T03:00"), bucket=timedelta(minutes=30), key_refs=["fp:1:bbbb"]
    )

    same(
        [
            ("2026-03-29T00:30Z", 5.0, 5.0),
            ("2026-03-29T01:00Z", 15.0, 15.0),
            ("2026-03-29T02:00Z", 100.0, 100.0),
        ],
        COLUMNS,
        frame,
    )


def test_nothing_is_an_empty_frame_with_its_dtypes(
    reader: EventsReader,
    empty_reader: EventsReader,
    everything: Window,
    window: Callable[[str, str], Window],
    same: Callable[..., None],
) -> None:
    hour = timedelta(hours=1)

    same([], COLUMNS, quantiles(empty_reader, everything, bucket=hour))
    same([], COLUMNS, quantiles(reader, window("2026-03-29T01:05", "2026-03-29T01:07"), bucket=hour))


def test_a_bucket_of_no_length_is_refused(reader: EventsReader, everything: Window) -> None:
    with pytest.raises(UsageError, match="holds no time"):
        quantiles(reader, everything, bucket=timedelta(0))

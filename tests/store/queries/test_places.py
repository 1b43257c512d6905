"""Requests over time from one address or network, on both engines."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from model.errors import UsageError
from model.window import Window
from store.events.reader import EventsReader
from store.queries.places import over_time_from
from store.queries.requests import latest
from store.queries.traffic import OVER_TIME

HOUR = timedelta(hours=1)


def test_what_came_from_an_address_is_counted_whatever_its_key(
    reader: EventsReader, everything: Window, same: Callable[..., None]
) -> None:
    same(
        [("2026-03-29T01:00Z", "ok", 1), ("2026-03-29T01:00Z", "unauthenticated", 3)],
        OVER_TIME,
        over_time_from(reader, everything, bucket=HOUR, ip="198.51.100.5"),
    )


def test_a_network_is_the_sum_of_its_addresses(
    reader: EventsReader, everything: Window, same: Callable[..., None]
) -> None:
    same(
        [("2026-03-29T01:00Z", "ok", 1), ("2026-03-29T01:00Z", "unauthenticated", 4)],
        OVER_TIME,
        over_time_from(reader, everything, bucket=HOUR, network="198.51.100.0/24"),
    )
    assert [11, 10, 9, 8, 7] == list(latest(reader, everything, network="198.51.100.0/24")["line"])


def test_of_a_place_that_nobody_came_from_nothing_is_counted(
    reader: EventsReader, empty_reader: EventsReader, everything: Window, same: Callable[..., None]
) -> None:
    same([], OVER_TIME, over_time_from(reader, everything, bucket=HOUR, ip="198.51.100.5", network="192.0.2.0/24"))
    same([], OVER_TIME, over_time_from(empty_reader, everything, bucket=HOUR))


def test_a_bucket_that_holds_no_time_is_refused(reader: EventsReader, everything: Window) -> None:
    with pytest.raises(UsageError, match="holds no time"):
        over_time_from(reader, everything, bucket=timedelta(0))

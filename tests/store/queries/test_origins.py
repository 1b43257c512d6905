"""Addresses, networks and clients of keys, on both engines."""

from collections.abc import Callable

import pytest

from model.window import Window
from store.events.reader import EventsReader
from store.queries.origins import Origin, origins_by_key

COLUMNS = {"key_ref": "object", "value": "object"}
A, B = "fp:1:aaaa", "fp:1:bbbb"


def test_each_address_of_a_key_is_told_once_and_null_and_unknown_are_left_out(
    reader: EventsReader, everything: Window, same: Callable[..., None]
) -> None:
    same(
        [(A, "192.0.2.1"), (A, "192.0.2.7"), (B, "192.0.2.1"), (B, "198.51.100.5")],
        COLUMNS,
        origins_by_key(reader, everything, "ip"),
    )


def test_networks_and_clients_are_told_likewise_and_a_request_without_a_client_has_none(
    reader: EventsReader, everything: Window, same: Callable[..., None]
) -> None:
    home, away = "192.0.2.0/24", "198.51.100.0/24"

    same([(A, home), (B, home), (B, away)], COLUMNS, origins_by_key(reader, everything, "network"))
    same([(A, "curl/8"), (B, "curl/8"), (B, "python")], COLUMNS, origins_by_key(reader, everything, "client"))


def test_whole_days_from_facets_and_ragged_ends_from_events_are_joined(
    reader: EventsReader, window: Callable[[str, str], Window], same: Callable[..., None]
) -> None:
    since_twenty = window("2026-03-28T23:20", "2026-03-30T00:00:00.000001")
    since_later = window("2026-03-28T23:20:00.000001", "2026-03-30T00:00:00.000001")
    shared = [(B, "192.0.2.1"), (B, "198.51.100.5")]

    same([(A, "192.0.2.1"), (A, "192.0.2.7"), *shared], COLUMNS, origins_by_key(reader, since_twenty, "ip"))
    same([(A, "192.0.2.1"), *shared], COLUMNS, origins_by_key(reader, since_later, "ip"))


def test_until_is_excluded_within_a_day_and_guesses_are_left_out_there_too(
    reader: EventsReader, window: Callable[[str, str], Window], same: Callable[..., None]
) -> None:
    within_a_day = window("2026-03-29T00:45", "2026-03-29T01:07")

    same([(A, "192.0.2.1"), (B, "192.0.2.1")], COLUMNS, origins_by_key(reader, within_a_day, "ip"))


@pytest.mark.parametrize("origin", ["ip", "network", "client"])
def test_nothing_is_an_empty_frame_with_its_dtypes(
    reader: EventsReader,
    empty_reader: EventsReader,
    everything: Window,
    window: Callable[[str, str], Window],
    same: Callable[..., None],
    origin: Origin,
) -> None:
    same([], COLUMNS, origins_by_key(empty_reader, everything, origin))
    same([], COLUMNS, origins_by_key(reader, window("2026-04-01T00:10", "2026-04-03"), origin))
    same([], COLUMNS, origins_by_key(reader, window("2026-03-29T01:00", "2026-03-29T01:00"), origin))

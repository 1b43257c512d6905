"""Usage by what only facets know of whole days, on both engines."""

from collections.abc import Callable

import pytest

from model.window import Window
from store.events.reader import EventsReader
from store.queries.breakdown import By, usage_by

COUNTS = ("requests", "successes", "unauthorized", "forbidden", "throttled", "errors", "bytes_out")
FOLDED = "unknown:198.51.100.0/24"


def columns(by: By) -> dict[str, str]:
    moment = "datetime64[us, UTC]"
    group = moment if by in ("hour", "day") else "object"
    return {by: group, **dict.fromkeys(COUNTS, "int64"), "first_seen": moment, "last_seen": moment}


def test_addresses_have_exact_times(reader: EventsReader, everything: Window, same: Callable[..., None]) -> None:
    same(
        [
            ("192.0.2.1", 8, 4, 0, 1, 0, 2, 518, "2026-03-28T22:59:59.999999Z", "2026-03-30T00:00Z"),
            ("198.51.100.5", 4, 1, 3, 0, 0, 0, 65, "2026-03-29T01:05Z", "2026-03-29T01:07Z"),
            ("192.0.2.7", 1, 0, 0, 0, 1, 0, 10, "2026-03-28T23:20Z", "2026-03-28T23:20Z"),
            ("198.51.100.6", 1, 0, 1, 0, 0, 0, 5, "2026-03-29T01:05:30Z", "2026-03-29T01:05:30Z"),
            ("203.0.113.9", 1, 0, 1, 0, 0, 0, 0, "2026-03-28T23:59Z", "2026-03-28T23:59Z"),
        ],
        columns("ip"),
        usage_by(reader, everything, by="ip"),
    )


@pytest.mark.parametrize("until", ["2026-03-31", "2026-03-30T00:00:00.000001"])
def test_routes_carry_their_method_from_facets_as_from_events(
    reader: EventsReader, window: Callable[[str, str], Window], same: Callable[..., None], until: str
) -> None:
    same(
        [
            ("GET /v1/agents", 10, 5, 4, 1, 0, 0, 581, "2026-03-28T22:59:59.999999Z", "2026-03-30T00:00Z"),
            ("/v1/x", 1, 0, 0, 0, 0, 1, 7, "2026-03-29T02:30Z", "2026-03-29T02:30Z"),
            ("GET /", 1, 0, 1, 0, 0, 0, 0, "2026-03-28T23:59Z", "2026-03-28T23:59Z"),
            ("GET /v1/x", 1, 0, 0, 0, 0, 0, 0, "2026-03-29T00:45Z", "2026-03-29T00:45Z"),
            ("POST /v1/agents", 1, 0, 0, 0, 1, 0, 10, "2026-03-28T23:20Z", "2026-03-28T23:20Z"),
        ],
        columns("route"),
        usage_by(reader, window("2026-03-28T00:00:00", until), by="route"),
    )


def test_networks_of_a_ragged_window_join_facets_and_events(
    reader: EventsReader, window: Callable[[str, str], Window], same: Callable[..., None]
) -> None:
    same(
        [
            ("192.0.2.0/24", 7, 2, 0, 1, 1, 2, 328, "2026-03-28T23:20Z", "2026-03-30T00:00Z"),
            ("198.51.100.0/24", 5, 1, 4, 0, 0, 0, 70, "2026-03-29T01:05Z", "2026-03-29T01:07Z"),
            ("203.0.113.0/24", 1, 0, 1, 0, 0, 0, 0, "2026-03-28T23:59Z", "2026-03-28T23:59Z"),
        ],
        columns("network"),
        usage_by(reader, window("2026-03-28T23:20", "2026-03-30T00:00:00.000001"), by="network"),
    )


def test_clients_of_one_key_within_a_day(
    reader: EventsReader, window: Callable[[str, str], Window], same: Callable[..., None]
) -> None:
    same(
        [
            ("python", 2, 0, 0, 0, 0, 1, 7, "2026-03-29T00:45Z", "2026-03-29T02:30Z"),
            ("curl/8", 1, 1, 0, 0, 0, 0, 50, "2026-03-29T01:07Z", "2026-03-29T01:07Z"),
        ],
        columns("client"),
        usage_by(reader, window("2026-03-29T00:45", "2026-03-29T12:00"), by="client", key_refs=["fp:1:bbbb"]),
    )

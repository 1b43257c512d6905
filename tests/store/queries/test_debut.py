"""What is new in a window, on both engines."""

from collections.abc import Callable

import pytest

from model.window import Window
from store.events.reader import EventsReader
from store.queries.debut import DEBUTS, PLACES, debuts, places

MakeWindow = Callable[[str, str], Window]
B = "fp:1:bbbb"


def test_what_was_there_before_is_not_new(reader: EventsReader, window: MakeWindow, same: Callable[..., None]) -> None:
    frame = debuts(
        reader,
        window("2026-03-29T01:00", "2026-03-30"),
        window("2026-03-28", "2026-03-29T01:00"),
        kinds=("ip", "route", "client"),
        key_refs=[B],
        limit=5,
    )

    same(
        [
            ("ip", "198.51.100.5", "2026-03-29T01:07Z", 1),
            ("route", "/v1/x", "2026-03-29T02:30Z", 1),
            ("route", "GET /v1/agents", "2026-03-29T01:07Z", 1),
            ("client", "curl/8", "2026-03-29T01:07Z", 1),
        ],
        DEBUTS,
        frame,
    )


def test_the_newest_of_a_kind_come_first_and_no_more_than_asked_for(
    reader: EventsReader, window: MakeWindow, everything: Window
) -> None:
    frame = debuts(reader, everything, window("2026-03-27", "2026-03-28"), kinds=("route",), key_refs=[B], limit=1)

    assert ["/v1/x"] == list(frame["value"])


def test_nothing_is_an_empty_frame_with_its_dtypes(
    empty_reader: EventsReader, window: MakeWindow, everything: Window, same: Callable[..., None]
) -> None:
    before = window("2026-03-27", "2026-03-28")

    same([], DEBUTS, debuts(empty_reader, everything, before, kinds=("ip",), key_refs=[B], limit=3))
    same([], DEBUTS, debuts(empty_reader, everything, before, kinds=(), key_refs=[B], limit=3))
    same([], PLACES, places(empty_reader, everything, ["192.0.2.1"], key_refs=[B]))


@pytest.mark.parametrize("ips", [["192.0.2.1", "203.0.113.9"]])
def test_an_address_has_its_network_where_the_key_was_used_from_it(
    reader: EventsReader, everything: Window, same: Callable[..., None], ips: list[str]
) -> None:
    same([("192.0.2.1", "192.0.2.0/24", None, None)], PLACES, places(reader, everything, ips, key_refs=[B]))

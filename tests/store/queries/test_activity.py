"""Last use, on both engines."""

from collections.abc import Callable
from typing import Any

from model.window import Window
from store.events.reader import EventsReader
from store.queries.activity import last_use

MOMENTS = dict.fromkeys(("first_seen", "last_seen", "last_success"), "datetime64[us, UTC]")
COUNTS = ("requests", "successes", "unauthorized", "forbidden", "throttled", "errors", "bytes_out")
COLUMNS = {"key_ref": "object", **MOMENTS, **dict.fromkeys(COUNTS, "int64")}


def test_times_are_exact_and_null_and_unknown_are_left_out(
    reader: EventsReader, everything: Window, same: Callable[..., None]
) -> None:
    a = ("2026-03-28T22:59:59.999999Z", "2026-03-30T00:00Z", "2026-03-30T00:00Z")
    b = ("2026-03-29T00:45Z", "2026-03-29T02:30Z", "2026-03-29T01:07Z")

    same(
        [("fp:1:aaaa", *a, 6, 4, 0, 1, 1, 0, 521), ("fp:1:bbbb", *b, 4, 1, 0, 0, 0, 2, 57)],
        COLUMNS,
        last_use(reader, everything),
    )


def test_a_key_that_only_failed_has_no_last_success(
    reader: EventsReader, window: Callable[[str, str], Window], same: Callable[..., None]
) -> None:
    a = ("2026-03-29T01:00Z", "2026-03-29T01:00Z", None)

    same(
        [("fp:1:aaaa", *a, 1, 0, 0, 1, 0, 0, 10)],
        COLUMNS,
        last_use(reader, window("2026-03-29T00:50", "2026-03-29T01:06:30")),
    )


def test_a_request_without_a_route_is_seen_in_its_hour(
    load: Callable[..., EventsReader],
    event: Callable[..., dict[str, Any]],
    everything: Window,
    same: Callable[..., None],
) -> None:
    quiet = ("2026-03-28T10:20Z", "fp:1:aaaa", "192.0.2.1", None, None, None, 200, "ok", None, None, None)
    routed = ("2026-03-28T12:20Z", "fp:1:aaaa", "192.0.2.1", "GET", "/", None, 200, "ok", None, None, None)
    reader = load([event(0, quiet), event(2, routed), event(4, ("2026-03-28T15:59Z", *quiet[1:]))])

    same(
        [("fp:1:aaaa", "2026-03-28T10:00Z", "2026-03-28T15:00Z", "2026-03-28T15:00Z", 3, 3, 0, 0, 0, 0, 0)],
        COLUMNS,
        last_use(reader, everything),
    )


def test_nothing_is_an_empty_frame_with_its_dtypes(
    reader: EventsReader,
    empty_reader: EventsReader,
    everything: Window,
    window: Callable[[str, str], Window],
    same: Callable[..., None],
) -> None:
    same([], COLUMNS, last_use(empty_reader, everything))
    same([], COLUMNS, last_use(reader, window("2026-04-01T00:10", "2026-04-02")))

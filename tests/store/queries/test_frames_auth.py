"""The frame of failures to authenticate, on both engines."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from model.window import Window
from store.events.reader import EventsReader
from store.queries.frame_columns import EMPTY
from store.queries.frames import event_frame

MOMENT = "datetime64[us, UTC]"
SEEN = {"first_seen": MOMENT, "last_seen": MOMENT}
NOW, DAY = timedelta(0), timedelta(days=1)
GUESSED, OTHER = ("198.51.100.5", "198.51.100.0/24"), ("198.51.100.6", "198.51.100.0/24")


def counted(*names: str) -> dict[str, str]:
    return dict.fromkeys(("requests", "ok", *names), "int64")


def test_auth_minutes_hold_all_minutes_of_subjects_that_failed_three_times_in_the_span(
    reader: EventsReader, window: Callable[[str, str], Window], same: Callable[..., None]
) -> None:
    failures = counted("unauthenticated", "forbidden", "throttled")
    columns = {"minute": MOMENT, "key_ref": "object", "ip": "object", "network": "object", **failures, **SEEN}
    judged = window("2026-03-29T01:05", "2026-03-29T01:10")

    first, last = "2026-03-29T01:05Z", "2026-03-29T01:05:10Z"
    six, seven, half = "2026-03-29T01:06Z", "2026-03-29T01:07Z", "2026-03-29T01:05:30Z"
    same(
        [
            (first, "fp:1:8888", *OTHER, 1, 0, 1, 0, 0, half, half),
            (first, "fp:1:9999", *GUESSED, 2, 0, 2, 0, 0, first, last),
            (six, "fp:1:9999", *GUESSED, 1, 0, 1, 0, 0, six, six),
            (seven, "fp:1:bbbb", *GUESSED, 1, 1, 0, 0, 0, seven, seven),
        ],
        columns,
        event_frame("auth_minutes", reader, judged, timedelta(hours=4)),
    )


def test_auth_minutes_without_three_failures_are_empty(
    reader: EventsReader, window: Callable[[str, str], Window], same: Callable[..., None]
) -> None:
    judged = window("2026-03-29T01:05", "2026-03-29T01:05:30")

    same([], EMPTY["auth_minutes"], event_frame("auth_minutes", reader, judged, timedelta(hours=4)))


def test_failures_without_a_credential_count_for_their_address(
    load: Callable[..., EventsReader], event: Callable[..., dict[str, Any]], window: Callable[[str, str], Window]
) -> None:
    bare = (None, "203.0.113.9", "GET", "/", None, 401, "unauthenticated", None, None, None)
    reader = load([event(line, (f"2026-03-29T01:0{line}:00Z", *bare)) for line in range(3)])
    frame = event_frame("auth_minutes", reader, window("2026-03-29", "2026-03-30"), NOW)

    assert list(frame["key_ref"]) == [None, None, None]
    assert list(frame["unauthenticated"]) == [1, 1, 1]


def test_failures_from_everywhere_count_for_their_key(
    load: Callable[..., EventsReader], event: Callable[..., dict[str, Any]], window: Callable[[str, str], Window]
) -> None:
    revoked = ("GET", "/", None, 403, "forbidden", None, None, None)
    moved = [(f"2026-03-29T01:0{line}:00Z", "fp:1:aaaa", f"192.0.{line}.1", *revoked) for line in range(3)]
    reader = load([event(line, short) for line, short in enumerate(moved)])
    frame = event_frame("auth_minutes", reader, window("2026-03-29", "2026-03-30"), NOW)

    assert list(frame["ip"]) == ["192.0.0.1", "192.0.1.1", "192.0.2.1"]

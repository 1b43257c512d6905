"""The detectors' frames, on both engines."""

from collections.abc import Callable
from datetime import timedelta

import pandas as pd
import pytest

from model.errors import DetectorError
from model.window import Window
from store.events.reader import EventsReader
from store.queries.frame_columns import EMPTY, empty_frame
from store.queries.frames import FRAMES, event_frame

MOMENT = "datetime64[us, UTC]"
SEEN = {"first_seen": MOMENT, "last_seen": MOMENT}
NOW, DAY = timedelta(0), timedelta(days=1)
GUESSED, OTHER = ("198.51.100.5", "198.51.100.0/24"), ("198.51.100.6", "198.51.100.0/24")


def counted(*names: str) -> dict[str, str]:
    return dict.fromkeys(("requests", "ok", *names), "int64")


def test_key_hours_end_with_the_window_and_leave_null_and_unknown_out(
    reader: EventsReader, window: Callable[[str, str], Window], same: Callable[..., None]
) -> None:
    classes = counted("unauthenticated", "forbidden", "throttled", "client_error", "server_error")
    columns = {"hour": MOMENT, "key_ref": "object", **classes, "bytes_out": "int64"}
    judged = window("2026-03-29T01:00", "2026-03-29T01:05:10.000001")

    same(
        [
            ("2026-03-29T00:00Z", "fp:1:aaaa", 1, 1, 0, 0, 0, 0, 0, 300),
            ("2026-03-29T00:00Z", "fp:1:bbbb", 1, 0, 0, 0, 0, 0, 0, 0),
            ("2026-03-29T01:00Z", "fp:1:aaaa", 1, 0, 0, 1, 0, 0, 0, 10),
        ],
        columns,
        event_frame("key_hours", reader, judged, timedelta(hours=1)),
    )


def test_origin_hours_name_every_place_a_key_was_used_from_and_no_guess(
    reader: EventsReader, window: Callable[[str, str], Window], same: Callable[..., None]
) -> None:
    places = dict.fromkeys(("key_ref", "ip", "network", "asn", "country", "client"), "object")
    columns = {"hour": MOMENT, **places, **counted("unauthenticated", "forbidden"), **SEEN}
    one, seven = "2026-03-29T01:00Z", "2026-03-29T01:07Z"

    same(
        [
            (one, "fp:1:aaaa", "192.0.2.1", "192.0.2.0/24", None, None, "curl/8", 1, 0, 0, 1, one, one),
            (one, "fp:1:bbbb", *GUESSED, None, None, "curl/8", 1, 1, 0, 0, seven, seven),
        ],
        columns,
        event_frame("origin_hours", reader, window("2026-03-29T01:00", "2026-03-29T02:00"), NOW),
    )


def test_network_days_reach_back_over_the_lookback(
    reader: EventsReader, window: Callable[[str, str], Window], same: Callable[..., None]
) -> None:
    columns = {"day": MOMENT, "key_ref": "object", "network": "object", **counted(), **SEEN}
    home, seven = "192.0.2.0/24", "2026-03-29T01:07Z"

    same(
        [
            ("2026-03-28T00:00Z", "fp:1:aaaa", home, 3, 2, "2026-03-28T22:59:59.999999Z", "2026-03-28T23:20Z"),
            ("2026-03-29T00:00Z", "fp:1:aaaa", home, 2, 1, "2026-03-29T00:30Z", "2026-03-29T01:00Z"),
            ("2026-03-29T00:00Z", "fp:1:bbbb", home, 3, 0, "2026-03-29T00:45Z", "2026-03-29T02:30Z"),
            ("2026-03-29T00:00Z", "fp:1:bbbb", "198.51.100.0/24", 1, 1, seven, seven),
        ],
        columns,
        event_frame("network_days", reader, window("2026-03-29", "2026-03-30"), DAY),
    )


def test_client_days_of_an_unfinished_day_hold_what_came_before_its_end(
    reader: EventsReader, window: Callable[[str, str], Window], same: Callable[..., None]
) -> None:
    columns = {"day": MOMENT, "key_ref": "object", "client": "object", **counted(), **SEEN}
    before = "2026-03-29T00:45Z"

    same(
        [
            ("2026-03-28T00:00Z", "fp:1:aaaa", "curl/8", 3, 2, "2026-03-28T22:59:59.999999Z", "2026-03-28T23:20Z"),
            ("2026-03-29T00:00Z", "fp:1:aaaa", "curl/8", 2, 1, "2026-03-29T00:30Z", "2026-03-29T01:00Z"),
            ("2026-03-29T00:00Z", "fp:1:bbbb", "python", 1, 0, before, before),
        ],
        columns,
        event_frame("client_days", reader, window("2026-03-29", "2026-03-29T01:05"), DAY),
    )


def test_refused_minutes_name_the_refused_calls_of_keys_that_are_refused_often(
    reader: EventsReader,
    window: Callable[[str, str], Window],
    same: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("store.queries.frames.OFTEN", 3)
    columns = {"minute": MOMENT, **dict.fromkeys(("key_ref", "method", "route", "outcome"), "object")}
    call = ("fp:1:9999", "GET", "/v1/agents", "unauthenticated")

    same(
        [("2026-03-29T01:05Z", *call, 2), ("2026-03-29T01:06Z", *call, 1)],
        {**columns, "requests": "int64"},
        event_frame("refused_minutes", reader, window("2026-03-29T01:00", "2026-03-29T02:00"), timedelta(hours=1)),
    )


def test_refused_minutes_count_other_calls_without_their_routes(
    reader: EventsReader, everything: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.queries.frames.OFTEN", 1)

    frame = event_frame("refused_minutes", reader, everything, NOW)

    of_b = frame[frame["key_ref"] == "fp:1:bbbb"]
    assert [(None, "ok"), (None, "ok"), (None, "ok"), ("/v1/x", "client_error")] == list(
        of_b[["route", "outcome"]].itertuples(index=False, name=None)
    )


@pytest.mark.parametrize("name", FRAMES)
def test_nothing_is_an_empty_frame_with_its_dtypes(
    reader: EventsReader,
    empty_reader: EventsReader,
    everything: Window,
    window: Callable[[str, str], Window],
    name: str,
) -> None:
    later = window("2026-05-01T00:10", "2026-05-02T00:10")

    pd.testing.assert_frame_equal(empty_frame(name), event_frame(name, empty_reader, everything, DAY))
    pd.testing.assert_frame_equal(empty_frame(name), event_frame(name, reader, later, DAY))


def test_every_frame_has_its_columns_declared() -> None:
    asked_with_more = {"attacked_days"}
    assert set(EMPTY) == set(FRAMES) | asked_with_more


def test_an_unheard_of_frame_is_refused(reader: EventsReader, everything: Window) -> None:
    with pytest.raises(DetectorError, match="No frame of events is called 'moon_phases'"):
        event_frame("moon_phases", reader, everything, NOW)

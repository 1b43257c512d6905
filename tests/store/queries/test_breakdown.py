"""Usage by each thing, on both engines."""

from collections.abc import Callable
from datetime import UTC
from typing import Any

import pytest

from model.errors import UsageError
from model.window import Window
from store.events.reader import EventsReader
from store.queries.breakdown import BY, By, usage_by, usage_rows

COUNTS = ("requests", "successes", "unauthorized", "forbidden", "throttled", "errors", "bytes_out")
FOLDED = "unknown:198.51.100.0/24"


def columns(by: By) -> dict[str, str]:
    moment = "datetime64[us, UTC]"
    group = moment if by in ("hour", "day") else "object"
    return {by: group, **dict.fromkeys(COUNTS, "int64"), "first_seen": moment, "last_seen": moment}


def test_status_is_the_outcome(reader: EventsReader, everything: Window, same: Callable[..., None]) -> None:
    same(
        [
            ("ok", 5, 5, 0, 0, 0, 0, 551, "2026-03-28T22:00Z", "2026-03-30T00:00Z"),
            ("unauthenticated", 5, 0, 5, 0, 0, 0, 20, "2026-03-28T23:00Z", "2026-03-29T01:00Z"),
            ("client_error", 1, 0, 0, 0, 0, 1, 7, "2026-03-29T02:00Z", "2026-03-29T02:00Z"),
            ("forbidden", 1, 0, 0, 1, 0, 0, 10, "2026-03-29T01:00Z", "2026-03-29T01:00Z"),
            ("server_error", 1, 0, 0, 0, 0, 1, 0, "2026-03-29T02:00Z", "2026-03-29T02:00Z"),
            ("throttled", 1, 0, 0, 0, 1, 0, 10, "2026-03-28T23:00Z", "2026-03-28T23:00Z"),
            ("unknown", 1, 0, 0, 0, 0, 0, 0, "2026-03-29T00:00Z", "2026-03-29T00:00Z"),
        ],
        columns("status"),
        usage_by(reader, everything, by="status"),
    )


def test_keys_keep_the_requests_without_one_and_the_unknown_ones_apart(
    reader: EventsReader, everything: Window, same: Callable[..., None]
) -> None:
    same(
        [
            ("fp:1:aaaa", 6, 4, 0, 1, 1, 0, 521, "2026-03-28T22:00Z", "2026-03-30T00:00Z"),
            ("fp:1:bbbb", 4, 1, 0, 0, 0, 2, 57, "2026-03-29T00:00Z", "2026-03-29T02:00Z"),
            (FOLDED, 4, 0, 4, 0, 0, 0, 20, "2026-03-29T01:00Z", "2026-03-29T01:00Z"),
            (None, 1, 0, 1, 0, 0, 0, 0, "2026-03-28T23:00Z", "2026-03-28T23:00Z"),
        ],
        columns("key"),
        usage_by(reader, everything, by="key"),
    )


def test_a_limit_keeps_the_busiest(reader: EventsReader, everything: Window) -> None:
    frame = usage_by(reader, everything, by="key", limit=2)

    assert list(frame["key"]) == ["fp:1:aaaa", "fp:1:bbbb"]


def test_unknown_credentials_are_folded_at_the_ragged_ends_too(
    reader: EventsReader, window: Callable[[str, str], Window], same: Callable[..., None]
) -> None:
    same(
        [(FOLDED, 3, 0, 3, 0, 0, 0, 15, "2026-03-29T01:05:10Z", "2026-03-29T01:06Z")],
        columns("key"),
        usage_by(reader, window("2026-03-29T01:05:05", "2026-03-29T01:06:30"), by="key"),
    )


def test_hours_of_a_ragged_window(
    reader: EventsReader, window: Callable[[str, str], Window], same: Callable[..., None]
) -> None:
    same(
        [
            ("2026-03-28T22:00Z", 1, 1, 0, 0, 0, 0, 100, "2026-03-28T22:59:59.999999Z", "2026-03-28T22:59:59.999999Z"),
            ("2026-03-28T23:00Z", 3, 1, 1, 0, 1, 0, 110, "2026-03-28T23:00Z", "2026-03-28T23:00Z"),
        ],
        columns("hour"),
        usage_by(reader, window("2026-03-28T22:30", "2026-03-29T00:30"), by="hour"),
    )


def test_days_are_in_order_of_time(reader: EventsReader, everything: Window, same: Callable[..., None]) -> None:
    same(
        [
            ("2026-03-28T00:00Z", 4, 2, 1, 0, 1, 0, 210, "2026-03-28T22:00Z", "2026-03-28T23:00Z"),
            ("2026-03-29T00:00Z", 10, 2, 4, 1, 0, 2, 387, "2026-03-29T00:00Z", "2026-03-29T02:00Z"),
        ],
        columns("day"),
        usage_by(reader, everything, by="day", limit=2),
    )


def test_hosts_have_a_row_for_requests_without_one(
    reader: EventsReader, everything: Window, same: Callable[..., None]
) -> None:
    same(
        [
            ("api", 14, 5, 4, 1, 1, 2, 598, "2026-03-28T22:00Z", "2026-03-30T00:00Z"),
            (None, 1, 0, 1, 0, 0, 0, 0, "2026-03-28T23:00Z", "2026-03-28T23:00Z"),
        ],
        columns("host"),
        usage_by(reader, everything, by="host"),
    )


@pytest.mark.parametrize("by", BY)
def test_rows_without_pandas_are_those_of_the_frame(
    reader: EventsReader, window: Callable[[str, str], Window], by: By
) -> None:
    ragged = window("2026-03-28T22:30", "2026-03-30T00:30")
    frame = usage_by(reader, ragged, by=by)
    rows = usage_rows(reader, ragged, by=by)

    assert rows
    assert frame.to_dict("records") == rows
    assert {int} == {type(row[name]) for row in rows for name in COUNTS}
    assert {UTC} == {row["first_seen"].tzinfo for row in rows}


@pytest.mark.parametrize("by", BY)
def test_nothing_is_an_empty_frame_with_its_dtypes(
    reader: EventsReader,
    empty_reader: EventsReader,
    window: Callable[[str, str], Window],
    same: Callable[..., None],
    by: By,
) -> None:
    same([], columns(by), usage_by(empty_reader, window("2026-03-28", "2026-03-31"), by=by))
    same([], columns(by), usage_by(reader, window("2026-03-29T01:00", "2026-03-29T01:00"), by=by))
    same([], columns(by), usage_by(reader, window("2026-03-28", "2026-03-31"), by=by, key_refs=["id:nobody"], limit=3))


def test_bytes_are_whole_numbers_beyond_what_a_float_holds(
    load: Callable[..., EventsReader], event: Callable[..., dict[str, Any]], everything: Window
) -> None:
    huge = 2**53 + 1
    served = ("2026-03-28T10:20Z", "fp:1:aaaa", "192.0.2.1", "GET", "/", "api", 200, "ok", huge, None, None)
    silent = ("2026-03-28T10:20Z", "fp:1:bbbb", "192.0.2.1", "GET", "/", "api", 200, "ok", None, None, None)
    frame = usage_by(load([event(0, served), event(1, silent)]), everything, by="key")

    assert [huge, 0] == list(frame["bytes_out"])


def test_an_unheard_of_thing_is_refused(reader: EventsReader, everything: Window) -> None:
    with pytest.raises(UsageError, match="cannot be broken down by 'colour'"):
        usage_by(reader, everything, by="colour")  # type: ignore[arg-type]

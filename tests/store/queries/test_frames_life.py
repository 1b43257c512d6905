"""The frames of a key's life, on both engines."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from model.window import Window
from store.events.reader import EventsReader
from store.queries.frame_columns import EMPTY
from store.queries.frames import event_frame
from store.queries.life_frames import MOST_KEYS

NOW, DAY = timedelta(0), timedelta(days=1)
A, B, GUESS = "fp:1:aaaa", "fp:1:bbbb", "fp:1:9999"
MARCH = Window(since=datetime(2026, 3, 29, tzinfo=UTC), until=datetime(2026, 3, 30, tzinfo=UTC))
HALF = Window(since=datetime(2026, 3, 29, tzinfo=UTC), until=datetime(2026, 3, 29, 1, 30, tzinfo=UTC))

Stored = Callable[[list[dict[str, Any]]], EventsReader]
Event = Callable[..., dict[str, Any]]


@pytest.fixture
def call(event: Event) -> Callable[..., dict[str, Any]]:
    """An event on 29 March at `time`, of key A from 192.0.2.1 that succeeded, but for what is given."""

    def made(time: str, **facts: Any) -> dict[str, Any]:  # noqa: ANN401 (any column)
        ip = facts.get("ip", "192.0.2.1")
        short = (f"2026-03-29T{time}Z", A, ip, "GET", "/v1/x", "api", 200, "ok", 1, 1.0, "curl/8")
        row = event(made.line, short)  # type: ignore[attr-defined]
        made.line += 1  # type: ignore[attr-defined]
        return {**row, **facts}

    made.line = 0  # type: ignore[attr-defined]
    return made


def test_host_hours_are_exact_where_an_hour_is_cut(stored: Stored, call: Event, same: Callable[..., None]) -> None:
    calls = [
        call("00:10:00", host="api"),
        call("00:20:00", host="api", outcome="unauthenticated"),
        call("00:25:00", host="api", outcome="forbidden"),
        call("00:30:00", host="dev"),
        call("00:40:00", host=None),
        call("01:10:00", host="dev", key_ref=B),
        call("01:20:00", host="dev", key_ref=GUESS, outcome="unauthenticated"),
        call("01:40:00", host="dev", key_ref=B),
    ]

    same(
        [
            ("2026-03-29T00:00Z", A, "api", 3, 1, 1, "2026-03-29T00:00Z", "2026-03-29T00:00Z"),
            ("2026-03-29T00:00Z", A, "dev", 1, 1, 0, "2026-03-29T00:00Z", "2026-03-29T00:00Z"),
            ("2026-03-29T01:00Z", B, "dev", 1, 1, 0, "2026-03-29T01:10Z", "2026-03-29T01:10Z"),
        ],
        EMPTY["host_hours"],
        event_frame("host_hours", stored(calls), HALF, NOW),
    )


def test_host_days_name_the_hosts_of_each_key(stored: Stored, call: Event, same: Callable[..., None]) -> None:
    calls = [call("00:10:00"), call("03:20:00"), call("04:00:00", host="dev", key_ref=B, outcome="forbidden")]

    same(
        [
            ("2026-03-29T00:00Z", A, "api", 2, 2, "2026-03-29T00:10Z", "2026-03-29T03:20Z"),
            ("2026-03-29T00:00Z", B, "dev", 1, 0, "2026-03-29T04:00Z", "2026-03-29T04:00Z"),
        ],
        EMPTY["host_days"],
        event_frame("host_days", stored(calls), MARCH, DAY),
    )


def test_keys_that_never_rested_have_no_days_of_rest(stored: Stored, call: Event, same: Callable[..., None]) -> None:
    def daily(key_ref: str, days: list[int]) -> list[dict[str, Any]]:
        noon = datetime(2026, 3, 28, 12, tzinfo=UTC)
        return [call("00:00:00", key_ref=key_ref, ts=noon - timedelta(days=day)) for day in days]

    reader = stored([*daily(A, list(range(40))), *daily(B, [0, 35])])

    noons = ("2026-02-21T12:00Z", "2026-03-28T12:00Z")
    days = ("2026-02-21T00:00Z", "2026-03-28T00:00Z")
    same(
        [(day, B, 1, 1, noon, noon) for day, noon in zip(days, noons, strict=True)],
        EMPTY["key_days"],
        event_frame("key_days", reader, MARCH, timedelta(days=39)),
    )
    same(
        [(day, B, "192.0.2.0/24", 1, 1, noon, noon) for day, noon in zip(days, noons, strict=True)],
        EMPTY["rested_networks"],
        event_frame("rested_networks", reader, MARCH, timedelta(days=39)),
    )
    assert {A, B} == set(event_frame("key_days", reader, MARCH, timedelta(days=20))["key_ref"])


def test_flagged_hours_hold_keys_in_urls_and_no_guesses(stored: Stored, call: Event, same: Callable[..., None]) -> None:
    calls = [
        call("00:05:00"),
        call("00:10:00", flags="key_in_url"),
        call("00:20:00", flags="key_in_url,key_in_referer"),
        call("00:30:00", flags="key_in_url", outcome="client_error"),
        call("00:40:00", flags="key_in_url", outcome="unauthenticated"),
        call("01:10:00", flags="key_in_url", key_ref=GUESS, outcome="client_error"),
        call("01:20:00", flags="key_in_url", key_ref=None),
    ]
    place = ("2026-03-29T00:00Z", A, "edge", "192.0.2.1", "/v1/x")

    same(
        [
            (*place, "key_in_referer", 1, 1, "2026-03-29T00:20Z", "2026-03-29T00:20Z"),
            (*place, "key_in_url", 3, 2, "2026-03-29T00:10Z", "2026-03-29T00:30Z"),
        ],
        EMPTY["flagged_hours"],
        event_frame("flagged_hours", stored(calls), MARCH, NOW),
    )


def test_a_known_key_in_a_referer_is_flagged_whatever_the_answer(
    stored: Stored, call: Event, same: Callable[..., None]
) -> None:
    refused = {"outcome": "unauthenticated"}
    calls = [
        call("00:10:00", flags="key_in_referer", **refused),
        call("00:20:00", flags="key_in_referer", key_ref=GUESS, **refused),
        call("00:30:00", flags=f"key_in_referer:{B}", key_ref=None, **refused),
        call("00:40:00", flags=f"key_in_referer:{B}", key_ref=None),
        call("00:50:00", flags=f"key_in_referer:{GUESS}", key_ref=None),
        call("00:55:00", flags=f"key_in_referer:{B}", **refused),
        call("00:56:00", key_ref=None, **refused),
    ]
    place = ("edge", "192.0.2.1", "/v1/x", "key_in_referer")

    same(
        [
            ("2026-03-29T00:00Z", A, *place, 2, 0, "2026-03-29T00:10Z", "2026-03-29T00:55Z"),
            ("2026-03-29T00:00Z", B, *place, 2, 1, "2026-03-29T00:30Z", "2026-03-29T00:40Z"),
        ],
        EMPTY["flagged_hours"],
        event_frame("flagged_hours", stored(calls), MARCH, NOW),
    )


def test_carrier_hours_count_the_keys_of_hours_with_one_in_a_url(
    stored: Stored, call: Event, same: Callable[..., None]
) -> None:
    calls = [
        call("00:10:00", flags="key_in_url"),
        call("00:20:00"),
        call("00:30:00", key_ref=B),
        call("00:40:00", key_ref=GUESS, outcome="unauthenticated", flags="key_in_url"),
        call("01:00:00", key_ref=B),
    ]

    same(
        [("2026-03-29T00:00Z", "edge", 2, 1)],
        EMPTY["carrier_hours"],
        event_frame("carrier_hours", stored(calls), MARCH, NOW),
    )


def test_scanner_hours_name_the_tool_with_a_key_or_without(
    stored: Stored, call: Event, same: Callable[..., None]
) -> None:
    calls = [
        call("00:10:00", user_agent="TruffleHog/3"),
        call("00:20:00", user_agent="TruffleHog/3", outcome="unauthenticated"),
        call("00:30:00", user_agent="sqlmap/1.8#stable", key_ref=None, outcome="forbidden"),
        call("00:40:00", user_agent="curl/8"),
        call("00:50:00", user_agent=None),
    ]
    place, ten, half = ("192.0.2.1", "192.0.2.0/24"), "2026-03-29T00:10Z", "2026-03-29T00:30Z"

    same(
        [
            ("2026-03-29T00:00Z", A, *place, "trufflehog", 2, 1, 1, 0, ten, "2026-03-29T00:20Z"),
            ("2026-03-29T00:00Z", None, *place, "sqlmap", 1, 0, 0, 1, half, half),
        ],
        EMPTY["scanner_hours"],
        event_frame("scanner_hours", stored(calls), MARCH, NOW),
    )


def test_a_tool_that_guesses_is_few_rows_and_the_key_that_worked_is_among_them(stored: Stored, call: Event) -> None:
    tool = {"user_agent": "ffuf/2"}
    guesses = [call("00:10:00", key_ref=f"fp:1:{n:04}", outcome="unauthenticated", **tool) for n in range(MOST_KEYS)]
    reader = stored([*guesses, call("00:20:00", key_ref="fp:1:zzzz", **tool)])

    frame = event_frame("scanner_hours", reader, MARCH, NOW)

    assert MOST_KEYS == len(frame)
    assert ["fp:1:zzzz"] == list(frame.loc[frame["ok"] > 0, "key_ref"])


@pytest.mark.parametrize("frame", ["network_days", "client_days", "route_days", "host_days", "rested_networks"])
def test_a_day_that_is_cut_after_the_newest_event_is_the_whole_day(reader: EventsReader, frame: str) -> None:
    """What facets hold of it and what single events say of it are the same."""
    newest = datetime(2026, 3, 29, 2, 30, tzinfo=UTC)
    cut = Window(since=MARCH.since, until=newest + timedelta(minutes=5))
    of_events = event_frame(frame, reader, cut, DAY)

    assert_frame_equal(of_events, event_frame(frame, replace(reader, newest=newest), cut, DAY))
    assert {pd.Timestamp(MARCH.since)} < {*of_events["day"]}

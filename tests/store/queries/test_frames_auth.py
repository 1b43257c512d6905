"""The frame of failures to authenticate, on both engines."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from model.window import Window
from store.events.reader import EventsReader
from store.queries.auth_frames import KEPT_KEYS, KEPT_ROWS, auth_minutes
from store.queries.frame_columns import EMPTY
from store.queries.frames import event_frame

MOMENT = "datetime64[us, UTC]"
SEEN = {"first_seen": MOMENT, "last_seen": MOMENT}
NOW, DAY = timedelta(0), timedelta(days=1)
GUESSED, OTHER = ("198.51.100.5", "198.51.100.0/24"), ("198.51.100.6", "198.51.100.0/24")


def counted(*names: str) -> dict[str, str]:
    return dict.fromkeys(("requests", "ok", *names), "int64")


def test_auth_minutes_hold_failures_and_all_minutes_of_subjects_that_failed_three_times(
    reader: EventsReader, window: Callable[[str, str], Window], same: Callable[..., None]
) -> None:
    failures = counted("unauthenticated", "forbidden", "throttled") | {"refs": "int64"}
    columns = {"minute": MOMENT, "key_ref": "object", "ip": "object", "network": "object", **failures, **SEEN}
    judged = window("2026-03-29T01:05", "2026-03-29T01:10")

    first, last = "2026-03-29T01:05Z", "2026-03-29T01:05:10Z"
    late, one = "2026-03-28T23:59Z", "2026-03-29T01:00Z"
    six, seven, half = "2026-03-29T01:06Z", "2026-03-29T01:07Z", "2026-03-29T01:05:30Z"
    same(
        [
            (late, None, "203.0.113.9", "203.0.113.0/24", 1, 0, 1, 0, 0, 0, late, late),
            (one, "fp:1:aaaa", "192.0.2.1", "192.0.2.0/24", 1, 0, 0, 1, 0, 1, one, one),
            (first, "fp:1:8888", *OTHER, 1, 0, 1, 0, 0, 1, half, half),
            (first, "fp:1:9999", *GUESSED, 2, 0, 2, 0, 0, 1, first, last),
            (six, "fp:1:9999", *GUESSED, 1, 0, 1, 0, 0, 1, six, six),
            (seven, "fp:1:bbbb", *GUESSED, 1, 1, 0, 0, 0, 1, seven, seven),
        ],
        columns,
        event_frame("auth_minutes", reader, judged, timedelta(hours=4)),
    )


def test_a_failure_is_read_though_its_subjects_have_no_third(
    reader: EventsReader, window: Callable[[str, str], Window]
) -> None:
    frame = event_frame("auth_minutes", reader, window("2026-03-29T01:00", "2026-03-29T01:01"), NOW)

    assert [("fp:1:aaaa", 0, 1)] == list(frame[["key_ref", "ok", "forbidden"]].itertuples(index=False, name=None))


@pytest.mark.parametrize(
    ("ips", "rows"),
    [
        pytest.param(lambda _: "203.0.113.9", 1 + KEPT_KEYS, id="one address"),
        pytest.param(lambda n: f"203.0.{n % 256}.{n // 256}", 1 + KEPT_ROWS, id="many networks"),
    ],
)
def test_a_flood_of_guesses_is_few_rows_a_minute(
    load: Callable[..., EventsReader],
    event: Callable[..., dict[str, Any]],
    window: Callable[[str, str], Window],
    ips: Callable[[int], str],
    rows: int,
) -> None:
    bare = ("GET", "/", None, 401, "unauthenticated", None, None, None)
    tried = [("2026-03-29T01:00:10Z", f"fp:1:{n:05}", ips(n), *bare) for n in range(2500)]
    reader = load([event(line, short) for line, short in enumerate(tried)])

    frame = event_frame("auth_minutes", reader, window("2026-03-29", "2026-03-30"), NOW)
    hours = event_frame("auth_hours", reader, window("2026-03-29", "2026-03-30"), NOW)

    assert rows == len(frame)
    assert (2500, 2500) == (frame["unauthenticated"].sum(), frame["refs"].sum())
    assert 1 == frame["key_ref"].str.startswith("unknown:").sum()
    assert KEPT_ROWS == len(hours)


def test_auth_hours_hold_the_places_where_a_key_failed_rather_than_not(
    load: Callable[..., EventsReader], event: Callable[..., dict[str, Any]], same: Callable[..., None]
) -> None:
    failed = ("GET", "/", None, 401, "unauthenticated", None, None, "curl/8")
    well = ("GET", "/", None, 200, "ok", None, None, "curl/8")
    slow = [(f"2026-03-2{day}T0{hour}:00:00Z", "fp:1:aaaa", *OTHER[:1], *failed) for day in (8, 9) for hour in range(3)]
    others = [
        ("2026-03-29T00:10:00Z", "fp:1:aaaa", "192.0.2.1", *well),
        ("2026-03-29T00:20:00Z", "fp:1:aaaa", "192.0.2.1", *well),
        ("2026-03-29T00:30:00Z", "fp:1:aaaa", "192.0.2.1", *failed),
        ("2026-03-29T00:30:00Z", "fp:1:bbbb", "192.0.7.1", *failed),
        ("2026-03-29T00:30:00Z", None, *OTHER[:1], *failed),
    ]
    reader = load([event(line, short) for line, short in enumerate([*slow, *others])])
    judged = Window(since=datetime(2026, 3, 29, tzinfo=UTC), until=datetime(2026, 3, 29, 2, 30, tzinfo=UTC))

    frame = event_frame("auth_hours", reader, judged, timedelta(days=8))

    times = [short[0] for short in slow]
    place = ("fp:1:aaaa", *OTHER, None, "curl/8", 1, 0, 1, 0)
    expected = [(time, *place, time, time) for time in times]
    once = "2026-03-29T00:30:00Z"
    expected.insert(4, ("2026-03-29T00:00:00Z", "fp:1:bbbb", "192.0.7.1", "192.0.7.0/24", *place[3:], once, once))
    same(expected, EMPTY["auth_hours"], frame)


def test_platform_minutes_count_the_keys_that_exist(
    reader: EventsReader, window: Callable[[str, str], Window], same: Callable[..., None]
) -> None:
    same(
        [
            ("2026-03-29T01:00Z", 1, 1, 0, 1, 0, 1, 0),
            ("2026-03-29T01:07Z", 1, 0, 0, 1, 0, 0, 0),
            ("2026-03-29T02:00Z", 1, 0, 1, 1, 0, 0, 1),
        ],
        EMPTY["platform_minutes"],
        event_frame("platform_minutes", reader, window("2026-03-29T01:00", "2026-03-29T02:01"), NOW),
    )


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


@pytest.mark.parametrize(
    ("since", "until"),
    [("01:05", "01:08"), pytest.param("01:04:30", "01:05:20", id="no whole minutes, and less than one a part")],
)
def test_failures_that_are_ranked_in_parts_are_the_same_rows(
    reader: EventsReader,
    window: Callable[[str, str], Window],
    monkeypatch: pytest.MonkeyPatch,
    since: str,
    until: str,
) -> None:
    judged = window(f"2026-03-29T{since}", f"2026-03-29T{until}")
    with monkeypatch.context() as one_by_one:
        one_by_one.setattr("store.queries.auth_frames.RANKED", 1)
        parts = auth_minutes(reader, judged)

    assert len(parts)
    pd.testing.assert_frame_equal(auth_minutes(reader, judged), parts)


OK = ("GET", "/", None, 200, "ok", None, None, None)
REFUSED = ("GET", "/", None, 401, "unauthenticated", None, None, None)
HOME = "192.0.2.1"


@pytest.mark.parametrize(
    ("calls", "read"),
    [
        pytest.param(
            [*((f"29T01:0{n}", "a", HOME, *REFUSED) for n in range(3)), ("29T01:40", "a", "203.0.113.9", *OK)],
            [("a", 0)] * 3 + [("a", 1)],
            id="a key that failed three times is looked for elsewhere",
        ),
        pytest.param(
            [("29T01:00:10", "a", HOME, *REFUSED), ("29T01:00:20", "a", HOME, *OK)],
            [("a", 1)],
            id="what a key did in the minute in which it failed is told",
        ),
        pytest.param(
            [
                *((f"28T0{n}:00", key, HOME, *OK) for n, key in enumerate("ab")),
                *((f"29T01:0{n}", key, HOME, *REFUSED) for n, key in enumerate("aabb")),
                ("29T01:10", "c", HOME, *OK),
            ],
            [("a", 0), ("a", 0), ("b", 0), ("b", 0)],
            id="few failures of keys at home make no suspect of their address",
        ),
    ],
)
def test_a_credential_counts_by_name_where_its_name_matters(
    stored: Callable[..., EventsReader],
    event: Callable[..., dict[str, Any]],
    window: Callable[[str, str], Window],
    calls: list[tuple[Any, ...]],
    read: list[tuple[str, int]],
) -> None:
    rows = [(f"2026-03-{at}Z", f"fp:1:{key}", *rest) for at, key, *rest in calls]
    reader = stored([event(line, row) for line, row in enumerate(rows)])

    frame = auth_minutes(reader, window("2026-03-29", "2026-03-30"))

    assert [(f"fp:1:{key}", ok) for key, ok in read] == list(zip(frame["key_ref"], frame["ok"], strict=True))

"""Requests that match, on both engines: usage, facets and events give one answer."""

from collections.abc import Callable
from datetime import timedelta

import pandas as pd
import pytest

from model.errors import UsageError
from model.window import Window
from store.events.reader import EventsReader
from store.queries.explored import BUSIEST, GROUPED, SERIES, SUGGESTED, busiest, grouped, newest, series, suggested
from store.queries.matching import DIMENSIONS, Dimension, Match, table_of

A, B, FOLDED = "fp:1:aaaa", "fp:1:bbbb", "unknown:198.51.100.0/24"
DAY = timedelta(days=1)


def match(**wanted: tuple[str | None, ...]) -> Match:
    return Match(wanted=tuple(wanted.items()))  # type: ignore[arg-type]  # names of dimensions


@pytest.mark.parametrize(
    ("wanted", "by", "bucket", "table"),
    [
        ({}, "host", None, "usage"),
        ({"key": (A,), "status": ("ok",)}, "host", timedelta(hours=1), "usage"),
        ({"key": (A,)}, "status", timedelta(minutes=15), "events"),
        ({"key": (A,)}, "ip", None, "facets"),
        ({"ip": ("192.0.2.1",)}, "status", timedelta(days=1), "facets"),
        ({"ip": ("192.0.2.1",)}, "status", timedelta(hours=1), "events"),
        ({"ip": ("192.0.2.1",)}, "client", None, "events"),
        ({}, "method", None, "events"),
    ],
)
def test_the_smallest_table_that_can_answers(
    wanted: dict[str, tuple[str, ...]], by: Dimension, bucket: timedelta | None, table: str
) -> None:
    assert table == table_of(match(**wanted), by, bucket)


def test_requests_of_an_address_by_status(reader: EventsReader, everything: Window, same: Callable[..., None]) -> None:
    frame = grouped(reader, everything, match(ip=("198.51.100.5",)), by="status")

    same(
        [
            ("unauthenticated", 3, 0, 3, 0, 0, 0, 15, "2026-03-29T01:05Z", "2026-03-29T01:06Z"),
            ("ok", 1, 1, 0, 0, 0, 0, 50, "2026-03-29T01:07Z", "2026-03-29T01:07Z"),
        ],
        GROUPED,
        frame,
    )


def test_several_filters_have_to_hold_together(reader: EventsReader, everything: Window) -> None:
    frame = grouped(
        reader, everything, match(ip=("192.0.2.1",), client=("curl/8",), status=("ok", "forbidden")), by="route"
    )

    assert [("GET /v1/agents", 5)] == list(zip(frame["part"], frame["requests"], strict=True))


def test_what_no_request_has_can_be_asked_for(reader: EventsReader, everything: Window) -> None:
    keys = grouped(reader, everything, match(key=(None,)), by="key")
    hosts = grouped(reader, everything, match(host=(None, "elsewhere")), by="status")
    methods = grouped(reader, everything, match(method=(None,)), by="key")

    assert [[None, 1]] == keys[["part", "requests"]].to_numpy().tolist()
    assert [["unauthenticated", 1]] == hosts[["part", "requests"]].to_numpy().tolist()
    assert [[B, 2]] == methods[["part", "requests"]].to_numpy().tolist()


@pytest.mark.parametrize("by", DIMENSIONS)
@pytest.mark.parametrize("key", [None, A, FOLDED])
def test_whole_hours_and_days_say_what_the_events_say(
    reader: EventsReader, everything: Window, by: Dimension, key: str | None
) -> None:
    wanted = Match() if key is None else match(key=(key,))
    # Every method, said by name, is asked of events: so the same requests by another way.
    methods = match(method=("GET", "POST", None), **({} if key is None else {"key": (key,)}))
    quick, slow = (grouped(reader, everything, each, by=by) for each in (wanted, methods))

    counted = [name for name in GROUPED if name not in {"first_seen", "last_seen"}]
    pd.testing.assert_frame_equal(slow[counted], quick[counted])


@pytest.mark.parametrize("by", ["status", "key", "ip", "host"])
@pytest.mark.parametrize(
    ("unwanted", "count"),
    [
        ((("ip", ("192.0.2.1",)),), 7),
        ((("client", ("curl/8",)),), 4),
        ((("client", ("curl/8", None)),), 2),
        ((("host", ("api",)),), 1),
        ((("key", (A, None)),), 8),
        ((("key", (FOLDED,)),), 11),
        ((("route", ("GET /v1/agents",)), ("status", ("throttled",))), 4),
        ((("ip", ("192.0.2.1",)), ("key", (B,))), 6),
    ],
)
def test_what_is_unwanted_is_left_out_and_what_has_no_such_value_stays(
    reader: EventsReader,
    everything: Window,
    by: Dimension,
    unwanted: tuple[tuple[Dimension, tuple[str | None]]],
    count: int,
) -> None:
    rest = Match(unwanted=unwanted)

    assert count == grouped(reader, everything, rest, by=by)["requests"].sum()
    assert count == len(newest(reader, everything, rest, limit=99))


def test_what_has_no_value_is_known_to_events_alone() -> None:
    assert "events" == table_of(Match(unwanted=(("ip", ("192.0.2.1",)),)), "status")
    assert "facets" == table_of(Match(unwanted=(("ip", ("192.0.2.1",)),)), "ip")
    assert "usage" == table_of(Match(unwanted=(("key", (A,)),)), "status")


def test_requests_are_found_by_a_part_of_their_path_and_user_agent(
    stored: Callable[..., EventsReader], event: Callable[..., dict[str, object]], everything: Window
) -> None:
    told = [("/v1/agents/7", "curl/8.5"), ("/v1/Agents/8", "Mozilla/5.0"), ("/v1/x", "curl/8.5"), (None, None)]
    reader = stored(
        [
            event(line, ("2026-03-29T00:30:00Z", A, "192.0.2.1", "GET", "/v1", "api", 200, "ok", 1, None, "x"))
            | {"path": path, "user_agent": agent}
            for line, (path, agent) in enumerate(told)
        ]
    )

    for by in ("status", "ip"):
        for holding, count in (
            ((("path", "/AGENTS/"),), 2),
            ((("user_agent", "curl"),), 2),
            ((("path", "agents"), ("user_agent", "curl")), 1),
        ):
            wanted = Match(wanted=(("key", (A,)),), holding=holding)
            assert [count] == list(grouped(reader, everything, wanted, by=by)["requests"])
            assert count == len(newest(reader, everything, wanted, limit=9))
    assert grouped(reader, everything, Match(holding=(("path", "%"),)), by="status").empty


def test_what_is_not_listed_is_one_row_that_says_of_how_many_groups(
    reader: EventsReader, everything: Window, same: Callable[..., None]
) -> None:
    frame = busiest(reader, everything, Match(), by="ip", limit=2)

    same(
        [
            (1, "192.0.2.1", 8, 4, 0, 1, 0, 2, 518, "2026-03-28T22:59:59.999999Z", "2026-03-30T00:00Z", 1),
            (2, "198.51.100.5", 4, 1, 3, 0, 0, 0, 65, "2026-03-29T01:05Z", "2026-03-29T01:07Z", 1),
            (3, None, 3, 0, 2, 0, 1, 0, 15, "2026-03-28T23:20Z", "2026-03-29T01:05:30Z", 3),
        ],
        BUSIEST,
        frame,
    )


@pytest.mark.parametrize("by", DIMENSIONS)
def test_groups_that_are_all_listed_leave_no_others(reader: EventsReader, everything: Window, by: Dimension) -> None:
    frame = busiest(reader, everything, Match(), by=by, limit=99)

    pd.testing.assert_frame_equal(grouped(reader, everything, Match(), by=by), frame[list(GROUPED)])
    assert [1] * len(frame) == list(frame["groups"])
    assert list(range(1, len(frame) + 1)) == list(frame["place"])


def test_unknown_credentials_are_folded_in_every_table(reader: EventsReader, everything: Window) -> None:
    frame = grouped(reader, everything, match(method=("GET",)), by="key")

    assert {A: 5, FOLDED: 4, B: 2, None: 1} == dict(zip(frame["part"], frame["requests"], strict=True))


def test_a_series_has_a_part_a_group_and_one_for_the_rest(
    reader: EventsReader, everything: Window, same: Callable[..., None]
) -> None:
    frame = series(reader, everything, Match(), by="key", bucket=DAY, groups=[("both", (A, B)), ("none", (None,))])

    same(
        [
            ("2026-03-28T00:00Z", "both", 3, 1, 210),
            ("2026-03-28T00:00Z", "none", 1, 1, 0),
            ("2026-03-29T00:00Z", "both", 6, 3, 367),
            ("2026-03-29T00:00Z", None, 4, 4, 20),
            ("2026-03-30T00:00Z", "both", 1, 0, 1),
        ],
        SERIES,
        frame,
    )


@pytest.mark.parametrize("minutes", [15, 60, 1440])
def test_a_series_adds_up_whatever_its_bucket(reader: EventsReader, everything: Window, minutes: int) -> None:
    frame = series(
        reader,
        everything,
        match(route=("GET /v1/agents",)),
        by="route",
        bucket=timedelta(minutes=minutes),
        groups=[("agents", ("GET /v1/agents",))],
    )

    assert (10, 5) == (frame["requests"].sum(), frame["failures"].sum())
    assert {"agents"} == set(frame["part"])


def test_a_series_without_groups_is_all_the_rest(reader: EventsReader, everything: Window) -> None:
    frame = series(reader, everything, Match(), by="status", bucket=DAY, groups=[])

    assert ({None}, 15) == (set(frame["part"]), frame["requests"].sum())


def test_the_newest_requests_match_every_filter(reader: EventsReader, everything: Window) -> None:
    frame = newest(reader, everything, match(ip=("198.51.100.5",), route=("GET /v1/agents",)), limit=2)

    assert ["ok", "unauthenticated"] == list(frame["outcome"])
    assert frame["ts"].is_monotonic_decreasing


def test_raw_requests_of_folded_credentials_are_found_by_the_fold_and_by_their_own(
    reader: EventsReader, everything: Window
) -> None:
    folded, own = (newest(reader, everything, match(key=(ref,)), limit=9) for ref in (FOLDED, "fp:1:8888"))

    assert (4, 1) == (len(folded), len(own))


def test_suggestions_are_the_busiest_values_of_each_kind(
    reader: EventsReader, everything: Window, same: Callable[..., None]
) -> None:
    same(
        [("client", "curl/8"), ("client", "python"), ("ip", "192.0.2.1"), ("ip", "198.51.100.5")],
        SUGGESTED,
        suggested(reader, everything, kinds=("ip", "client"), limit=2),
    )


@pytest.mark.parametrize("by", DIMENSIONS)
def test_nothing_is_an_empty_frame_with_its_dtypes(
    empty_reader: EventsReader, everything: Window, same: Callable[..., None], by: Dimension
) -> None:
    same([], GROUPED, grouped(empty_reader, everything, Match(), by=by))
    same([], BUSIEST, busiest(empty_reader, everything, Match(), by=by, limit=2))
    same([], SERIES, series(empty_reader, everything, Match(), by=by, bucket=DAY, groups=[("x", ("y",))]))
    same([], SUGGESTED, suggested(empty_reader, everything, kinds=("ip",), limit=3))
    assert newest(empty_reader, everything, match(**{by: ("x",)}), limit=3).empty


def test_an_unheard_of_dimension_is_refused() -> None:
    with pytest.raises(UsageError, match="have no 'colour'"):
        match(colour=("red",))


def seen(frame: pd.DataFrame) -> dict[str | None, list[str]]:
    moments = frame[["first_seen", "last_seen"]].map(lambda at: at.isoformat().replace("+00:00", "Z"))
    return dict(zip(frame["part"], moments.to_numpy().tolist(), strict=True))


@pytest.mark.parametrize(
    "rest",
    [{}, {"key": (A, FOLDED, None)}, {"key": (B,), "status": ("ok", "unknown")}, {"status": ("unauthenticated",)}],
)
def test_keys_are_seen_at_the_moments_of_their_events(
    reader: EventsReader, everything: Window, rest: dict[str, tuple[str | None, ...]]
) -> None:
    hourly, single = (match(**each) for each in (rest, {**rest, "method": ("GET", "POST", None)}))

    assert ("usage", "events") == (table_of(hourly, "key"), table_of(single, "key"))
    pd.testing.assert_frame_equal(
        grouped(reader, everything, single, by="key"), grouped(reader, everything, hourly, by="key")
    )


def test_keys_are_seen_at_exact_moments_in_a_window_that_begins_and_ends_within_an_hour(
    reader: EventsReader, window: Callable[[str, str], Window]
) -> None:
    ragged = window("2026-03-28T23:05", "2026-03-29T02:10")

    assert {
        A: ["2026-03-28T23:10:00Z", "2026-03-29T01:00:00Z"],
        FOLDED: ["2026-03-29T01:05:00Z", "2026-03-29T01:06:00Z"],
        B: ["2026-03-29T00:45:00Z", "2026-03-29T02:00:00Z"],
        None: ["2026-03-28T23:59:00Z", "2026-03-28T23:59:00Z"],
    } == seen(grouped(reader, ragged, Match(), by="key"))


def test_of_keys_at_a_host_only_the_hour_is_known(reader: EventsReader, everything: Window) -> None:
    assert {
        A: ["2026-03-28T22:00:00Z", "2026-03-30T00:00:00Z"],
        B: ["2026-03-29T00:00:00Z", "2026-03-29T02:00:00Z"],
        FOLDED: ["2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z"],
    } == seen(grouped(reader, everything, match(host=("api",)), by="key"))


def test_a_request_without_a_route_is_seen_in_its_hour(
    stored: Callable[..., EventsReader], event: Callable[..., dict[str, object]], everything: Window
) -> None:
    quiet = ("2026-03-28T10:20Z", A, "192.0.2.1", None, None, None, 200, "ok", None, None, None)
    routed = ("2026-03-28T12:20Z", A, "192.0.2.1", "GET", "/", None, 200, "ok", None, None, None)
    early, late = ("2026-03-28T09:20Z", B, *routed[2:]), ("2026-03-28T15:59Z", B, *quiet[2:])
    reader = stored([event(line, short) for line, short in enumerate((quiet, routed, early, late))])

    assert {
        A: ["2026-03-28T10:00:00Z", "2026-03-28T12:20:00Z"],
        B: ["2026-03-28T09:20:00Z", "2026-03-28T15:00:00Z"],
    } == seen(grouped(reader, everything, Match(), by="key"))

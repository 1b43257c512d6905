"""The frames of walks, lists and probes at a reader's pace, on both engines."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from model.window import Window
from store.events.reader import EventsReader
from store.queries.frames import event_frame

NINE = datetime(2026, 3, 29, 9, tzinfo=UTC)
DAY = Window(since=NINE - timedelta(hours=9), until=NINE + timedelta(hours=15))
RUN = ("numbers", "slow", "lowest", "highest", "requests", "ok", "forbidden", "client_error", "addresses")

Rows = list[dict[str, Any]]
Event = Callable[[int, Sequence[Any]], dict[str, Any]]
Stored = Callable[[Rows], EventsReader]
Called = Callable[..., Rows]


@pytest.fixture
def called(event: Event) -> Called:
    """Calls of a key (or of none), one a minute from nine on: of these numbers, to a route with identifiers."""

    def made(
        numbers: Sequence[int | str],
        key: str | None = "k",
        outcome: str = "ok",
        *,
        every: float = 60,
        ip: str = "203.0.113.9",
        route: str = "/v1/customers/{id}",
    ) -> Rows:
        rows = []
        for line, number in enumerate(numbers):
            at = (NINE + timedelta(seconds=every * line)).isoformat()
            short = (at, key, ip, "GET", route, "api", 200, outcome, 1, 1.0, "curl/8")
            rows.append({**event(line, short), "path": route.replace("{id}", str(number))})
        return rows

    return made


def runs(reader: EventsReader, *columns: str) -> list[tuple[object, ...]]:
    frame = event_frame("walk_hours", reader, DAY, timedelta(0))
    return list(frame[["key_ref", *(columns or RUN)]].itertuples(index=False, name=None))


def test_a_run_is_found_among_other_numbers_and_has_its_own_calls(stored: Stored, called: Called) -> None:
    walk = called([100, 102, 101, 104, 105, 103, 107, 110])
    refused = called([111, 112], outcome="forbidden") + called([113, 113], outcome="client_error", ip="203.0.113.7")
    others = called([2_000_000, 7_500, 900, 40_000_000_000, "none", 61, 62, 63, 64, 65, 66, 67])

    assert [("k", 11, 11, 100, 113, 12, 8, 2, 2, 2)] == runs(stored([*walk, *refused, *others]))


def test_runs_end_where_numbers_are_far_apart_and_are_eight_at_least(stored: Stored, called: Called) -> None:
    # The one with gaps of five fills less than half of its range.
    numbers = [*range(10, 18), *range(30, 37), *range(50, 59), *range(100, 150, 5)]

    assert [("k", 8, 10, 17), ("k", 9, 50, 58)] == runs(
        stored(called(numbers, every=30)), "numbers", "lowest", "highest"
    )


@pytest.mark.parametrize("first", [7, 8, 15, 16, 1_000_000_007, 123])
def test_a_run_of_eight_that_fills_just_half_is_found_wherever_it_lies(
    stored: Stored, called: Called, first: int
) -> None:
    """What is looked at first are blocks of sixteen numbers."""
    numbers = [first + n for n in (0, 1, 2, 7, 8, 13, 14, 15)]

    assert [("k", 8, first, first + 15)] == runs(stored(called(numbers)), "numbers", "lowest", "highest")


def test_hours_keys_and_addresses_are_apart(stored: Stored, called: Called) -> None:
    walk = called(range(100, 120), every=360)
    keyless = [*called(range(50, 60), None), *called(range(60, 70), None, ip="203.0.113.8")]
    other = called(range(70, 78), "l", route="/v1/orders/{id}/lines")
    frame = event_frame("walk_hours", stored([*walk, *keyless, *other]), DAY, timedelta(0))

    assert [
        (9, "k", "203.0.113.9", "GET /v1/customers/{id}", 100, 109),
        (9, "l", "203.0.113.9", "GET /v1/orders/{id}/lines", 70, 77),
        (9, None, "203.0.113.8", "GET /v1/customers/{id}", 60, 69),
        (9, None, "203.0.113.9", "GET /v1/customers/{id}", 50, 59),
        (10, "k", "203.0.113.9", "GET /v1/customers/{id}", 110, 119),
    ] == [
        (row.hour.hour, row.key_ref, row.ip, row.route, row.lowest, row.highest)
        for row in frame.itertuples(index=False)
    ]


def test_what_walks_has_is_not_slow(stored: Stored, called: Called) -> None:
    """Twenty within five minutes."""
    fast = called(range(100, 122), every=10)
    slow = called(range(122, 130), every=300)

    assert [("k", 29, 7)] == runs(stored([*fast, *slow[1:]]), "numbers", "slow")


def test_lists_are_routes_without_identifiers_that_succeed(stored: Stored, called: Called) -> None:
    pages = called([""] * 55, route="/v1/customers", every=60)
    burst = called([""] * 50, route="/v1/orders", every=1) + called([""] * 25, route="/v1/orders", ip="203.0.113.7")[1:]
    few = called([""] * 19, route="/v1/few")
    failed = called([""] * 40, route="/v1/agents", outcome="forbidden")
    keyless = called([""] * 40, None, route="/v1/agents")
    polled = called([7] * 40)
    reader = stored([*pages, *burst, *few, *failed, *keyless, *polled])
    frame = event_frame("list_hours", reader, DAY, timedelta(0))

    columns = ["key_ref", "route", "ip", "ok", "slow", "addresses"]
    assert [
        ("k", "GET /v1/customers", "203.0.113.9", 55, 55, 1),
        ("k", "GET /v1/orders", "203.0.113.7", 74, 20, 2),
    ] == list(frame[columns].itertuples(index=False, name=None))


def test_probes_are_routes_that_refused_an_address_without_a_key(stored: Stored, called: Called) -> None:
    slow = [
        call
        for n, route in enumerate(("/a", "/b", "/b", "/c"))
        for call in called([""] * (n + 1), None, "unauthenticated", route=route, every=60 * n)
    ]
    one = called([""] * 9, None, "unauthenticated", ip="203.0.113.7", route="/a")
    keyed = called([""] * 2, "k", "unauthenticated", route="/d") + called([""] * 2, None, "client_error", route="/e")
    beyond = called(range(2), None, "unauthenticated", ip="203.0.113.5", route="/…/{id}")
    overflow = [{**row, "route": "/…"} for row in beyond]
    frame = event_frame("probed_hours", stored([*slow, *one, *keyed, *overflow]), DAY, timedelta(0))

    assert [
        ("203.0.113.5", "/…/0", 1),
        ("203.0.113.5", "/…/1", 1),
        ("203.0.113.9", "/a", 1),
        ("203.0.113.9", "/b", 5),
        ("203.0.113.9", "/c", 4),
    ] == list(frame[["ip", "route", "requests"]].itertuples(index=False, name=None))


def test_probes_that_breadth_has_are_left_out_and_no_more_than_sixty_of_an_hour(stored: Stored, called: Called) -> None:
    def probe(route: int, ip: str, at: timedelta) -> dict[str, Any]:
        (row,) = called([""], None, "unauthenticated", ip=ip, route=f"/r{route:03}")
        return {**row, "ts": (NINE + at).isoformat()}

    fast = [probe(n, "203.0.113.7", timedelta(seconds=n)) for n in range(10)]
    after = [probe(n, "203.0.113.7", timedelta(minutes=20 + n)) for n in range(8, 12)]
    many = [probe(n, "203.0.113.9", timedelta(seconds=36 * n)) for n in range(99)]
    frame = event_frame("probed_hours", stored([*fast, *after, *many]), DAY, timedelta(0))

    assert ["/r008", "/r009", "/r010", "/r011"] == list(frame.loc[frame["ip"] == "203.0.113.7", "route"])
    assert [f"/r{n:03}" for n in range(60)] == list(frame.loc[frame["ip"] == "203.0.113.9", "route"])


@pytest.mark.parametrize("name", ["walk_hours", "list_hours", "probed_hours"])
def test_events_without_path_route_or_address_are_no_trouble(stored: Stored, event: Event, name: str) -> None:
    nothing = ("2026-03-29T09:02:00Z", "k", "203.0.113.9", None, None, None, 200, "ok", None, None, None)
    rows = [{**event(line, nothing), "ip": None, "network": None} for line in range(60)]

    assert event_frame(name, stored(rows), DAY, timedelta(0)).empty

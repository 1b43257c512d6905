"""The frames of what is new to a key and of how wide it asks, on both engines."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from model.window import Window
from store.events.reader import EventsReader
from store.queries.frames import event_frame

MOMENT = "datetime64[us, UTC]"
NOW, DAY = timedelta(0), timedelta(days=1)
PLACE = ("203.0.113.9", "203.0.113.0/24")
WALK = ("numbers", "lowest", "highest", "rising", "paths", "addresses", "ok", "client_error")

Rows = list[dict[str, Any]]
Event = Callable[[int, Sequence[Any]], dict[str, Any]]


@pytest.fixture
def asked(event: Event) -> Callable[..., Rows]:
    """Events two seconds apart from 2026-03-29T01:02Z on: one for each path, of a key or of none."""

    def made(paths: Sequence[str], outcome: str, key: str | None = None, route: str | None = None) -> Rows:
        rows = []
        for line, path in enumerate(paths):
            at = f"2026-03-29T01:{2 + line // 30:02d}:{line % 30 * 2:02d}Z"
            short = (at, key, "203.0.113.9", "GET", route or path, "api", 401, outcome, 1, 1.0, "curl/8")
            rows.append({**event(line, short), "path": path})
        return rows

    return made


def test_route_days_know_the_first_success(
    reader: EventsReader, window: Callable[[str, str], Window], same: Callable[..., None]
) -> None:
    counts = dict.fromkeys(("requests", "ok", "unauthenticated", "forbidden", "client_error"), "int64")
    columns = {"day": MOMENT, "key_ref": "object", "route": "object", **counts}
    columns |= dict.fromkeys(("first_seen", "last_seen", "first_ok"), MOMENT)
    half, late, seven = "2026-03-29T00:30Z", "2026-03-29T02:30Z", "2026-03-29T01:07Z"
    day, agents = "2026-03-29T00:00Z", "GET /v1/agents"

    same(
        [
            (day, "fp:1:aaaa", agents, 2, 1, 0, 1, 0, half, "2026-03-29T01:00Z", half),
            (day, "fp:1:bbbb", "/v1/x", 1, 0, 0, 0, 1, late, late, None),
            (day, "fp:1:bbbb", agents, 1, 1, 0, 0, 0, seven, seven, seven),
            (day, "fp:1:bbbb", "GET /v1/x", 1, 0, 0, 0, 0, "2026-03-29T00:45Z", "2026-03-29T00:45Z", None),
        ],
        columns,
        event_frame("route_days", reader, window("2026-03-29", "2026-03-30"), NOW),
    )


@pytest.mark.parametrize("kind", ["asn", "country"])
def test_days_by_operator_and_by_country(
    stored: Callable[[Rows], EventsReader], asked: Callable[..., Rows], window: Callable[[str, str], Window], kind: str
) -> None:
    rows = [{**row, kind: value} for row, value in zip(asked(["/a"] * 3, "ok", "k"), ("DE", "DE", None), strict=True)]
    frame = event_frame(f"{kind}_days", stored(rows), window("2026-03-29", "2026-03-30"), DAY)

    assert [("k", "DE", 2, 2)] == list(frame[["key_ref", kind, "requests", "ok"]].itertuples(index=False, name=None))


def test_breadth_counts_distinct_routes_in_five_minutes(
    stored: Callable[[Rows], EventsReader], asked: Callable[..., Rows], window: Callable[[str, str], Window]
) -> None:
    refused = asked(["/a", "/b", "/c", "/c"], "unauthenticated")
    missing = asked([f"/nothing/{n}" for n in range(95)], "client_error", "k", "/…")
    reader = stored([*refused, *missing, *asked(["/a", "/a"], "forbidden", "quiet")])
    frame = event_frame("breadth", reader, window("2026-03-29", "2026-03-30"), NOW)

    told = ["key_ref", "ip", "network", "unauthenticated", "refused_routes", "client_error", "missing_routes"]
    assert [
        ("k", *PLACE, 0, 0, 90, 90),
        (None, *PLACE, 4, 3, 0, 0),
    ] == list(frame[told].itertuples(index=False, name=None))
    assert ["01:00"] * 2 == [f"{minute:%H:%M}" for minute in frame["minute"]]


def test_a_walk_is_a_row_with_its_numbers(
    stored: Callable[[Rows], EventsReader], asked: Callable[..., Rows], window: Callable[[str, str], Window]
) -> None:
    walk = asked([f"/v1/invoices/inv_{1000 + n}/lines" for n in range(40)], "ok", "k", "/v1/invoices/{id}/lines")
    back = asked([f"/v1/users/{90 - n}" for n in range(30)], "client_error", None, "/v1/users/{id}")
    pages = asked(["/v1/list"] * 60, "ok", "k")
    few = asked([f"/v1/agents/{n}" for n in range(19)], "ok", "k", "/v1/agents/{id}")
    frame = event_frame("walks", stored([*walk, *back, *pages, *few]), window("2026-03-29", "2026-03-30"), NOW)

    assert [
        ("k", "GET /v1/invoices/{id}/lines", 40, 1000, 1039, 1000, 40, 1, 40, 0),
        ("k", "GET /v1/list", 0, 0, 0, 0, 1, 1, 60, 0),
        (None, "GET /v1/users/{id}", 30, 61, 90, -1000, 30, 1, 0, 30),
    ] == list(frame[["key_ref", "route", *WALK]].itertuples(index=False, name=None))


@pytest.mark.parametrize("name", ["breadth", "walks"])
def test_events_without_path_route_or_address_are_no_trouble(
    stored: Callable[[Rows], EventsReader], event: Event, window: Callable[[str, str], Window], name: str
) -> None:
    nothing = ("2026-03-29T01:02:00Z", "k", "203.0.113.9", None, None, None, 403, "forbidden", None, None, None)
    rows = [{**event(line, nothing), "ip": None, "network": None} for line in range(60)]

    assert event_frame(name, stored(rows), window("2026-03-29", "2026-03-30"), NOW).empty

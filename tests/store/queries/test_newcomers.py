"""Who else uses a route, on both engines."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from model.window import Window
from store.events.reader import EventsReader
from store.queries.newcomers import users_of


def test_of_earlier_days_each_key_and_route_has_its_last_one(
    reader: EventsReader, window: Callable[[str, str], Window]
) -> None:
    judged = window("2026-03-30T00:00", "2026-03-30T02:00")
    span = window("2026-03-01T00:00", "2026-03-30T02:00")

    rows = users_of(reader, judged, span, routes={"GET /v1/agents"})

    told = list(zip(rows["day"].dt.strftime("%Y-%m-%d"), rows["key_ref"], rows["ok"], strict=True))
    # fp:1:aaaa succeeded on the 28th, too; the window's days are the 29th and 30th, and have all rows.
    assert [("2026-03-28", "fp:1:aaaa", 2), ("2026-03-29", "fp:1:aaaa", 1), ("2026-03-29", "fp:1:bbbb", 1)] == told[:3]
    assert 4 == len(told)
    assert "fp:1:aaaa" not in set(
        users_of(reader, judged, span, routes={"GET /v1/agents"}, but={"fp:1:aaaa"})["key_ref"]
    )


@pytest.mark.parametrize("most", [1, 2, 3, 9])
def test_the_latest_few_of_a_route_are_those_of_all_however_far_back_they_lie(
    stored: Callable[[list[dict[str, Any]]], EventsReader],
    event: Callable[[int, Sequence[Any]], dict[str, Any]],
    window: Callable[[str, str], Window],
    most: int,
) -> None:
    days = {"/near": (28, 29, 29, 27, 29), "/far": (4, 20, 29, 20, 11), "/rare": (3,)}
    used = [
        (f"2026-03-{day:02d}T10:00:00Z", f"k{n}", "192.0.2.1", "GET", route, "api", 200, "ok", 1, 1.0, "curl/8")
        for route, each in days.items()
        for n, last in enumerate(each)
        for day in (2, last)
    ]
    span, judged = window("2026-03-01", "2026-03-30T02:00"), window("2026-03-30T01:30", "2026-03-30T02:00")
    given = (stored([event(line, short) for line, short in enumerate(used)]), judged, span)
    routes = {f"GET {route}" for route in days}

    every = users_of(*given, routes=routes)
    wanted = every[every["key_ref"] != "k2"].sort_values(["day", "key_ref"], ascending=[False, True])
    found = users_of(*given, routes=routes, but={"k2"}, most=most)

    assert sorted(wanted.groupby("route").head(most).itertuples(index=False)) == sorted(found.itertuples(index=False))

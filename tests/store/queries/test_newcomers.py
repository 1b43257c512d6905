"""Who else uses a route, on both engines."""

from collections.abc import Callable

from model.window import Window
from store.events.reader import EventsReader
from store.queries.newcomers import users_of


def test_of_earlier_days_each_key_and_route_has_its_last_one(
    reader: EventsReader, window: Callable[[str, str], Window]
) -> None:
    judged = window("2026-03-30T00:00", "2026-03-30T02:00")
    span = window("2026-03-01T00:00", "2026-03-30T02:00")

    rows = users_of(reader, judged, span, routes={"GET /v1/agents"}, but=(), owners=())

    told = list(zip(rows["day"].dt.strftime("%Y-%m-%d"), rows["key_ref"], rows["ok"], strict=True))
    # fp:1:aaaa succeeded on the 28th, too; the window's days are the 29th and 30th, and have all rows.
    assert [("2026-03-28", "fp:1:aaaa", 2), ("2026-03-29", "fp:1:aaaa", 1), ("2026-03-29", "fp:1:bbbb", 1)] == told[:3]
    assert 4 == len(told)
    assert "fp:1:aaaa" not in set(
        users_of(reader, judged, span, routes={"GET /v1/agents"}, but={"fp:1:aaaa"}, owners=())["key_ref"]
    )

"""Usage and events give one answer, whatever the window."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.event import Outcome
from model.window import Window
from store.events.reader import EventsReader
from store.queries.traffic import over_time

START = datetime(2026, 3, 29, tzinfo=UTC)
MINUTES = st.integers(0, 6 * 60)
KEYS = st.sampled_from([None, "fp:1:aaaa", "fp:1:bbbb", "fp:1:guess"])
EVENTS = st.lists(st.tuples(MINUTES, KEYS, st.sampled_from([outcome.value for outcome in Outcome])), max_size=12)


def short(minute: int, key_ref: str | None, outcome: str) -> tuple[object, ...]:
    moment = (START + timedelta(minutes=minute)).isoformat()
    return (moment, key_ref, "192.0.2.1", "GET", "/", None, None, outcome, None, None, None)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(EVENTS, MINUTES, MINUTES)
def test_hours_from_usage_are_the_half_hours_from_events(
    load: Callable[..., EventsReader],
    event: Callable[..., dict[str, Any]],
    events: list[tuple[int, str | None, str]],
    since: int,
    length: int,
) -> None:
    reader = load([event(line, short(*values)) for line, values in enumerate(events)])
    begin = START + timedelta(minutes=since)
    window = Window(since=begin, until=begin + timedelta(minutes=length))

    halves = over_time(reader, window, bucket=timedelta(minutes=30))
    from_events = halves.assign(bucket=halves["bucket"].dt.floor("h")).groupby(["bucket", "outcome"], as_index=False)
    from_usage = over_time(reader, window, bucket=timedelta(hours=1))

    assert len([e for e in events if since <= e[0] < since + length]) == from_usage["requests"].sum()
    pd.testing.assert_frame_equal(from_events.sum().astype({"outcome": "object"}), from_usage)

"""What each source logged in which hour of its events' time."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from keywatch.collecting.ingesting import ingest_source
from keywatch.new_workspace import make
from keywatch.workspace import Workspace
from model.clock import FixedClock
from model.window import Window
from store.state.sources import EventHour, count_event_hours, event_hours

T0 = datetime(2026, 10, 1, 12, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
DAY = Window(since=T0 - 12 * HOUR, until=T0 + 12 * HOUR)
GOOD = {"remote_addr": "198.51.100.7", "request_method": "GET", "request_uri": "/pets", "status": 200}
BROKEN = "no line of this format\n"


def line(at: datetime) -> str:
    return json.dumps(GOOD | {"time_iso8601": at.isoformat()}) + "\n"


@pytest.fixture
def house(tmp_path: Path) -> Workspace:
    make(tmp_path / "house")
    config = tmp_path / "house" / "keywatch.toml"
    config.write_text('[[sources]]\nname = "edge"\npath = "access.log"\nformat = "nginx-json"\n')
    return Workspace.at(config)


def read(house: Workspace, text: str, now: datetime) -> list[tuple[object, ...]]:
    with (house.root / "access.log").open("a") as file:
        file.write(text)
    ingest_source(house, house.config.sources[0], clock=FixedClock(now))
    with house.store.reading() as tx:
        rows = event_hours(tx, DAY)
    return list(rows[["hour", "events", "rejects"]].itertuples(index=False, name=None))


def test_a_reject_belongs_to_the_hour_of_the_line_before_it(house: Workspace) -> None:
    text = BROKEN + line(T0) + line(T0 + HOUR) + 2 * BROKEN + line(T0 - HOUR)

    try:
        rows = read(house, text, T0 + timedelta(days=400))
    finally:
        house.close()

    assert [(T0 - HOUR, 1, 0), (T0, 1, 1), (T0 + HOUR, 1, 2)] == rows


def test_rejects_without_any_event_are_of_the_hour_in_which_a_followed_source_is_read(house: Workspace) -> None:
    try:
        read(house, line(T0), T0 + MINUTE)
        rows = read(house, 3 * BROKEN, T0 + 5 * HOUR)
    finally:
        house.close()

    assert [(T0, 1, 0), (T0 + 5 * HOUR, 0, 3)] == rows


def test_rejects_without_any_event_at_the_end_of_an_archive_are_of_its_last_hour(house: Workspace) -> None:
    try:
        read(house, line(T0), T0 + timedelta(days=300))
        rows = read(house, 3 * BROKEN, T0 + timedelta(days=300))
    finally:
        house.close()

    assert [(T0, 1, 3)] == rows


def test_batches_of_one_hour_add_up(state: Session) -> None:
    for n in (30, 10):
        one = EventHour(hour=T0, events=n, rejects=1, first_seen=T0 + n * MINUTE, last_seen=T0 + (n + 5) * MINUTE)
        count_event_hours(state, "edge", [one])

    row = event_hours(state, DAY).iloc[0]

    assert (40, 2) == (row["events"], row["rejects"])
    assert (T0 + 10 * MINUTE, T0 + 35 * MINUTE) == (row["first_seen"], row["last_seen"])

"""What of each source came in which hour of the reader's clock."""

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
from store.state.segments import count_left_out
from store.state.sources import count_hour, source_hours

T0 = datetime(2026, 10, 1, 12, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
DAY = Window(since=T0 - 12 * HOUR, until=T0 + 12 * HOUR)


def batch(tx: Session, at: datetime, *, events: int = 10, rejects: int = 0, span: Window | None = None) -> None:
    count_hour(tx, "edge", at, lines=events + rejects, events=events, rejects=rejects, span=span)


def lately(at: datetime, behind: timedelta) -> Window:
    return Window(since=at - behind - HOUR, until=at - behind)


def test_batches_of_one_hour_are_one_row(state: Session) -> None:
    batch(state, T0 + 5 * MINUTE, rejects=1)
    batch(state, T0 + 59 * MINUTE, rejects=2)
    batch(state, T0 + 60 * MINUTE)

    rows = source_hours(state, DAY)

    assert [(T0, 23, 20, 3), (T0 + HOUR, 10, 10, 0)] == list(
        rows[["hour", "lines", "events", "rejects"]].itertuples(index=False, name=None)
    )


def test_the_lag_of_an_hour_is_that_of_its_best_batch(state: Session) -> None:
    batch(state, T0 + 5 * MINUTE, span=lately(T0 + 5 * MINUTE, 2 * HOUR))
    batch(state, T0 + 9 * MINUTE, span=lately(T0 + 9 * MINUTE, MINUTE))
    batch(state, T0 + 20 * MINUTE, span=lately(T0 + 20 * MINUTE, 3 * HOUR))

    row = source_hours(state, DAY).iloc[0]

    assert 60 == row["lag_seconds"]
    assert T0 + 8 * MINUTE == row["newest"]
    assert T0 + 20 * MINUTE - 4 * HOUR == row["oldest"]


def test_events_ahead_of_the_clock_have_a_lag_below_zero(state: Session) -> None:
    batch(state, T0, span=lately(T0, -10 * MINUTE))

    assert -600 == source_hours(state, DAY)["lag_seconds"].iloc[0]


def test_a_batch_of_rejects_alone_has_no_lag(state: Session) -> None:
    count_left_out(state, "edge", {"too long": 7}, T0)

    row = source_hours(state, DAY).iloc[0]

    assert (7, 0, 7, None) == (row["lines"], row["events"], row["rejects"], row["lag_seconds"])


def test_hours_outside_of_the_window_are_left_out(state: Session) -> None:
    for at in (DAY.since - MINUTE, DAY.since, DAY.until - MINUTE, DAY.until):
        batch(state, at)

    assert [DAY.since, DAY.until - HOUR] == list(source_hours(state, DAY)["hour"])


@pytest.fixture
def house(tmp_path: Path) -> Workspace:
    make(tmp_path / "house")
    config = tmp_path / "house" / "keywatch.toml"
    config.write_text('[[sources]]\nname = "edge"\npath = "access.log"\nformat = "nginx-json"\n')
    return Workspace.at(config)


def test_a_real_file_is_counted_in_the_hours_in_which_it_was_read(house: Workspace, tmp_path: Path) -> None:
    log = tmp_path / "house" / "access.log"
    good = {"remote_addr": "198.51.100.7", "request_method": "GET", "request_uri": "/pets", "status": 200}
    try:
        with log.open("a") as file:
            file.writelines(json.dumps(good | {"time_iso8601": (T0 - n * MINUTE).isoformat()}) + "\n" for n in (3, 2))
            file.write("no line of this format\n")
        ingest_source(house, house.config.sources[0], clock=FixedClock(T0))
        with log.open("a") as file:
            file.write(json.dumps(good | {"time_iso8601": (T0 + HOUR).isoformat()}) + "\n")
        ingest_source(house, house.config.sources[0], clock=FixedClock(T0 + 2 * HOUR))
        ingest_source(house, house.config.sources[0], clock=FixedClock(T0 + 3 * HOUR))
        with house.store.reading() as tx:
            rows = source_hours(tx, DAY)
    finally:
        house.close()

    assert [(T0, "edge", 3, 2, 1, 120), (T0 + 2 * HOUR, "edge", 1, 1, 0, 3600)] == list(
        rows[["hour", "source", "lines", "events", "rejects", "lag_seconds"]].itertuples(index=False, name=None)
    )

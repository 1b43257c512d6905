from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from model.window import Window
from store.state import reports

T0 = datetime(2026, 10, 1, tzinfo=UTC)
LATER = T0 + timedelta(days=30)


def test_a_schedule_begins_where_it_was_first_seen(state: Session) -> None:
    assert T0 == reports.schedule(state, "month", begun=T0)
    assert T0 == reports.schedule(state, "month", begun=LATER)


def test_of_two_that_made_the_same_report_one_is_refused(state: Session) -> None:
    reports.schedule(state, "month", begun=T0)

    assert reports.advance(state, "month", before=T0, until=LATER)
    assert not reports.advance(state, "month", before=T0, until=LATER)
    assert LATER == reports.schedule(state, "month", begun=T0)


def test_an_open_review_is_closed_once(state: Session) -> None:
    window = Window(since=T0, until=LATER)
    for name, stage in (("a", "open"), ("b", "rendered")):
        reports.save_report(
            state, report=name, period=name, window=window, made_at=LATER, folder=f"/{name}", files={}, stage=stage
        )

    assert ["a"] == [one.id for one in reports.open_reviews(state)]
    closed = reports.close_report(state, "/a", at=LATER, files={"closing.json": "ab"})
    assert ("closed", LATER, {"closing.json": "ab"}) == (closed.stage, closed.closed_at, closed.files)
    assert reports.close_report(state, "/a", at=LATER, files={}) is None
    assert reports.close_report(state, "/b", at=LATER, files={}) is None
    assert ["a"] == [one.id for one in reports.sealed(state)]

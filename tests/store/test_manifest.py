"""Cursors and segments move together, and only from where they were read."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from model.errors import Fenced
from model.segment import Cursor, Reject, Segment, SegmentId
from model.window import Window
from store.handle import Store
from store.state import segments

T0 = datetime(2026, 10, 1, 9, 30, tzinfo=UTC)
CURSOR = Cursor(
    source="edge", origin="o1", path="/a.log", offset=100, lines=3, head_size=10, head_hash="h", tail_hash="t"
)


def a_segment(name: str, since: datetime, until: datetime) -> Segment:
    return Segment(
        id=SegmentId(name),
        source="edge",
        origin="o1",
        from_offset=0,
        to_offset=100,
        from_line=0,
        rows=3,
        rejects=0,
        min_ts=since,
        max_ts=until,
        ingested_at=T0,
        sealed=False,
    )


def test_a_cursor_is_kept_as_it_was_given(state: Session) -> None:
    segments.move_cursor(state, None, CURSOR, T0)

    assert [CURSOR] == segments.cursors(state, "edge")
    assert [] == segments.cursors(state, "other")


def test_a_cursor_moves_from_where_it_was_read(state: Session) -> None:
    further = replace(CURSOR, offset=250, path="/a.log.1")
    segments.move_cursor(state, None, CURSOR, T0)
    segments.move_cursor(state, CURSOR, further, T0)

    assert [further] == segments.cursors(state, "edge")


@pytest.mark.parametrize(
    "stale", [None, replace(CURSOR, offset=50), replace(CURSOR, epoch=7), replace(CURSOR, origin="gone")]
)
def test_a_cursor_that_somebody_else_moved_is_fenced(state: Session, stale: Cursor | None) -> None:
    segments.move_cursor(state, None, CURSOR, T0)

    with pytest.raises(Fenced, match=r"/a.log was read by another process") as caught:
        segments.move_cursor(state, stale, replace(CURSOR, offset=300), T0)

    assert caught.value.exit_code == 75


def test_a_fenced_writer_makes_nothing_visible(empty_store: Store) -> None:
    with empty_store.transaction() as tx:
        segments.move_cursor(tx, None, CURSOR, T0)

    def write_stale() -> None:
        with empty_store.transaction() as tx:
            segments.add_segment(tx, a_segment("s1", T0, T0))
            segments.move_cursor(tx, replace(CURSOR, offset=1), replace(CURSOR, offset=300), T0)

    with pytest.raises(Fenced):
        write_stale()

    with empty_store.reading() as tx:
        assert set() == segments.ids(tx)
        assert [CURSOR] == segments.cursors(tx, "edge")


def test_a_window_takes_the_segments_that_touch_its_days(state: Session) -> None:
    hour, day = timedelta(hours=1), timedelta(days=1)
    spans = {"before": -day, "same day": -5 * hour, "inside": hour, "after": 3 * day}
    for name, shift in spans.items():
        segments.add_segment(state, a_segment(name, T0 + shift, T0 + shift + hour))
    segments.add_segment(state, a_segment("all around", T0 - 9 * day, T0 + 9 * day))

    found = segments.overlapping(state, Window(since=T0, until=T0 + 2 * hour))

    assert {"same day", "inside", "all around"} == {segment.id for segment in found}
    assert 5 == len(segments.overlapping(state, None))
    assert Window(since=T0 - 9 * day, until=T0 + 9 * day + timedelta(microseconds=1)) == segments.span(state)


def test_an_empty_store_has_no_span(state: Session) -> None:
    assert segments.span(state) is None
    assert segments.last_ingested(state) is None


def test_of_many_rejects_a_few_samples_are_kept_with_their_line_in_the_file(state: Session) -> None:
    from store.state.sources import reject_frame

    rejects = [Reject(line=n, reason="r", sample=f"s{n}") for n in range(1, 100)]
    segments.add_rejects(state, rejects, cursor=CURSOR, first_line=1000, now=T0)

    found = reject_frame(state)

    assert list(range(1001, 1001 + segments.SAMPLES)) == sorted(found["line"])


def test_counts_add_up_and_times_only_widen(state: Session) -> None:
    from store.state.sources import note_error, source_frame

    late, early = Window(since=T0, until=T0 + timedelta(hours=1)), Window(since=T0 - timedelta(days=1), until=T0)
    note_error(state, "edge", "it broke", T0)
    for span in (late, early, None):
        segments.count_lines(
            state,
            "edge",
            lines=10,
            events=7,
            rejects={"not valid JSON": 2},
            skipped=1,
            now=T0 + timedelta(hours=2),
            span=span,
            reads_keys=span is early,
            format_name="json",
        )
    state.flush()

    found = source_frame(state, T0 + timedelta(hours=2)).iloc[0]

    assert (30, 21, 6, 3) == tuple(found[["lines", "events", "rejects", "skipped"]])
    assert (early.since, late.until) == tuple(found[["first_event_at", "last_event_at"]])
    assert (None, True, True, 3600.0) == tuple(found[["last_error", "reads_keys", "late", "lag_seconds"]])


def test_a_window_that_ends_at_midnight_does_not_hang_on_the_day_after(state: Session) -> None:
    day = timedelta(days=1)
    midnight = T0.replace(hour=0, minute=0, second=0, microsecond=0) + day
    segments.add_segment(state, a_segment("before", midnight - day, midnight - timedelta(microseconds=1)))
    ends = Window(since=midnight - day, until=midnight)
    version = segments.version(state, ends)
    segments.add_segment(state, a_segment("after", midnight, midnight + day))

    assert version == segments.version(state, ends)
    assert version != segments.version(state, Window(since=ends.since, until=midnight + timedelta(seconds=1)))

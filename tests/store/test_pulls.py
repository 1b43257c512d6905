"""Positions, remembered ids and backfills in the state."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from model.segment import Cursor
from model.window import Window
from store.handle import Store
from store.state import pulls, segments
from store.state.pulls import Backfill

T0 = datetime(2026, 10, 1, 9, tzinfo=UTC)
CURSOR = Cursor(source="edge", origin="o1", path="https://logs.example", epoch=1)
IDS = [bytes([n]) * 16 for n in range(6)]


def test_a_position_is_what_was_saved_last(empty_store: Store) -> None:
    with empty_store.transaction() as tx:
        pulls.save_position(tx, "o1", "edge", {"at": 1}, T0)
        pulls.save_position(tx, "o2", "edge", {"at": 2}, T0)
        pulls.save_position(tx, "o3", "other", {"at": 3}, T0)
    with empty_store.transaction() as tx:
        pulls.save_position(tx, "o1", "edge", {"at": [9, None]}, T0)

    with empty_store.reading() as tx:
        assert pulls.positions(tx, "edge") == {"o1": {"at": [9, None]}, "o2": {"at": 2}}


def test_ids_are_remembered_until_their_whole_block_lies_before_what_is_asked_for(empty_store: Store) -> None:
    big = 1_800_000_000_000_000_000
    with empty_store.transaction() as tx:
        pulls.save_ids(tx, CURSOR, IDS[0] + IDS[1], newest=big, keep_from=0)
        pulls.save_ids(tx, replace(CURSOR, epoch=2), IDS[2] + IDS[3], newest=big + 5, keep_from=big)
        pulls.save_ids(tx, replace(CURSOR, origin="o2"), IDS[4], newest=1, keep_from=0)
    with empty_store.reading() as tx:
        assert pulls.seen_ids(tx, ["o1"]) == set(IDS[:4])
        assert pulls.seen_ids(tx, ["o1", "o2"]) == set(IDS[:5])

    with empty_store.transaction() as tx:
        pulls.save_ids(tx, replace(CURSOR, epoch=3), b"", newest=0, keep_from=big + 1)

    with empty_store.reading() as tx:
        assert pulls.seen_ids(tx, ["o1", "o2"]) == set(IDS[2:5])


def test_cursors_are_found_by_their_origins_however_many(empty_store: Store) -> None:
    with empty_store.transaction() as tx:
        for n in range(1200):
            segments.move_cursor(tx, None, replace(CURSOR, origin=f"o{n}", offset=n), T0)

    with empty_store.reading() as tx:
        found = pulls.cursors_by_origin(tx, [f"o{n}" for n in range(100, 1300)])

    assert len(found) == 1100
    assert found["o777"] == replace(CURSOR, origin="o777", offset=777)


def test_a_backfill_is_remembered_once(empty_store: Store) -> None:
    one = Backfill(name="edge x", source="edge", window=Window(since=T0, until=T0 + timedelta(days=1)))
    for _ in range(2):
        with empty_store.transaction() as tx:
            pulls.save_backfill(tx, one, T0)

    with empty_store.reading() as tx:
        assert pulls.backfills(tx, "edge") == [one]
        assert pulls.backfills(tx, "other") == []

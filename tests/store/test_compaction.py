"""Segments that are merged hold the same events and counts, lead back to the same lines, and hide from nobody."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest

from model.errors import Fenced, StoreError
from model.segment import Segment, SegmentId
from store.compaction import compact, due, merge
from store.events.files import path_of
from store.events.ids import new_id
from store.events.segments import publish_segment
from store.handle import Store
from store.state import segments
from store.sweeping import sweep_alone
from tests.store.filled import DAY, EACH, NOW, ONE, Fill, counted, duck, fill, manifest, rows

__all__ = ["duck", "fill"]


@pytest.mark.parametrize("seal", [0, 1_000_000])
def test_what_is_merged_counts_as_before(
    empty_store: Store, fill: Fill, seal: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.events.merging.SEAL_ROWS", seal)
    fill(4)
    fill(4, since=DAY + timedelta(hours=30))
    fill(3, source="other")
    before = counted(empty_store)

    assert 11 == compact(empty_store, now=NOW + timedelta(days=1))

    assert before == counted(empty_store)
    assert [seal == 0] * 3 == [one.sealed for one in manifest(empty_store)]
    assert [EACH * 4, EACH * 3, EACH * 4] == [
        one.rows for one in sorted(manifest(empty_store), key=_by_time_and_source)
    ]


def _by_time_and_source(one: Segment) -> tuple[datetime, str]:
    return one.min_ts, one.source


def test_merged_segments_are_merged_again_and_count_as_before(
    empty_store: Store, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.events.merging.SEAL_ROWS", 2 * EACH)
    fill(3)
    before_midnight = DAY + timedelta(hours=20)
    merge(empty_store, manifest(empty_store), now=before_midnight)
    fill(2, first=3)
    before = counted(empty_store)

    assert 3 == compact(empty_store, now=NOW)

    assert before == counted(empty_store)
    assert [2] == [one.level for one in manifest(empty_store)]


def test_the_events_stand_by_key_and_time(empty_store: Store, fill: Fill) -> None:
    fill(3)
    compact(empty_store, now=NOW)
    [one] = manifest(empty_store)

    found = duckdb.sql(
        f"SELECT key_ref, ts FROM read_parquet('{path_of(empty_store.files.scratch, one.id, 'events')}')"
    )

    in_file = found.fetchall()
    assert sorted(in_file) == in_file


def test_a_row_leads_back_to_its_line_however_often_it_was_merged(empty_store: Store, fill: Fill) -> None:
    fill(3)
    merge(empty_store, manifest(empty_store), now=NOW)
    fill(2, first=3)
    merge(empty_store, manifest(empty_store), now=NOW)

    found = rows(empty_store, "SELECT path, batch, line FROM events")
    with empty_store.reading() as tx:
        of = segments.origins(tx, {batch for _, batch, _ in found})

    assert {f"/v1/x/edge/{n}": ("o1", n + 1) for n in range(5 * EACH)} == {
        path: (of[batch][0], of[batch][1] + line) for path, batch, line in found
    }


def test_the_files_of_what_was_merged_stay_for_an_hour(empty_store: Store, fill: Fill) -> None:
    fill(3)
    root = empty_store.files.scratch
    with empty_store.reader() as reader:
        compact(empty_store, now=NOW)
        for later, left in ((timedelta(minutes=59), 4), (timedelta(minutes=61), 1)):
            if left == 4:
                assert [(3 * EACH,)] == reader.connection.exec_driver_sql("SELECT count(*) FROM events").fetchall()
            sweep_alone(empty_store, NOW + later)
            assert left == len(list(root.glob("*/*.events.parquet")))
    assert [(3 * EACH,)] == rows(empty_store, "SELECT count(*) FROM events")


def test_what_was_merged_is_no_news_to_a_detector_that_read_it(empty_store: Store, fill: Fill) -> None:
    made = fill(3)
    read = made[1].ingested_at
    compact(empty_store, now=NOW)

    with empty_store.reading() as tx:
        assert made[2].min_ts == segments.touched_since(tx, read)
        assert segments.touched_since(tx, made[2].ingested_at) is None
        assert made[2].ingested_at == segments.last_ingested(tx)


def test_who_merges_the_same_segments_second_writes_nothing(empty_store: Store, fill: Fill) -> None:
    made = fill(3)
    merge(empty_store, made[:2], now=NOW)
    before, files = counted(empty_store), set(empty_store.files.scratch.rglob("*.parquet"))

    with pytest.raises(Fenced, match="Another process merged"):
        merge(empty_store, made, now=NOW)

    assert before == counted(empty_store)
    assert files == set(empty_store.files.scratch.rglob("*.parquet"))


def test_a_merge_that_died_before_its_commit_changes_nothing(empty_store: Store, fill: Fill) -> None:
    from store.events.merging import draft_merged

    made = fill(3)
    before = counted(empty_store)
    written = draft_merged(empty_store.files, made, segment=new_id(NOW), kept=[], seal=False)
    publish_segment(empty_store.files, written)
    (empty_store.files.scratch / "sorting-dead").mkdir()

    swept = sweep_alone(empty_store, NOW)
    compact(empty_store, now=NOW)

    assert {written.id} == swept
    assert before == counted(empty_store)
    assert not (empty_store.files.scratch / "sorting-dead").exists()


def test_an_input_that_is_damaged_is_named_and_nothing_is_merged(empty_store: Store, fill: Fill) -> None:
    made = fill(3)
    broken = path_of(empty_store.files.scratch, made[1].id, "events")
    broken.write_bytes(broken.read_bytes()[:200])

    with pytest.raises(StoreError, match=made[1].id):
        compact(empty_store, now=NOW)

    assert made == manifest(empty_store)


def numbered(count: int, **values: Any) -> list[Segment]:  # noqa: ANN401 (fields of Segment)
    began = values.pop("began", DAY)
    return [
        replace(ONE, id=SegmentId(f"{began:%d}{n:05d}{values}"), min_ts=began + timedelta(seconds=10 * n), **values)
        for n in range(count)
    ]


@pytest.mark.parametrize(
    ("found", "groups"),
    [
        (numbered(59), []),
        (numbered(60), [60]),
        (numbered(60, began=DAY - timedelta(days=1)), [60]),
        (numbered(2, began=DAY - timedelta(days=1)), [2]),
        (numbered(1, began=DAY - timedelta(days=1)), []),
        (numbered(11, level=1), []),
        (numbered(12, level=1), [12]),
        (numbered(30) + numbered(30, source="other"), []),
        (numbered(70, rows=1_000_000), [4] * 17 + [2]),
        (numbered(70, rows=3_000_000), []),
        # A few late lines do not write a large segment anew, many do.
        (
            numbered(1, rows=1000, level=2, began=DAY - timedelta(days=1)) + numbered(3, began=DAY - timedelta(days=1)),
            [],
        ),
        (
            numbered(1, rows=1000, level=2, began=DAY - timedelta(days=1))
            + numbered(15, began=DAY - timedelta(days=1)),
            [16],
        ),
    ],
)
def test_what_is_due(found: list[Segment], groups: list[int]) -> None:
    planned = list(due(found, DAY + timedelta(hours=23)))

    assert groups == [len(group) for group in planned]
    taken = [one.id for group in planned for one in group]
    assert len(set(taken)) == len(taken)


def test_a_segment_every_ten_seconds_leaves_less_than_two_hundred_open() -> None:
    open_now: list[Segment] = []
    most = 0
    for n in range(8640):
        open_now += [replace(one, id=SegmentId(f"s{n}")) for one in numbered(1, began=DAY + timedelta(seconds=10 * n))]
        for group in list(due(open_now, DAY + timedelta(seconds=10 * n))):
            gone = {one.id for one in group}
            product = replace(
                group[0], id=SegmentId(f"m{n}"), level=group[0].level + 1, rows=sum(o.rows for o in group)
            )
            open_now = [one for one in open_now if one.id not in gone] + [product]
        most = max(most, len(open_now))

    assert most < 100

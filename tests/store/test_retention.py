"""Retention lets go events first, what was counted of them later, and nothing that somebody reads."""

from datetime import datetime, timedelta

import pytest

from model.retention import Cuts
from model.segment import Reject
from store.compaction import GRACE, compact
from store.handle import Store
from store.retention import Pruned, prune
from store.state import segments, sources
from store.sweeping import sweep_alone
from tests.store.filled import DAY, EACH, NOW, Fill, counted, duck, fill, manifest, rows
from tests.store.test_manifest import CURSOR

__all__ = ["duck", "fill"]

NEXT = DAY + timedelta(days=1)
LATER = NOW + GRACE + timedelta(seconds=1)


def files(store: Store, kind: str) -> int:
    return len(list(store.files.scratch.glob(f"*/*.{kind}.parquet")))


def swept(store: Store, now: datetime) -> None:
    sweep_alone(store, now)


@pytest.fixture
def two_days(empty_store: Store, fill: Fill) -> Store:
    fill(3)
    fill(2, since=NEXT)
    return empty_store


def test_events_go_and_what_was_counted_stays(two_days: Store) -> None:
    before = counted(two_days)

    gone = prune(two_days, Cuts(events=NEXT), now=NOW)

    after = counted(two_days)
    assert Pruned(events=3 * EACH) == gone
    assert {name: before[name] for name in ("usage", "facets")} == {name: after[name] for name in ("usage", "facets")}
    assert [row for row in before["events"] if row[0] >= NEXT] == after["events"]
    assert Pruned() == prune(two_days, Cuts(events=NEXT), now=NOW)


def test_it_is_known_until_when_events_are_gone(two_days: Store) -> None:
    with two_days.reading() as tx:
        before = segments.events_dropped_until(tx)
    prune(two_days, Cuts(events=NEXT), now=NOW)
    with two_days.reading() as tx:
        after = segments.events_dropped_until(tx)

    assert before is None
    assert after is not None
    assert DAY < after < NEXT


def test_a_segment_stays_until_the_last_of_its_events_is_too_old(two_days: Store) -> None:
    compact(two_days, now=NEXT + timedelta(days=3))

    assert Pruned() == prune(two_days, Cuts(events=DAY + timedelta(minutes=2)), now=NOW)
    assert Pruned(events=3 * EACH) == prune(two_days, Cuts(events=DAY + timedelta(minutes=3)), now=NOW)


def test_counts_go_with_their_events(two_days: Store) -> None:
    before = counted(two_days)
    prune(two_days, Cuts(events=NEXT), now=NOW)

    assert Pruned(segments=3) == prune(two_days, Cuts(events=NEXT, counts=NEXT), now=NOW)

    assert [row for row in before["usage"] if row[0] >= NEXT] == counted(two_days)["usage"]
    assert 2 == len(manifest(two_days))


def test_files_stay_for_those_who_read_them(two_days: Store) -> None:
    with two_days.reader() as reader:
        prune(two_days, Cuts(events=NEXT), now=NOW)
        prune(two_days, Cuts(events=NEXT), now=NOW + GRACE / 2)
        swept(two_days, NOW + GRACE / 2)
        assert 8 == files(two_days, "events")  # five, and three that were written anew to be counted
        assert [(5 * EACH,)] == reader.connection.exec_driver_sql("SELECT count(*) FROM events").fetchall()

    prune(two_days, Cuts(events=NEXT), now=LATER)
    swept(two_days, LATER)

    assert (2, 3) == (files(two_days, "events"), files(two_days, "usage"))
    assert [(2 * EACH,)] == rows(two_days, "SELECT count(*) FROM events")
    with two_days.reading() as tx:
        assert {one.id for one in manifest(two_days)} == segments.ids(tx, merged_after=DAY)


def test_dropped_counts_leave_no_file(two_days: Store) -> None:
    prune(two_days, Cuts(events=NOW, counts=NOW), now=NOW)
    assert 5 == files(two_days, "events")

    prune(two_days, Cuts(events=NOW, counts=NOW), now=LATER)
    swept(two_days, LATER)

    assert [] == list(two_days.files.scratch.rglob("*.parquet"))
    assert ([], [], []) == tuple(counted(two_days).values())


def test_what_has_no_events_is_merged_with_nothing(two_days: Store) -> None:
    prune(two_days, Cuts(events=NEXT), now=NOW)
    before = counted(two_days)

    assert 2 == compact(two_days, now=NOW + timedelta(days=1))

    assert before == counted(two_days)


def test_samples_of_rejects_and_hours_of_sources_go(empty_store: Store) -> None:
    reject = Reject(line=1, reason="no time", sample="x")
    with empty_store.transaction() as tx:
        for now in (DAY, NEXT):
            segments.add_rejects(tx, [reject], cursor=CURSOR, first_line=0, now=now)
            sources.count_hour(tx, "edge", now, lines=1, events=0, rejects=1, span=None)

    assert Pruned(rejects=1, hours=1) == prune(empty_store, Cuts(rejects=NEXT, hours=NEXT), now=NOW)

    with empty_store.reading() as tx:
        assert [NEXT] == list(sources.reject_frame(tx, limit=9)["seen_at"])

"""A process that asks again and again counts tails once and may hold what it asks of; the answers are the same."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from model.window import Window
from store.compaction import merge
from store.events import reader, sharing, tails
from store.events.segmented import SegmentedEvents
from store.handle import Store
from store.queries import breakdown, requests, traffic
from store.state import segments
from tests.store.filled import DAY, EACH, NOW, Fill, duck, filler
from tests.store.test_engines import answers

__all__ = ["duck"]

FEW = ["fp:1:0", "fp:1:1"]
PART = Window(since=DAY + timedelta(seconds=30), until=DAY + timedelta(minutes=3, seconds=5))


@pytest.fixture
def empty_store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(f"sqlite:///{tmp_path}/state.db", tmp_path / "events")
    yield opened
    opened.close()


@pytest.fixture
def fill(empty_store: Store, duck: object) -> Fill:
    return filler(empty_store, duck)  # type: ignore[arg-type]


def share(store: Store) -> None:
    assert isinstance(store.events, SegmentedEvents)
    store.events.share()


@pytest.mark.parametrize("only", [None, FEW, ["it's \x07 none"]])
def test_what_is_counted_ahead_is_what_would_be_counted(empty_store: Store, fill: Fill, only: list[str] | None) -> None:
    merge(empty_store, fill(4)[2:], now=NOW, seal=True)
    alone = answers(empty_store, only)

    share(empty_store)

    assert alone == answers(empty_store, only)
    assert alone == answers(empty_store, only)


def test_a_new_tail_and_a_new_key_count_at_once(empty_store: Store, fill: Fill) -> None:
    share(empty_store)
    fill(2)
    before = answers(empty_store)
    fill(1, first=2)
    counted = answers(empty_store)
    with empty_store.reader(kept=["fp:1:guess4"]) as known:
        unfolded = breakdown.usage_by(known, Window(since=DAY, until=NOW), by="key")

    empty_store.events.close()

    assert before != counted == answers(empty_store)
    assert 3 == int(unfolded.set_index("key")["requests"]["fp:1:guess4"])


def test_more_tails_than_are_held_are_counted_each_time(
    empty_store: Store, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(3)
    alone = answers(empty_store)
    monkeypatch.setattr(tails, "MOST", 2 * EACH)

    share(empty_store)

    assert alone == answers(empty_store)


@pytest.mark.parametrize("many", [0, 1000])
@pytest.mark.parametrize("later", [0.0, 0.5])
def test_what_is_held_answers_alike(
    empty_store: Store, fill: Fill, many: int, later: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also of what came before the moment from which events are held."""
    merge(empty_store, fill(4)[:2], now=NOW, seal=True)
    monkeypatch.setattr(reader, "_MANY", many)
    found = []
    for hold in (False, True):
        with empty_store.reader(only=FEW) as asked:
            if hold:
                asked.hold_counts()
                asked.hold_events(PART.since + later * PART.length)
            found.append(
                (
                    requests.latest(asked, PART, key_refs=FEW).to_dict("records"),
                    traffic.totals(asked, PART, key_refs=FEW).to_dict("records"),
                    breakdown.usage_by(asked, PART, by="ip", key_refs=FEW).to_dict("records"),
                )
            )

    assert found[0] == found[1]
    assert all(found[0])


@pytest.mark.parametrize("about", [None, 0, 3, 1000])
def test_the_newest_are_found_whatever_is_said_of_their_number(
    empty_store: Store, fill: Fill, about: int | None
) -> None:
    fill(4)
    whole = Window(since=DAY, until=NOW)
    with empty_store.reader() as asked:
        found = requests.latest(asked, whole, key_refs=FEW, limit=5, about=about)
        every = requests.latest(asked, whole, key_refs=FEW, limit=1000)

    assert list(every["ts"].head(5)) == list(found["ts"])


def test_counts_lie_in_smaller_groups_than_events(
    empty_store: Store, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.events.parquet._COUNTS", 10)
    made = merge(empty_store, fill(4), now=NOW, seal=True)

    groups = {
        kind: pq.read_metadata(empty_store.files.name(made.id, kind)).num_row_groups for kind in ("events", "facets")
    }

    assert 1 == groups["events"]
    assert groups["facets"] > 1


def test_a_reader_stays_open_for_who_asks_about_the_same_segments_next(empty_store: Store, fill: Fill) -> None:
    share(empty_store)
    fill(2)
    with empty_store.reader() as first, empty_store.reader() as beside:
        assert first is not beside
        totals = traffic.totals(first, PART).to_dict("records")
    with empty_store.reader() as again:
        assert again in (first, beside)
        assert totals == traffic.totals(again, PART).to_dict("records")
    with empty_store.reader() as one, empty_store.reader() as two, empty_store.reader() as three:
        assert 3 == len({id(one), id(two), id(three)})
    with empty_store.reader(only=FEW) as few:
        assert few not in (first, beside)

    fill(1, first=2)
    with empty_store.reader() as other:
        assert other not in (first, beside)

    with empty_store.reader(kept=["fp:1:guess4"]) as unfolded:
        assert unfolded not in (first, beside, other)


def test_no_more_readers_stay_open_than_are_used(empty_store: Store, fill: Fill) -> None:
    share(empty_store)
    for number in range(sharing._IDLE + 2):
        fill(1, first=number)
        with empty_store.reader():
            pass
    assert isinstance(empty_store.events, SegmentedEvents)
    shared = empty_store.events._shared
    assert shared is not None

    assert sharing._IDLE == len(shared._idle)
    empty_store.events.close()
    assert not shared._idle


def test_a_reader_whose_question_failed_is_not_used_again(empty_store: Store, fill: Fill) -> None:
    share(empty_store)
    fill(2)
    with pytest.raises(ZeroDivisionError), empty_store.reader() as failed:
        _ = 1 / 0

    with empty_store.reader() as next_:
        assert failed is not next_
        assert traffic.totals(next_, PART)["requests"].iloc[0]


def test_a_reader_of_events_that_retention_dropped_is_not_used_again(empty_store: Store, fill: Fill) -> None:
    share(empty_store)
    merge(empty_store, fill(2), now=NOW, seal=True)
    with empty_store.reader() as before, empty_store.reading() as tx:
        held = segments.overlapping(tx, None)
    with empty_store.transaction() as tx:
        segments.drop_events(tx, held, NOW)

    with empty_store.reader() as after:
        assert before is not after
        assert requests.latest(after, PART, key_refs=FEW).empty


def test_what_was_opened_before_all_was_forgotten_is_not_used_again(empty_store: Store, fill: Fill) -> None:
    share(empty_store)
    fill(2)
    assert isinstance(empty_store.events, SegmentedEvents)
    with empty_store.reader() as busy:
        empty_store.events.forget()
        assert traffic.totals(busy, PART)["requests"].iloc[0]

    with empty_store.reader() as next_:
        assert busy is not next_

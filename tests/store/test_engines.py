"""What a store promises, on either engine of events: the same rows in, the same rows, counts and activity out."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlalchemy as sa

from model.errors import ConfigError, StoreError
from model.retention import Cuts
from model.segment import SegmentId
from store.compaction import GRACE, compact, merge
from store.events.clickhouse.connecting import Server
from store.events.interface import Written
from store.events.places import open_events
from store.events.tables import events, facets, usage
from store.handle import Store
from store.retention import Pruned, prune
from store.state import intents, segments
from store.sweeping import sweep_alone
from store.unfolding import Unfolding
from tests.engines import ENGINES, clickhouse, clickhouse_server
from tests.store.filled import DAY, EACH, NOW, Fill, duck, fill, filler, manifest

__all__ = ["clickhouse", "clickhouse_server", "duck", "fill"]

Duck = duckdb.DuckDBPyConnection
Answers = dict[str, list[tuple[Any, ...]]]


@pytest.fixture(params=ENGINES)
def empty_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    url = str(tmp_path / "events") if request.param == "duckdb" else request.getfixturevalue("clickhouse")
    opened = opened_at(url, tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def on_clickhouse(clickhouse: str, tmp_path: Path) -> Iterator[Store]:
    opened = opened_at(clickhouse, tmp_path)
    yield opened
    opened.close()


def opened_at(url: str, folder: Path) -> Store:
    place = open_events(url, root=folder, scratch=folder / "scratch", options={})
    return Store.open(f"sqlite:///{folder}/state.db", place)


def answers(store: Store, only: list[str] | None = None) -> Answers:
    """Every event, and usage and facets as sums of their parts; moments as text."""
    found = {}
    with store.reader(only=only) as reader:
        for table in (events, usage, facets):
            sums = [c for c in table.columns if c.name in SUMS and table is not events]
            groups = [c for c in table.columns if c not in sums and c.name != "batch"]  # whose name is random
            query = sa.select(*groups, *(SUMS[c.name](c).label(c.name) for c in sums)).group_by(*groups)
            frame = reader.frame(query)
            whole = frame.assign(**{c.name: frame[c.name].astype("Int64") for c in sums if c.name in WHOLE})
            found[table.name] = sorted((tuple(map(plain, row)) for row in whole.itertuples(index=False)), key=repr)
    return found


SUMS = dict.fromkeys(("requests", "bytes_out", "duration_sum", "timed"), sa.func.sum) | {
    "duration_max": sa.func.max,
    "first_ts": sa.func.min,
    "last_ts": sa.func.max,
}
WHOLE = ("requests", "bytes_out", "timed")


def plain(value: object) -> str | None:
    if value is None or str(value) in {"<NA>", "NaT", "nan"}:
        return None
    return f"{value:%Y-%m-%d %H:%M:%S.%f}" if isinstance(value, datetime) else str(value)


def unfold(store: Store, *refs: str) -> Unfolding:
    unfolding = Unfolding(store, list(refs), ["fp:1:0"])
    unfolding.look(NOW)
    with store.transaction() as tx:
        assert unfolding.finish(tx, NOW)
    return unfolding


def tails(_store: Store, fill: Fill) -> None:
    fill(3)


def some_sealed(store: Store, fill: Fill) -> None:
    merge(store, fill(4)[1:], now=NOW, seal=True)


def compacted(store: Store, fill: Fill) -> None:
    fill(7)
    compact(store, now=NOW)


def merged_twice(store: Store, fill: Fill) -> None:
    one, two, three, four = fill(4)
    first = merge(store, [one, two], now=NOW, seal=True)
    merge(store, [first, merge(store, [three], now=NOW, seal=True), four], now=NOW)


def unfolded(store: Store, fill: Fill) -> None:
    merge(store, fill(4)[:3], now=NOW, seal=True)
    unfold(store, "fp:1:guess4", "fp:1:guess9")


def pruned(store: Store, fill: Fill) -> None:
    fill(3)
    fill(2, since=DAY + timedelta(days=1))
    prune(store, Cuts(events=DAY + timedelta(days=1)), now=NOW)


SOME = ["fp:1:1", "fp:1:guess4", "unknown:192.0.2.0/24"]


@pytest.mark.parametrize(
    ("scenario", "only"),
    [*((each, None) for each in (tails, some_sealed, compacted, merged_twice, unfolded, pruned)), (some_sealed, SOME)],
)
def test_both_engines_answer_alike(
    scenario: Callable[[Store, Fill], None], only: list[str] | None, tmp_path: Path, duck: Duck, clickhouse: str
) -> None:
    found = []
    for name, url in (("duckdb", "events"), ("clickhouse", clickhouse)):
        (tmp_path / name).mkdir()
        store = opened_at(url, tmp_path / name)
        scenario(store, filler(store, duck))
        found.append(answers(store, only))
        store.close()

    assert found[0] == found[1]
    assert found[0]["usage"]


def test_a_store_without_events_answers_nothing(empty_store: Store) -> None:
    assert {"events": [], "usage": [], "facets": []} == answers(empty_store)


def test_compaction_changes_no_answer(empty_store: Store, fill: Fill) -> None:
    fill(7)
    before = answers(empty_store)

    assert 7 == compact(empty_store, now=NOW)

    (one,) = manifest(empty_store)
    assert before == answers(empty_store)
    assert (7 * EACH, 1) == (one.rows, one.level)


def test_sealing_and_merging_again_changes_no_answer(empty_store: Store, fill: Fill) -> None:
    made = fill(4)
    before = answers(empty_store)
    first = merge(empty_store, made[:2], now=NOW, seal=True)
    second = merge(empty_store, made[2:3], now=NOW, seal=True)

    assert before == answers(empty_store)

    merge(empty_store, [first, second, made[3]], now=NOW)

    assert before == answers(empty_store)
    assert [True] == [one.sealed for one in manifest(empty_store)]


def test_what_became_one_goes_when_nobody_reads_it_any_more(empty_store: Store, fill: Fill) -> None:
    fill(3)
    before = answers(empty_store)
    compact(empty_store, now=NOW)

    with empty_store.reader() as reader:
        assert set() == sweep_alone(empty_store, NOW + GRACE / 2)
        assert 3 == len(sweep_alone(empty_store, NOW + GRACE * 2))
        del reader

    assert before == answers(empty_store)
    assert {one.id for one in manifest(empty_store)} == empty_store.events.stored()
    assert [] == empty_store.events.missing(manifest(empty_store), most=10)


def test_keys_that_come_after_their_traffic_are_unfolded(empty_store: Store, fill: Fill) -> None:
    made = fill(4)
    merge(empty_store, made[:3], now=NOW, seal=True)

    done = unfold(empty_store, "fp:1:guess4", "fp:1:guess9")

    found = answers(empty_store)
    assert {"fp:1:guess4", "fp:1:guess9"} <= {row[1] for row in found["usage"]}
    assert 4 * EACH == sum(int(row[4]) for row in found["usage"])
    first = next(iter(done._found[0].activity))
    assert ("fp:1:guess4", DAY + timedelta(seconds=4), DAY + timedelta(minutes=3, seconds=4), None) == (
        first[0],
        *first[2:],
    )


def test_retention_lets_events_go_and_keeps_what_was_counted(empty_store: Store, fill: Fill) -> None:
    fill(3)
    fill(2, since=DAY + timedelta(days=1))
    before = answers(empty_store)

    assert Pruned(events=3 * EACH) == prune(empty_store, Cuts(events=DAY + timedelta(days=1)), now=NOW)

    after = answers(empty_store)
    assert (before["usage"], before["facets"], 2 * EACH) == (after["usage"], after["facets"], len(after["events"]))
    assert Pruned(segments=3) == prune(empty_store, Cuts(counts=DAY + timedelta(days=1)), now=NOW)
    assert 2 * EACH == sum(int(row[4]) for row in answers(empty_store)["usage"])


def test_rows_that_no_manifest_knows_are_seen_by_nobody_and_swept(empty_store: Store, fill: Fill) -> None:
    fill(2)
    before = answers(empty_store)
    (dead,) = fill(1, first=2)
    with empty_store.transaction() as tx:
        segments.drop(tx, [dead], NOW)

    assert before == answers(empty_store)
    assert {dead.id} == sweep_alone(empty_store, NOW + GRACE * 2)
    assert before == answers(empty_store)
    assert set() == sweep_alone(empty_store, NOW + GRACE * 2)


def test_a_repeated_insert_adds_nothing(on_clickhouse: Store, fill_there: Fill, duck: Duck) -> None:
    (one,) = fill_there(1)
    before = answers(on_clickhouse)

    on_clickhouse.events.publish(drafted(on_clickhouse, duck, one.id), lambda: None)

    assert before == answers(on_clickhouse)
    assert [] == on_clickhouse.events.missing([one], most=10)


def test_rows_that_somebody_took_away_are_missed(on_clickhouse: Store, fill_there: Fill, clickhouse: str) -> None:
    made = fill_there(3)
    client = Server.of(clickhouse).client()
    client.command(f"DELETE FROM {Server.of(clickhouse).database}.events WHERE batch = '{made[1].id}' AND line <= 5")
    client.close()

    assert [f"{made[1].id} has {EACH - 5} of {EACH} events"] == on_clickhouse.events.missing(made, most=10)
    with pytest.raises(StoreError, match=f"should hold {3 * EACH} events, and {3 * EACH - 5}"):
        merge(on_clickhouse, made, now=NOW, seal=True)
    assert made == manifest(on_clickhouse)


def test_the_server_is_told_how_long_to_keep_what(on_clickhouse: Store, clickhouse: str) -> None:
    def kept() -> dict[str, str]:
        client = Server.of(clickhouse).client()
        rows = client.query(
            f"SELECT name, engine_full FROM system.tables WHERE database = '{Server.of(clickhouse).database}'"
            " AND name IN ('events', 'usage', 'facets')"
        ).result_rows
        client.close()
        return {name: full.partition(" TTL ")[2].partition(" SETTINGS")[0] for name, full in rows}

    prune(on_clickhouse, Cuts(events=NOW - timedelta(days=30), counts=NOW - timedelta(days=400)), now=NOW)
    thirty = kept()
    prune(on_clickhouse, Cuts(events=NOW - timedelta(days=90)), now=NOW)

    assert "toDateTime(ts) + toIntervalDay(37)" == thirty["events"]
    assert ("toDateTime(hour) + toIntervalDay(407)", "toDateTime(day) + toIntervalDay(407)") == (
        thirty["usage"],
        thirty["facets"],
    )
    assert {"events": "toDateTime(ts) + toIntervalDay(97)", "usage": "", "facets": ""} == kept()


def test_an_intent_is_there_before_the_first_row_and_gone_with_the_last(
    on_clickhouse: Store, fill_there: Fill, duck: Duck
) -> None:
    (one,) = fill_there(1)
    seen = []

    def intend() -> None:
        with on_clickhouse.transaction() as tx:
            intents.intend(tx, replace(one, id=SegmentId("again")))
        seen.append(on_clickhouse.events.stored())

    on_clickhouse.events.publish(drafted(on_clickhouse, duck, "again"), intend)
    with on_clickhouse.reading() as tx:
        left = [(it.id, it.source, it.origin, it.from_offset, it.to_offset, it.rows) for it in intents.intents(tx)]
    swept = sweep_alone(on_clickhouse, NOW)

    assert [{one.id}] == seen
    assert [("again", "edge", "o1", 0, 100, EACH)] == left
    assert ({"again"}, {one.id}) == (swept, on_clickhouse.events.stored())
    with on_clickhouse.reading() as tx:
        assert [] == intents.intents(tx)


@pytest.fixture
def fill_there(on_clickhouse: Store, duck: Duck) -> Fill:
    """`fill` for the store on ClickHouse."""
    return filler(on_clickhouse, duck)


def drafted(store: Store, duck: Duck, segment: str) -> Written:
    """The segment that `fill` made last, once more."""
    made = duck.table("made").to_arrow_table()
    return store.events.draft(duck, made, segment=SegmentId(segment), kept=["fp:1:0"])


@pytest.mark.parametrize("url", ["clickhouse:///db", "clickhouse://h/a-b", "clickhouse://h/a;b", "http://h/db"])
def test_a_url_that_names_no_database_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="no URL of a ClickHouse database"):
        Server.of(url)


def test_a_server_that_is_away_is_told_without_its_password(tmp_path: Path) -> None:
    store = opened_at_dead(tmp_path)

    with pytest.raises(StoreError, match=r"127\.0\.0\.1:9/db cannot be") as caught:
        store.events.stored()

    assert "hunter2" not in str(caught.value)


def opened_at_dead(folder: Path) -> Store:
    opened_at(str(folder / "events"), folder).close()
    return opened_at("clickhouse://kw:hunter2@127.0.0.1:9/db?connect_timeout=1", folder)

"""`keywatch store migrate`: to other engines and back, with nothing lost, and again after it was cut short."""

import shutil
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from commandline import NOON, Cli, attack, copied

from keywatch.collecting.ingesting import ingest_source
from keywatch.detecting.judging import judge
from keywatch.workspace import Workspace
from model.clock import FixedClock
from model.errors import StoreError
from model.retention import Cuts
from model.segment import Segment
from store.events.clickhouse import copying
from store.events.clickhouse.connecting import Server
from store.retention import prune
from store.state import chain, segments
from tests.engines import clickhouse, clickhouse_server
from tests.postgres import database, postgres_server, postgres_template

__all__ = ["clickhouse", "clickhouse_server", "database", "postgres_server", "postgres_template"]

SEEN = (
    ("usage", "--since", "2026-09-30", "--until", "2026-10-02", "--by", "route", "--json"),
    ("findings", "--json"),
    ("incidents", "--json"),
    ("keys", "list", "--json"),
    ("alerts", "list", "--json"),
)
"""What a person asks of a store."""
CUT = "The power went."


@pytest.fixture(scope="module")
def _house(_attacked: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = copied(_attacked, tmp_path_factory.mktemp("template") / "house")
    lines = [one.replace("/v1/pets", "/v2/pets") for one in attack() * 20]
    (folder / "more.log").write_text("".join(f"{one}\n" for one in lines))
    workspace = Workspace.at(folder / "keywatch.toml")
    clock = FixedClock(NOON.replace(hour=13))
    ingest_source(workspace, workspace.config.sources[0], clock=clock, paths=[folder / "more.log"])
    judge(workspace, now=clock.now())
    workspace.close()
    return folder


@pytest.fixture
def house(_house: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    """A workspace with a sealed segment, a tail and findings."""
    return Cli(copied(_house, tmp_path / "house"), capsys, monkeypatch)


def told(cli: Cli) -> list[Any]:
    return [cli(*words).json() for words in SEEN]


def place(cli: Cli, **store: str) -> None:
    """Write where the store is into the config, as the command says."""
    text = cli.config.read_text().partition("[store]")[0]
    lines = "".join(f'{name} = "{value}"\n' for name, value in store.items())
    cli.configure(f"{text}\n[store]\n{lines}")


def test_a_store_goes_to_other_engines_and_back_and_tells_the_same(
    house: Cli, clickhouse: str, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE", database)
    before = told(house)

    there = house("store", "migrate", "--to", "env:STATE", "--to", clickhouse)

    assert there.code == 0, there.err
    assert f'state = "env:STATE"\n  events = "{clickhouse}"' in there.err or (
        f'events = "{clickhouse}"\n  state = "env:STATE"' in there.err
    )
    place(house, state="env:STATE", events=clickhouse)
    shutil.move(house.root / "events", house.root / "old")
    shutil.move(house.root / "keywatch.db", house.root / "old.db")
    assert before == told(house)
    assert 0 == house("ingest", "--source", "edge", house.root / "more.log").code
    assert before == told(house)
    assert {"ok"} == {row["level"] for row in house("doctor", "--json").json() if row["about"] in {"state", "events"}}

    back = house("store", "migrate", "--to", "sqlite:///back.db", "--to", "back")

    assert back.code == 0, back.err
    place(house, state="sqlite:///back.db", events="back")
    assert before == told(house)
    assert 0 < house("store", "status", "--json").json()["bytes"]
    assert_unbroken(house)


def assert_unbroken(cli: Cli) -> None:
    """The audit log says of each move, and its chain holds."""
    workspace = Workspace.at(cli.config)
    try:
        with workspace.store.transaction() as tx:
            assert () == chain.check(tx).faults
    finally:
        workspace.close()
    log = cli("audit", "list", "--json")
    if log.code == 0:
        assert 2 == sum(row["action"] == "store migrated" for row in log.json())


def test_a_move_that_was_cut_short_goes_on_where_it_stood(
    house: Cli, clickhouse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, copied = told(house), list[str]()
    adopted = copying.adopted

    def cut_short(client: Any, server: Server, segment: Segment, copy: Any) -> None:  # noqa: ANN401
        copied.append(segment.id)
        if len(copied) == 2:
            part = pa.Table.from_batches([copy.events.read_next_batch()])
            copying.note(client, server, segment.id, [segment.id], span=(segment.min_ts, segment.max_ts), token="noted")
            copying.send(client, server, "events", part[: len(part) // 2], token="half")
            raise StoreError(CUT)
        adopted(client, server, segment, copy)

    with monkeypatch.context() as patch:
        patch.setattr(copying, "adopted", cut_short)
        first = house("store", "migrate", "--to", clickhouse)

    assert (1, 2) == (first.code, len(copied))

    second = house("store", "migrate", "--to", clickhouse)

    assert second.code == 0, second.err
    assert "(1 of them an earlier try had copied)" in second.err
    place(house, events=clickhouse)
    assert before == told(house)


def test_a_target_that_holds_anothers_events_is_refused(house: Cli, cli: Cli, clickhouse: str) -> None:
    cli("ingest", cli.log((house.root / "access.log").read_text().splitlines()))
    assert 0 == cli("store", "migrate", "--to", clickhouse).code

    done = house("store", "migrate", "--to", clickhouse)

    assert done.code == 2
    assert "is not empty" in done.err


def test_a_state_that_is_not_empty_is_refused(house: Cli, cli: Cli) -> None:
    cli("store", "status")
    cli("ingest", cli.log((house.root / "access.log").read_text().splitlines()))

    done = house("store", "migrate", "--to", f"sqlite:///{cli.root / 'keywatch.db'}")

    assert done.code == 2
    assert "is not empty: it has " in done.err


def test_the_state_is_there_whole_or_not_at_all(house: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    from store.moving import state

    copy = state._copy

    def fails(source: Any, target: Any, table: Any, told: Callable[[int], None]) -> Any:  # noqa: ANN401
        if table.name == "findings":
            raise StoreError(CUT)
        return copy(source, target, table, told)

    with monkeypatch.context() as patch:
        patch.setattr(state, "_copy", fails)
        assert 1 == house("store", "migrate", "--to", "sqlite:///new.db").code
    connection = sqlite3.connect(house.root / "new.db")
    assert [(0,)] == connection.execute("SELECT count(*) FROM segments").fetchall()
    connection.close()

    assert 0 == house("store", "migrate", "--to", "sqlite:///new.db").code


def test_a_copy_that_differs_is_told(house: Cli, clickhouse: str, monkeypatch: pytest.MonkeyPatch) -> None:
    adopted = copying.adopted

    def spoils(client: Any, server: Server, segment: Segment, copy: Any) -> None:  # noqa: ANN401
        adopted(client, server, segment, copy)
        client.command(
            f"ALTER TABLE {server.database}.events UPDATE status = 418 WHERE line = 3 SETTINGS mutations_sync = 1"
        )

    monkeypatch.setattr(copying, "adopted", spoils)

    done = house("store", "migrate", "--to", clickhouse)

    assert done.code == 1
    assert "were copied wrong" in done.err


@pytest.mark.parametrize("twice", [("a", "b"), ("sqlite:///a", "sqlite:///b")])
def test_two_targets_of_one_kind_are_refused(cli: Cli, twice: tuple[str, str]) -> None:
    done = cli("store", "migrate", "--to", twice[0], "--to", twice[1])

    assert done.code == 2
    assert "are for the " in done.err


def test_segments_whose_events_retention_dropped_keep_their_counts(house: Cli, clickhouse: str) -> None:
    workspace = Workspace.at(house.config)
    prune(workspace.store, Cuts(events=NOON + timedelta(days=1)), now=NOON + timedelta(days=2))
    workspace.close()
    before = told(house)

    done = house("store", "migrate", "--to", clickhouse)

    assert done.code == 0, done.err
    place(house, events=clickhouse)
    assert before == told(house)
    workspace = Workspace.at(house.config)
    with workspace.store.reading() as tx:
        assert all(one.events_dropped_at for one in segments.overlapping(tx, None))
    workspace.close()


def test_files_go_to_another_folder(house: Cli, tmp_path: Path) -> None:
    before = told(house)

    assert 0 == house("store", "migrate", "--to", str(tmp_path / "elsewhere")).code

    place(house, events=str(tmp_path / "elsewhere"))
    assert before == told(house)

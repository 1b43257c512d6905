"""What the store holds is told in numbers, what belongs to nothing is counted, and `store prune` removes it."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from commandline import NOON, Cli

from keywatch.workspace import Workspace
from model.clock import SystemClock
from store.state.upgrade import HEAD
from tests.keywatch.test_compacting import ingest_in_parts
from tests.postgres import database, postgres_server, postgres_template

__all__ = ["database", "postgres_server", "postgres_template"]


def remains(root: Path, begun: datetime) -> Path:
    """What a writer leaves that died at some time: one file that is whole, and a draft."""
    folder = root / "events" / f"{begun:%Y%m%d}"
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{begun:%Y%m%dT%H%M%S%f}-0badf00d"
    (folder / f"{name}.usage.parquet.draft").write_bytes(b"half")
    path = folder / f"{name}.events.parquet"
    path.write_bytes(b"PAR1")
    return path


def ago(hours: float) -> datetime:
    return SystemClock().now() - timedelta(hours=hours)


def test_sizes_ages_rows_and_health_are_told(cli: Cli) -> None:
    ingest_in_parts(cli)
    cli("store", "backup", cli.root / "copy")

    found = cli("store", "status", "--json").json()
    shown = cli("store", "status")

    [edge] = found["by_source"]
    assert {"source": "edge", "segments": 4, "events": 70, "sealed": 0}.items() <= edge.items()
    assert (4, 70, 0, 0) == tuple(found[name] for name in ("segments", "events", "orphans", "unsettled"))
    assert edge["bytes"] == found["bytes"] == sum(path.stat().st_size for path in cli.root.glob("events/**/*.parquet"))
    assert (NOON, NOON + timedelta(minutes=29)) == tuple(
        datetime.fromisoformat(found[name]) for name in ("first_event", "last_event")
    )
    assert ago(0.1) < datetime.fromisoformat(found["last_ingested"]) < datetime.fromisoformat(found["backed_up"])
    assert {"engine": "sqlite", "schema": HEAD}.items() <= found["state"].items()
    assert (4, 1) == (found["state"]["rows"]["segments"], found["state"]["rows"]["sources"])
    assert found["state"]["bytes"] == (cli.root / "keywatch.db").stat().st_size
    assert {"ok"} == {one["level"] for one in found["health"]}
    assert {"disk", "state", "events"} == {one["about"] for one in found["health"]}
    assert all(word in shown.out for word in ("edge", "segments", HEAD))
    assert "nothing is missing" in shown.err


def test_a_missing_file_is_told(cli: Cli) -> None:
    ingest_in_parts(cli)
    next(cli.root.glob("events/**/*.parquet")).unlink()

    wrong = [one for one in cli("store", "status", "--json").json()["health"] if one["level"] == "error"]

    assert ["events"] == [one["about"] for one in wrong]
    assert "store restore" in wrong[0]["remedy"]


def test_inputs_of_a_merge_are_no_orphans_for_an_hour(cli: Cli) -> None:
    ingest_in_parts(cli)
    cli("store", "compact")

    found = cli("store", "status", "--json").json()

    assert (1, 0, 4) == (found["segments"], found["orphans"], found["unsettled"])


def test_remains_of_a_writer_that_died_are_counted_and_swept(cli: Cli) -> None:
    ingest_in_parts(cli)
    before = cli("usage", "--by", "ip", "--json").json()
    old, young = remains(cli.root, ago(30)), remains(cli.root, ago(0.1))
    found = cli("store", "status", "--json").json()

    first, second = cli("store", "prune"), cli("store", "prune")

    assert (1, 1) == (found["orphans"], found["unsettled"])
    assert "2 segments that nothing knew were swept." in first.err
    assert "swept" not in second.err
    assert not old.exists()
    assert not young.exists()
    assert [] == list(cli.root.glob("events/**/*.draft"))
    assert before == cli("usage", "--by", "ip", "--json").json()


def test_where_several_write_only_what_nobody_can_be_at_is_swept(cli: Cli, database: str) -> None:
    cli.configure(f'[store]\nstate = "{database}"\n[[sources]]\nname = "edge"\npath = "access.log"\n')
    cli.log([])
    old, young = remains(cli.root, ago(1.1)), remains(cli.root, ago(0.1))
    with pytest.MonkeyPatch.context() as patched:  # an empty state beside segments is refused
        patched.setattr("store.events.segmented.SegmentedEvents.stored", lambda _: set())
        Workspace.at(cli.config).store.close()

    done = cli("store", "prune")

    assert "1 segments that nothing knew were swept." in done.err
    assert (False, True) == (old.exists(), young.exists())
    assert cli("store", "status", "--json").json()["state"]["bytes"] > 0

"""Days that are over become one segment each, by command and by `keywatch run`; answers stay as they were."""

from datetime import timedelta
from typing import Any

import duckdb
import pytest
from commandline import ATTACKED, GOOD, GUESSER, GUESSES, NOON, UNTIL, Cli, line

from keywatch.running.keeping_house import HouseKeeper
from keywatch.running.turn import Turn
from keywatch.workspace import Workspace
from model.clock import Clock, FixedClock
from model.errors import StoreError


def ingest_in_parts(cli: Cli) -> None:
    """An attack in a log that is read four times."""
    cli.configure(ATTACKED)
    good = [line(NOON + timedelta(minutes=n), token=GOOD) for n in range(30)]
    bad = [line(NOON + timedelta(minutes=20, seconds=n), 401, token=t, ip=GUESSER) for n, t in enumerate(GUESSES)]
    lines = good + bad
    for part in range(1, 5):
        cli.log(lines[: len(lines) * part // 4])
        assert 0 == cli("ingest").code


def asked(cli: Cli) -> list[Any]:
    commands = (("usage", "--by", "status"), ("usage", "--by", "ip"), ("usage", "--by", "route"), ("findings",))
    return [cli(*command, "--json").json() for command in commands]


def test_compact_merges_a_day_and_nothing_else_changes(cli: Cli) -> None:
    ingest_in_parts(cli)
    cli("detect", "--until", UNTIL)
    before = asked(cli)
    assert 4 == cli("store", "status", "--json").json()["segments"]

    done, again = cli("store", "compact"), cli("store", "compact")

    assert (0, "4 segments were merged. Open segments now: 1.") == (done.code, done.err.strip())
    assert (0, "Nothing to merge.") == (again.code, again.err.strip())
    assert 1 == cli("store", "status", "--json").json()["segments"]
    assert before == asked(cli)
    assert before[-1]
    cli("ingest")
    assert before[:-1] == asked(cli)[:-1]


def test_findings_are_the_same_whether_segments_were_merged_before_or_not(cli: Cli) -> None:
    ingest_in_parts(cli)
    dry = cli("detect", "--until", UNTIL, "--dry-run", "--json").json()

    cli("store", "compact")
    cli("detect", "--until", UNTIL)

    found = {one["id"] for one in cli("findings", "--json").json()}
    assert found
    assert found == {one["id"] for one in dry}


def test_a_round_of_run_merges_by_itself(cli: Cli) -> None:
    ingest_in_parts(cli)

    cli("run", "--once")

    assert 1 == cli("store", "status", "--json").json()["segments"]
    assert 70 == cli("store", "status", "--json").json()["events"]


def test_a_merge_without_the_memory_for_it_rests_and_what_makes_room_was_done(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest_in_parts(cli)
    orphan = cli.root / "events" / "20260101" / "20260101T000000000000-00000000.events.parquet"
    orphan.parent.mkdir()
    orphan.touch()
    workspace, clock, keeper = Workspace.at(cli.config), FixedClock(NOON + timedelta(days=2)), HouseKeeper()

    def segments() -> int:
        return int(cli("store", "status", "--json").json()["segments"])

    with monkeypatch.context() as scarce:
        scarce.setattr("store.events.merging._MEMORY", "1MB")
        with pytest.raises(StoreError, match="4 segments of 70 events cannot be merged: neither 1MB of memory"):
            keeper.keep(workspace, clock)
        assert not orphan.exists()
        clock.ticks += 599
        keeper.keep(workspace, clock)
        clock.ticks += 1
        with pytest.raises(StoreError):
            keeper.keep(workspace, clock)
        assert 4 == segments()
    clock.ticks += 600
    keeper.keep(workspace, clock)
    workspace.close()

    assert 1 == segments()


@pytest.mark.parametrize("error", [MemoryError(), duckdb.OutOfMemoryException("no block of 256 KB")])
def test_a_part_that_memory_does_not_suffice_for_ends_itself_and_not_the_run(cli: Cli, error: Exception) -> None:
    class Large(HouseKeeper):
        def keep(self, workspace: Workspace, clock: Clock) -> None:
            del workspace, clock
            raise error

    cli.log([line(NOON, token=GOOD)])
    cli.configure(ATTACKED)
    workspace = Workspace.at(cli.config)

    cycle = Turn(workspace=workspace, clock=FixedClock(NOON), keeper=Large()).take()
    workspace.close()

    assert [1] == [one.lines for one in cycle.ingested]
    assert cycle.stuck
    assert ["The memory is not enough, or a limit on it is too low."] == [one.splitlines()[0] for one in cycle.errors]

"""`keywatch doctor` says what is wrong, one thing at a time, with what helps; and nothing of what is well."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from commandline import GOOD, Cli, line

from keywatch.workspace import Workspace
from model.clock import SystemClock

ALL_WELL = """
[[sources]]
name = "edge"
path = "access.log"

[[alerts.targets]]
name = "file"
url = "jsonl:alerts.jsonl"

[[alerts.targets]]
name = "second"
url = "jsonl:second.jsonl"

[[alerts.routes]]
to = ["file", "second"]

[alerts]
heartbeat = "https://hc.example/ping"
"""


@pytest.fixture
def well(cli: Cli) -> Cli:
    """A workspace of which the doctor has nothing to say."""
    cli.configure(ALL_WELL)
    cli.config.chmod(0o600)
    now = SystemClock().now()
    cli.log([line(now - timedelta(seconds=60 - n), token=GOOD) for n in range(50)])
    (cli.root / "keys.csv").write_text(f"key_id,name,secret\nk1,billing,{GOOD}\n")
    cli("keys", "import", cli.root / "keys.csv", "--hash-keys")
    assert 0 == cli("run", "--once").code
    return cli


def remarks(cli: Cli) -> list[str]:
    return [f"{one['level']}: {one['what']}" for one in cli("doctor", "--json").json() if one["level"] != "ok"]


def test_of_a_workspace_that_is_well_nothing_is_said(well: Cli) -> None:
    assert [] == remarks(well)
    assert 0 == well("doctor").code
    assert {"config", "files", "disk", "state", "events", "keys", "sources", "detection", "alerts"} == {
        one["about"] for one in well("doctor", "--json").json()
    }


def no_route(cli: Cli) -> None:
    cli.configure(ALL_WELL.replace("[[alerts.routes]]", "").replace('to = ["file", "second"]', ""))


def no_heartbeat(cli: Cli) -> None:
    cli.configure(ALL_WELL.partition("[alerts]")[0])


def one_target(cli: Cli) -> None:
    first = ALL_WELL.partition('\n[[alerts.targets]]\nname = "second"')
    cli.configure(
        first[0] + "\n[[alerts.routes]]" + ALL_WELL.partition("[[alerts.routes]]")[2].replace(', "second"', "")
    )


def unknown_name(cli: Cli) -> None:
    cli.configure(ALL_WELL.replace("[[sources]]", "[[sources]]\npaht = 1"))


def open_config(cli: Cli) -> None:
    cli.config.chmod(0o644)


def missing_segment(cli: Cli) -> None:
    next(cli.root.glob("events/*/*.parquet")).unlink()


def another_source(cli: Cli) -> None:
    cli.configure(ALL_WELL + '\n[[sources]]\nname = "other"\npath = "none.log"\n')


def rejects(cli: Cli) -> None:
    with (cli.root / "access.log").open("a") as log:
        log.write("no log line\n" * 9)
    cli("ingest")


def future(cli: Cli) -> None:
    with (cli.root / "access.log").open("a") as log:
        log.write(line(SystemClock().now() + timedelta(days=3), token=GOOD) + "\n")
    cli("ingest")


def no_inventory(cli: Cli) -> None:
    from sqlalchemy import text

    workspace = Workspace.at(cli.config)
    with workspace.store.transaction() as tx:
        for table in ("key_refs", "keys"):
            tx.execute(text(f"DELETE FROM {table}"))
    workspace.close()


def broken_state(cli: Cli) -> None:
    for name in ("keywatch.db-wal", "keywatch.db-shm"):
        (cli.root / name).unlink(missing_ok=True)
    (cli.root / "keywatch.db").write_bytes(b"no database" * 1000)


def lost_pepper(cli: Cli) -> None:
    (cli.root / "keywatch.pepper").unlink()


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (no_route, ["error: No route leads to a target."]),
        (no_heartbeat, ["warn: Nobody notices when keywatch itself is dead."]),
        (one_target, ["warn: When file refuses, nobody hears of it: there is no second target."]),
        (unknown_name, ["Did you mean 'path'?"]),
        (open_config, ["keywatch.toml can be read by others (0644)."]),
        (missing_segment, ["error: 1 files or batches of segments are missing, such as"]),
        (another_source, ["warn: other was never read."]),
        (rejects, ["warn: edge: 9 of 59 lines were rejected."]),
        (future, ["warn: Some events are ahead of this clock:"]),
        (no_inventory, ["warn: The inventory is empty"]),
        (broken_state, ["error: The state"]),
        (lost_pepper, ["error: The pepper stands in"]),
    ],
)
def test_what_is_wrong_is_said(well: Cli, break_it: Callable[[Cli], None], said: list[str]) -> None:
    break_it(well)

    found = remarks(well)

    assert all(any(part in one for one in found) for part in said), found
    assert well("doctor").code == any(one.startswith("error") for one in found)
    assert {one.startswith(("error", "warn")) for one in found} == {True}


def test_each_remark_says_what_helps(well: Cli) -> None:
    no_route(well)
    another_source(well)

    assert all(one["remedy"] for one in well("doctor", "--json").json() if one["level"] != "ok")
    assert "keywatch ingest --source other" in well("doctor").err

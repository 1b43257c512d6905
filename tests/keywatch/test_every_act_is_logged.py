"""Every command that writes leaves a row in the audit log with who did it; a new command has to say which it is."""

import getpass
import socket
import sqlite3
from collections.abc import Iterator

import pytest
import typer
from commandline import GOOD, NOON, Cli

from keywatch.__main__ import app
from tests.keywatch.test_review import AT, decide

READS = frozenset(
    {"usage", "findings", "doctor", "backtest", "metrics", "config check", "config show", "keys sources", "keys list"}
    | {"formats list", "formats detect", "formats test", "keys show", "keys exceptions", "incidents", "alerts list"}
    | {"alerts route", "silences list", "report verify", "report list", "audit verify", "audit list", "store status"}
)
MACHINERY = {
    "ingest": "each batch stands in the manifest with its origin, from and to",
    "detect": "findings say when they were detected, and the config that made them is logged",
    "alerts deliver": "each try stands in the delivery itself",
    "store compact": "merged batches are remembered, and no question has another answer",
}
"""What `run` does by itself every few seconds, and where its trace is."""
ELSEWHERE = {
    "init": "test_a_new_workspace_begins_its_log",
    "run": "tests/keywatch/test_run.py",
    "dashboard": "tests/dashboard/test_serve.py",
    "store restore": "test_a_restored_store_says_so",
    "store migrate": "tests/keywatch/test_store_migrate.py",
}
PERIOD = ("--period", f"{NOON:%Y-%m}", "--until", AT.isoformat())


def acts(cli: Cli) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """(command, its arguments, the action that the log has), in an order in which each has something to do."""
    (cli.root / "keys2.csv").write_text(f"key_id,name,secret\nk1,billing,{GOOD}\nk2,second,kw_live_2b8c66d0f1a7e3\n")
    incident = cli("incidents", "--json").json()[0]["id"]
    yield "keys import", (str(cli.root / "keys2.csv"), "--hash-keys"), "keys import"
    cli.configure(cli.config.read_text() + '\n[inventory]\nsources = [{ type = "csv", path = "synced.csv" }]\n')
    (cli.root / "synced.csv").write_text("key_id,name\nk9,ninth\n")
    yield "keys sync", (), "keys sync"
    yield "keys link", ("k1", "k2"), "keys link"
    excuse = ("--reason", "A batch", "--approver", "ann", "--until", "9d")
    yield "keys ignore", ("k1", *excuse), "key excused"
    yield "keys unignore", ("1",), "exception ended"
    yield "incidents ack", (incident,), "incident acknowledged"
    yield "incidents snooze", (incident, "--until", "2h"), "incident snoozed"
    yield "incidents wake", (incident,), "incident woken"
    yield "incidents assign", (incident, "ann"), "incident assigned"
    yield "incidents comment", (incident, "seen"), "incident commented"
    yield "incidents resolve", (incident, "--as", "false"), "incident resolved"
    yield "incidents reopen", (incident,), "incident reopened"
    yield "silences add", ("--key", "k1", "--until", "2h", "--reason", "A test"), "silence added"
    yield "silences expire", ("1",), "silence expired"
    yield "alerts test", (), "alerts tested"
    _kill_deliveries(cli)
    yield "alerts replay", ("--target", "file"), "alerts replayed"
    yield "report render", (*PERIOD, "-o", str(cli.root / "rendered")), "report rendered"
    yield "report open", (*PERIOD, "-o", str(cli.root / "review")), "report opened"
    decide(cli.root / "review")
    yield "report close", ("--until", AT.isoformat()), "report closed"
    yield "privacy export", ("Payments",), "privacy exported"
    yield "privacy erase", ("Payments", "--yes"), "privacy erased"
    yield "store prune", (), "store pruned"
    yield "store backup", (str(cli.root / "backup"),), "store backed up"


def test_every_act_is_logged_with_who_did_it(found: Cli) -> None:
    found("detect", "--until", AT.isoformat())
    done = []
    for command, arguments, action in acts(found):
        before = len(log(found))
        told = found(*command.split(), *arguments)
        assert 0 == told.code, (command, told.err)
        new = log(found)[: len(log(found)) - before]
        assert [f"{getpass.getuser()}@{socket.gethostname()}"] == [
            row["actor"] for row in new if row["action"] == action
        ], (command, new)
        done.append(command)

    assert commands() == READS | MACHINERY.keys() | ELSEWHERE.keys() | set(done)


@pytest.mark.parametrize("command", sorted(READS - {"config check", "config show", "backtest", "metrics", "doctor"}))
def test_a_command_that_reads_leaves_none(found: Cli, command: str) -> None:
    arguments = {
        "keys show": ("k1",),
        "formats detect": (str(found.root / "access.log"),),
        "formats test": (str(found.root / "access.log"),),
        "report verify": (str(found.root),),
    }
    before = log(found)

    assert found(*command.split(), *arguments.get(command, ())).code in {0, 1}

    assert before == log(found)


def test_a_new_workspace_begins_its_log(cli: Cli) -> None:
    cli.root = cli.root / "fresh"

    assert 0 == cli.bare("init", cli.root).code

    assert "workspace made" == log(cli)[-1]["action"]


def test_a_restored_store_says_so(found: Cli, cli: Cli) -> None:
    found("store", "backup", found.root / "backup")
    for name in ("keywatch.db", "keywatch.db-wal", "keywatch.db-shm"):
        (cli.root / name).unlink(missing_ok=True)

    assert 0 == cli("store", "restore", found.root / "backup").code

    assert "store restored" == log(cli)[0]["action"]


def test_who_changed_the_config_stands_in_the_log_with_the_thresholds(found: Cli) -> None:
    found("report", "render", *PERIOD, "-o", found.root / "first")
    found.configure(found.config.read_text() + '\n[detectors.unused-key]\nafter = "30d"\n')

    found("report", "render", *PERIOD, "-o", found.root / "second")

    changed = next(row for row in log(found) if row["action"] == "config changed")
    assert {"unused-key.after": ["45d", "30d"]} == changed["detail"]["thresholds"]


def commands() -> set[str]:
    """All commands of the program by their whole name; a group that does something by itself too."""

    def walk(command: object, name: str) -> Iterator[str]:
        inner = getattr(command, "commands", {})
        if name and (not inner or getattr(command, "invoke_without_command", False)):
            yield name
        for each, found in inner.items():
            yield from walk(found, f"{name} {each}".strip())

    return set(walk(typer.main.get_command(app), ""))


def log(cli: Cli) -> list[dict]:
    return cli("audit", "list", "--limit", "1000", "--json").json()


def _kill_deliveries(cli: Cli) -> None:
    connection = sqlite3.connect(cli.root / "keywatch.db")
    connection.execute("UPDATE deliveries SET status = 'dead' WHERE target = 'file'")
    connection.commit()
    connection.close()

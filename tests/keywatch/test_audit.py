"""`keywatch audit verify` names the row that was changed, taken out, moved or cut off; reports keep checkpoints."""

import shutil
import sqlite3
from pathlib import Path

import pytest
from commandline import Cli

OFF = "DROP TRIGGER audit_log_UPDATE; DROP TRIGGER audit_log_DELETE;"
"""Whoever can write the database can do this too."""

EXCHANGED = ";".join(f"UPDATE audit_log SET seq = {to} WHERE seq = {seq}" for seq, to in ((1, 9), (2, 1), (9, 2)))


@pytest.fixture
def log(cli: Cli) -> Cli:
    """A workspace with four rows, of which the third is known to a report."""
    for n in range(2):
        cli("silences", "add", "--key", f"k{n}", "--until", "2h", "--reason", "a test")
    cli("report", "render", "--period", "last-1d", "-o", cli.root / "reports/kept")
    cli("silences", "expire", "1")
    return cli


def attack(cli: Cli, *statements: str) -> None:
    connection = sqlite3.connect(cli.root / "keywatch.db")
    connection.executescript(OFF + ";".join(statements))
    connection.close()


def test_a_whole_log_says_so(log: Cli) -> None:
    done = log("audit", "verify")

    assert (0, True) == (done.code, "whole: 5 rows; 1 of its checkpoints" in done.err), done.err
    assert ["silence expired", "report rendered", "config changed", "silence added", "silence added"] == [
        row["action"] for row in log("audit", "list", "--json").json()
    ]


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE audit_log SET actor = 'nobody' WHERE seq = 2", "Row 2 was changed."),
        ("DELETE FROM audit_log WHERE seq = 2", "Row 2 is missing."),
        ("DELETE FROM audit_log WHERE seq > 3", "The log was cut off after row 3: it had 5."),
        (EXCHANGED, "Row 1 is out of order: it was written as row 2."),
    ],
)
def test_what_was_done_to_the_log_is_named(log: Cli, statement: str, said: str) -> None:
    attack(log, statement)

    done = log("audit", "verify")

    assert (1, True) == (done.code, said in done.err), done.err
    assert said in log("audit", "verify", "--json").json()["faults"]


def test_a_database_from_an_old_backup_is_found_by_the_reports_checkpoint(log: Cli, tmp_path: Path) -> None:
    kept = tmp_path / "elsewhere"
    shutil.copytree(log.root / "reports/kept", kept)
    attack(
        log,
        "DELETE FROM audit_log; DELETE FROM audit_head; DELETE FROM reports",
    )
    log("silences", "expire", "2")

    alone = log("audit", "verify")
    known = log("audit", "verify", "--checkpoint", kept)

    assert 0 == alone.code
    assert (1, True) == (known.code, f"Row 3 is missing: {kept} knows it." in known.err)


def test_a_folder_without_a_checkpoint_is_refused(log: Cli, tmp_path: Path) -> None:
    done = log("audit", "verify", "--checkpoint", tmp_path)

    assert (1, True) == (done.code, "holds no checkpoint" in done.err)


def test_an_empty_log_says_so(cli: Cli) -> None:
    assert "The audit log is empty." in cli("audit", "verify").err

"""`keywatch privacy`: what is known is handed out; a person is forgotten, and no seal breaks."""

import json
import sqlite3
from pathlib import Path

import pytest
from commandline import GUESSER, Cli

from tests.keywatch.test_review import AT, decide, opened, rows

OWNER = "Payments"


def everything(cli: Cli) -> str:
    connection = sqlite3.connect(cli.root / "keywatch.db")
    dump = "\n".join(line for line in connection.iterdump() if "audit_log" not in line)
    connection.close()
    return dump


def exported(cli: Cli, subject: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in cli("privacy", "export", subject).out.splitlines()]


def test_everything_that_mentions_a_person_is_handed_out(found: Cli) -> None:
    got = exported(found, OWNER)

    assert {"keys", "key_history"} >= {str(row["table"]) for row in got} >= {"keys"}


def test_an_address_and_a_key_come_with_their_events(found: Cli) -> None:
    assert 40 == sum(row["table"] == "events" and row["ip"] == GUESSER for row in exported(found, GUESSER))
    assert 300 == sum(row["table"] == "events" for row in exported(found, "billing"))


def test_a_person_is_forgotten_and_the_sealed_report_stays_whole(found: Cli) -> None:
    folder = opened(found)
    decide(folder, rationale="By eve@corp.example")
    found("report", "close", "--until", AT.isoformat())
    found("report", "render", "--period", "last-1d", "-o", found.root / "rendered")
    found("incidents", "assign", found("incidents", "--json").json()[0]["id"], OWNER)

    done = found("privacy", "erase", OWNER, "--yes")

    assert 0 == done.code, done.err
    assert OWNER not in everything(found)
    assert [] == [path.name for path in folder.iterdir() if OWNER.encode() in path.read_bytes()]
    assert OWNER not in {row["value"] for row in rows(folder, "people.csv")}
    assert 0 == found.bare("report", "verify", folder).code
    assert 0 == found("audit", "verify").code
    assert "privacy erased" == found("audit", "list", "--json").json()[0]["action"]
    assert OWNER not in str(found("audit", "list", "--json").json()[0])
    assert [] == list((found.root / "rendered").iterdir())


def test_another_person_of_a_like_name_stays(found: Cli) -> None:
    (found.root / "more.csv").write_text("key_id,name,owner\nk7,seven,ada@corp.example\nk8,eight,nada@corp.example\n")
    found("keys", "import", found.root / "more.csv")

    found("privacy", "erase", "ada@corp.example", "--yes")

    owners = {row["owner"] for row in exported(found, "nada@corp.example") if row["table"] == "keys"}
    assert {"nada@corp.example"} == owners
    assert [] == [row for row in exported(found, "ada@corp.example") if row["table"] == "keys"]


@pytest.mark.parametrize("subject", [GUESSER, "billing", " "])
def test_what_is_no_person_is_refused(found: Cli, subject: str) -> None:
    done = found("privacy", "erase", subject, "--yes")

    assert (2, True) == (done.code, "is no person" in done.err)


def test_nothing_is_forgotten_without_a_yes(found: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))

    assert 0 != found("privacy", "erase", OWNER).code
    assert OWNER in everything(found)
    assert Path(found.root).is_dir()

"""`keywatch report open`, `close` and `verify`: a review from the frozen roster to the sealed sign-off."""

import csv
import json
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from commandline import GUESSER, NOON, Cli

from keywatch.workspace import Workspace
from reports.lines import of_file
from store.state import audit, chain

PERIOD = f"{NOON:%Y-%m}"
AT = NOON + timedelta(days=2)


def decide(folder: Path, at: datetime = AT, **values: str) -> None:
    path = folder / "worksheet.csv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row.update(decision="keep", rationale="In daily use", reviewer="eve@corp.example", reviewed_on=f"{at:%Y-%m-%d}")
        row.update(values)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def opened(cli: Cli, name: str = "review", at: datetime = AT) -> Path:
    done = cli("report", "open", "--period", PERIOD, "-o", cli.root / name, "--until", at.isoformat())
    assert 0 == done.code, done.err
    return cli.root / name


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_review_goes_from_the_roster_to_the_sign_off(found: Cli) -> None:
    folder = opened(found)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    decide(folder, decision="rotate", due="2026-12-31")

    done = found("report", "close", "--until", AT.isoformat())

    assert (0, True) == (done.code, "1 keys were decided, 1 decisions" in done.err), done.err
    assert {"review.csv", "review.html", "closing.json", "closing.json.sig", "closing.lines.sha256"} == {
        path.name for path in folder.iterdir()
    } - set(before)
    assert all(
        (folder / name).read_bytes() == data for name, data in before.items() if name[:6] not in {"people", "worksh"}
    )
    assert 0 == found.bare("report", "verify", folder).code
    assert ("closed", 1) == tuple(found("report", "list", "--json").json()[0][name] for name in ("stage", "decisions"))


def test_people_and_addresses_stand_in_no_sealed_file_and_the_table_says_who_they_are(found: Cli) -> None:
    folder = opened(found)
    decide(folder, rationale=f"Called from {GUESSER} by eve@corp.example")
    found("report", "close", "--until", AT.isoformat())

    sealed = [path for path in folder.iterdir() if path.name not in {"people.csv", "worksheet.csv"}]

    for path in sealed:
        text = path.read_bytes().decode("utf-8", "replace")
        assert not [word for word in ("Payments", "eve@corp.example", GUESSER) if word in text], path.name
    stands = {row["value"]: row["pseudonym"] for row in rows(folder, "people.csv")}
    assert {"Payments", "eve@corp.example", GUESSER} <= set(stands)
    (decision,) = rows(folder, "review.csv")
    assert (stands["Payments"], stands["eve@corp.example"]) == (decision["owner"], decision["reviewer"])
    assert f"Called from {stands[GUESSER]} by {stands['eve@corp.example']}" == decision["rationale"]


def test_a_worksheet_with_a_mistake_seals_nothing(found: Cli) -> None:
    folder = opened(found)
    decide(folder, reviewer="payments", rationale="")
    before = sorted(path.name for path in folder.iterdir())

    done = found("report", "close", "--until", AT.isoformat())

    assert 1 == done.code
    assert "Row 2 (billing): The rationale is blank." in done.err
    assert "The reviewer payments is the key's owner." in done.err
    assert before == sorted(path.name for path in folder.iterdir())
    assert "open" == found("report", "list", "--json").json()[0]["stage"]


def test_a_review_whose_roster_was_changed_is_not_closed(found: Cli) -> None:
    folder = opened(found)
    decide(folder)
    keys = folder / "keys.csv"
    keys.write_text(keys.read_text().replace("billing", "invoice"))

    done = found("report", "close", "--until", AT.isoformat())

    assert (1, True) == (done.code, "is not what was sealed: keys.csv was changed: line 2 was changed." in done.err)


def test_a_closed_review_is_neither_closed_again_nor_written_over(found: Cli) -> None:
    folder = opened(found)
    decide(folder)
    found("report", "close", "--until", AT.isoformat())
    lines = of_file(folder / "closing.json")

    again = found("report", "close", folder, "--until", AT.isoformat())
    over = found("report", "open", "--period", PERIOD, "-o", folder, "--until", AT.isoformat())
    none = found("report", "close")

    assert (1, True) == (again.code, "is closed already" in again.err)
    assert (1, True) == (over.code, "holds a sealed report" in over.err)
    assert (1, True) == (none.code, "Which review? Open: none." in none.err)
    assert lines == of_file(folder / "closing.json")


@pytest.mark.parametrize("name", ["review.csv", "review.html", "keys.csv", "manifest.json", "lines.sha256"])
def test_the_second_seal_covers_everything(found: Cli, name: str) -> None:
    folder = opened(found)
    decide(folder)
    found("report", "close", "--until", AT.isoformat())
    path = folder / name
    path.write_bytes(path.read_bytes().replace(b"e", b"f", 1))

    done = found.bare("report", "verify", folder)

    assert (1, True) == (done.code, f"{name} was changed: " in done.err), done.err
    assert "line " in done.err


def test_the_next_report_names_the_one_before_and_what_became_of_its_decisions(found: Cli) -> None:
    first = opened(found, "first")
    decide(first, decision="revoke", due="2026-12-31")
    found("report", "close", "--until", AT.isoformat())
    later = AT + timedelta(days=1)
    (found.root / "more.csv").write_text(
        "key_id,name,owner,status\nk1,billing,Finance,active\nk2,fresh,Payments,active\n"
    )
    found("keys", "import", found.root / "more.csv")

    second = opened(found, "second", later)

    manifest = json.loads((second / "manifest.json").read_text())
    document = json.loads((second / "report.json").read_text())
    assert json.loads((first / "manifest.json").read_text())["report_id"] == manifest["previous"]["report_id"]
    assert 64 == len(manifest["previous"]["manifest_sha256"])
    changes = {(one["key_id"], one["what"]) for one in document["since_last"]["keys"]}
    assert {("k1", "owner"), ("k2", "new")} == changes
    assert [("k1", "revoke", False)] == [
        (one["key_id"], one["decision"], one["done"]) for one in document["since_last"]["promises"]
    ]
    assert "Payments" not in (second / "report.json").read_text()


def test_a_report_before_that_was_changed_is_not_compared_with(found: Cli) -> None:
    first = opened(found, "first")
    (first / "keys.csv").write_text("nothing\n")

    second = opened(found, "second", AT + timedelta(days=1))

    assert "keys.csv is not what it was" in (second / "report.html").read_text()


def test_each_step_stands_in_the_audit_log(found: Cli) -> None:
    folder = opened(found)
    decide(folder)
    found("report", "close", "--until", AT.isoformat())
    found("report", "render", "--period", "last-1d")

    workspace = Workspace.at(found.config)
    try:
        with workspace.store.reading() as tx:
            rows = list(audit.entries(tx))
            assert () == chain.check(tx).faults
    finally:
        workspace.close()
    said = ["config changed", "report opened", "report closed", "report rendered"]
    assert said == [row["action"] for row in rows]


def test_the_signing_key_is_made_once_and_for_its_owner_alone(found: Cli) -> None:
    first = opened(found, "one")
    second = opened(found, "two", AT + timedelta(hours=1))

    assert 0o600 == (found.root / "keywatch.signing.pem").stat().st_mode & 0o777
    assert (first / "public-key.pem").read_bytes() == (second / "public-key.pem").read_bytes()


def test_a_signing_key_of_another_kind_is_refused(found: Cli) -> None:
    (found.root / "keywatch.signing.pem").write_text("no key")
    (found.root / "keywatch.signing.pem").chmod(0o600)

    done = found("report", "open", "--period", PERIOD, "--until", AT.isoformat())

    assert (1, True) == (done.code, "is no Ed25519 key" in done.err)


def test_verify_needs_no_workspace_and_says_what_it_does_not_prove(found: Cli, tmp_path: Path) -> None:
    folder = opened(found).rename(tmp_path / "elsewhere")

    done = found.bare("report", "verify", folder)
    told = found.bare("report", "verify", folder, "--json").json()

    assert (0, True) == (done.code, "It does not show that the logs" in done.err)
    assert ([], "open") == (told["faults"], told["stage"])


def test_a_close_that_died_before_the_state_heard_of_it_is_brought_to_its_end(found: Cli) -> None:
    folder = opened(found)
    decide(folder)
    found("report", "close", "--until", AT.isoformat())
    before = (folder / "closing.json").read_bytes()
    connection = sqlite3.connect(found.root / "keywatch.db")
    connection.execute("UPDATE reports SET stage = 'open', closed_at = NULL")
    connection.commit()
    connection.close()

    done = found("report", "close", "--until", AT.isoformat())

    assert (0, True) == (done.code, "1 keys were decided" in done.err), done.err
    assert before == (folder / "closing.json").read_bytes()
    assert "closed" == found("report", "list", "--json").json()[0]["stage"]

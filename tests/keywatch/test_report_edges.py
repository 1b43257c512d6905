"""Reports at the edges: twice at one moment, before telemetry, of no inventory, of keys that came and went."""

import csv
import json
from datetime import timedelta
from pathlib import Path

import pytest
from commandline import NOON, Cli, Done

from keywatch.workspace import Workspace
from model.clock import SystemClock
from model.key import Key, KeyId, KeyStatus
from store.state.inventory import save_keys

AT = NOON + timedelta(days=2)


def report(cli: Cli, command: str, name: str, *, period: str = "2026-10", at: str = AT.isoformat()) -> Done:
    return cli("report", command, "--period", period, "-o", cli.root / name, "--until", at)


def first_page(cli: Cli, name: str) -> str:
    text = (cli.root / name / "report.html").read_text()
    return " ".join(text.partition("<h2><b>1</b>")[0].split())


def told(cli: Cli, name: str) -> dict:
    return json.loads((cli.root / name / "report.json").read_text())


def rows(cli: Cli, name: str) -> dict[str, dict[str, str]]:
    with (cli.root / name / "keys.csv").open(newline="") as file:
        return {row["key_id"]: row for row in csv.DictReader(file)}


def save(cli: Cli, *keys: Key, at: object = NOON) -> None:
    workspace = Workspace.at(cli.config)
    with workspace.store.transaction() as tx:
        save_keys(tx, keys, at)
    workspace.close()


def test_a_report_is_rendered_again_and_elsewhere_at_the_same_moment(found: Cli) -> None:
    assert [0, 0, 0] == [report(found, "render", name).code for name in ("one", "one", "two")]
    assert 1 == len(found("report", "list", "--json").json())


def test_a_review_is_opened_once_at_one_moment(found: Cli) -> None:
    assert [0, 0] == [report(found, "render", "one").code, report(found, "open", "two").code]

    again = report(found, "open", "three")

    assert (1, True) == (again.code, f"it lies in {found.root}/two" in again.err), again.err
    assert not (found.root / "three").exists()


def test_a_quarter_that_is_not_over_says_so_and_counts_up_to_now(found: Cli) -> None:
    assert 0 == report(found, "open", "out", period="2026-Q4").code

    assert "The period is not over; it is judged as of 2026-10-03 12:00 UTC." in first_page(found, "out")
    assert "2026-10-03T12:00:00Z" == told(found, "out")["cover"]["as_of"]


def test_a_period_that_has_not_begun_is_refused(found: Cli) -> None:
    done = report(found, "open", "out", period="2027-Q1")

    assert (1, True) == (done.code, "has not begun" in done.err), done.err


def test_a_period_before_telemetry_says_that_it_knows_nothing(found: Cli) -> None:
    assert 0 == report(found, "render", "out", period="2026-07").code

    page = first_page(found, "out")
    assert "Telemetry began on 2026-10-01, after the period: it says nothing about it." in page
    assert {} == rows(found, "out")
    assert "was created after that moment and left out" in page


def test_a_workspace_without_anything_says_that_it_holds_no_evidence(cli: Cli) -> None:
    assert 0 == report(cli, "open", "out").code

    assert "This report holds no evidence, and none that nothing happened." in first_page(cli, "out")
    assert "0 keys wait for a decision" in report(cli, "open", "more", at="2026-10-03T13:00:00Z").err


def test_an_empty_inventory_beside_logs_says_that_keys_are_not_known(cli: Cli) -> None:
    cli.log(['192.0.2.1 - - [01/Oct/2026:12:00:00 +0000] "GET /v1/a HTTP/1.1" 200 5 "-" "curl/8"'])
    cli("ingest", cli.root / "access.log")
    assert 0 == report(cli, "render", "out").code

    assert "No inventory was imported, so which keys exist is not known." in first_page(cli, "out")


def test_a_key_that_was_created_and_removed_within_the_period_is_in_it(found: Cli) -> None:
    (found.root / "synced.csv").write_text(
        "key_id,name,status,created_at\nk5,brief,active,2026-10-02\nk6,stays,active,\n"
    )
    found.configure(found.config.read_text() + '\n[inventory]\nsources = [{ type = "csv", path = "synced.csv" }]\n')
    found("keys", "sync")
    (found.root / "synced.csv").write_text("key_id,name\nk6,stays\n")
    found("keys", "sync")
    later = SystemClock().now() + timedelta(days=1)  # it was removed now

    assert 0 == report(found, "render", "out", period=f"2026-10-01..{later:%Y-%m-%d}", at=later.isoformat()).code

    row = rows(found, "out")["k5"]
    assert ("removed", True, "2026-10-02T00:00:00Z") == (row["state"], bool(row["removed_at"]), row["created_at"])


@pytest.mark.parametrize("command", ["render", "open"])
def test_an_owner_that_was_renamed_is_one_change_since_the_report_before(found: Cli, command: str) -> None:
    report(found, "open", "before")
    save(found, Key(key_id=KeyId("k1"), owner="Billing team", status=KeyStatus.ACTIVE), at=AT)

    assert 0 == report(found, command, "after", at=(AT + timedelta(hours=1)).isoformat()).code

    changes = told(found, "after")["since_last"]["keys"]
    assert [("k1", "owner")] == [(one["key_id"], one["what"]) for one in changes]
    before, after = changes[0]["before"], changes[0]["after"]
    assert ("Payments", "Billing team") == (before, after) if command == "render" else before != after


def test_a_moment_in_another_zone_is_the_same_moment(found: Cli) -> None:
    report(found, "render", "utc", at="2026-10-03T12:00:00Z")
    report(found, "render", "berlin", at="2026-10-03T14:00:00+02:00")

    assert told(found, "utc")["cover"] == told(found, "berlin")["cover"]


def test_folders_of_reports_are_not_written_over_by_a_review(found: Cli) -> None:
    report(found, "open", "out")
    folder: Path = found.root / "out"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    done = report(found, "render", "out", at="2026-10-04T00:00:00Z")

    assert (1, True) == (done.code, "sealed report" in done.err)
    assert before == {path.name: path.read_bytes() for path in folder.iterdir()}

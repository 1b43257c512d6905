"""`detect`, `findings` and `incidents`: judged once, shown as documented, and decided by people.

Long for a file: one attacked workspace serves all of these."""

import sqlite3
from pathlib import Path

import pytest
from commandline import GUESSER, UNTIL, Cli, attack

from keywatch.workspace import Workspace
from store.state import audit, chain

FINDING = {
    "id", "incident_id", "detector", "severity", "status", "muted_by", "key_id", "key_name", "owner", "ip", "title",
    "summary",
    "first_seen", "last_seen", "count", "score", "evidence", "runbook", "attack", "controls", "detected_at",
}  # fmt: skip
"""Of DESIGN.md, section 6."""


def state(cli: Cli) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables of the state."""
    connection = sqlite3.connect(cli.root / "keywatch.db")
    try:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: sorted(connection.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr) for name in names}
    finally:
        connection.close()


def decided(cli: Cli) -> list[tuple[str, str, dict[str, str]]]:
    workspace = Workspace.at(cli.config)
    try:
        with workspace.store.reading() as tx:
            assert () == chain.check(tx).faults
            rows = audit.audit_frame(tx).to_dict("records")
    finally:
        workspace.close()
    return [(row["action"], row["subject"], row["detail"]) for row in rows]


def test_findings_have_the_documented_fields(found: Cli) -> None:
    rows = found("findings", "--json").json()

    guessing = next(row for row in rows if row["detector"] == "key-guessing")
    assert guessing.keys() == FINDING
    assert (GUESSER, "high", "open", 40) == tuple(guessing[name] for name in ("ip", "severity", "status", "count"))
    assert guessing["first_seen"] == "2026-10-01T12:30:00Z"
    assert guessing["incident_id"] in {row["id"] for row in found("incidents", "--json").json()}


def test_findings_of_one_detector_are_listed(found: Cli) -> None:
    guessing = found("findings", "--detector", "key-guessing", "--json").json()

    assert ["key-guessing"] == [row["detector"] for row in guessing]


def test_findings_are_filtered_by_status_and_severity(found: Cli) -> None:
    high = found("findings", "--min-severity", "high", "--json").json()

    assert {"high"} == {row["severity"] for row in high}
    assert found("findings", "--min-severity", "critical", "--json").json() == []
    assert found("findings", "--status", "resolved", "--json").json() == []


def test_a_dry_run_shows_what_would_be_found_and_writes_nothing(cli: Cli) -> None:
    cli("ingest", cli.log(attack()))
    before = state(cli)

    done = cli("detect", "--dry-run", "--until", UNTIL, "--json")

    assert done.code == 0
    assert "key-guessing" in {row["detector"] for row in done.json()}
    assert before == state(cli)


def test_detecting_again_changes_nothing(found: Cli) -> None:
    before = state(found)

    done = found("detect", "--until", UNTIL, "--json")

    after = state(found)
    assert done.json() == []
    for table in ("findings", "evidence", "incidents", "alerts", "deliveries"):
        assert before.get(table) == after.get(table), table


def test_judging_everything_again_changes_nothing(found: Cli) -> None:
    before = state(found)

    done = found("detect", "--since", "2026-09-30", "--until", UNTIL, "--json")

    after = state(found)
    assert done.json() == []
    assert before["findings"] == after["findings"]
    assert before["deliveries"] == after["deliveries"]


def test_until_is_the_clock(cli: Cli) -> None:
    cli("ingest", cli.log(attack()))
    (cli.root / "keys.csv").write_text("key_id,name,status,created_at\nold,old,active,2026-07-01\n")
    cli("keys", "import", cli.root / "keys.csv")

    before_the_guesses = cli("detect", "--dry-run", "--until", "2026-10-01T12:30:00Z", "--json").json()
    after_them = cli("detect", "--dry-run", "--until", UNTIL, "--json").json()
    much_later = cli("detect", "--dry-run", "--until", "2027-01-05", "--json").json()

    assert "key-guessing" not in {row["detector"] for row in before_the_guesses}
    assert "key-guessing" in {row["detector"] for row in after_them}
    assert ("over-age-key", "old") in {(row["detector"], row["key_id"]) for row in much_later}


@pytest.mark.parametrize(("line", "code"), [("low", 3), ("high", 3), ("critical", 0)])
def test_fail_on_ends_with_3_for_findings_at_or_above(cli: Cli, line: str, code: int) -> None:
    cli("ingest", cli.log(attack()))

    done = cli("detect", "--until", UNTIL, "--fail-on", line, "--json")

    assert code == done.code
    assert done.json()


def test_a_broken_detector_setting_ends_with_4_and_writes_nothing(found: Cli) -> None:
    found.configure('[detectors.key-guessing]\nkeys = "a few"\n')
    before = state(found)

    done = found("detect", "--until", "2026-10-01T14:00:00Z")

    assert done.code == 4
    assert "keys is 'a few'" in done.err
    assert before == state(found)


def test_acknowledging_an_incident_changes_it_and_its_findings_and_is_on_record(found: Cli) -> None:
    incident = found("incidents", "--json").json()[0]

    done = found("incidents", "ack", incident["id"])

    now = found("incidents", "--json").json()[0]
    assert done.code == 0
    assert f"Acknowledged: {incident['headline']}" in done.err
    assert ("open", "acknowledged") == (incident["status"], now["status"])
    assert {"acknowledged"} == {row["status"] for row in found("findings", "--json").json()}
    assert ("incident acknowledged", incident["id"], {}) in decided(found)


@pytest.mark.parametrize(("verdict", "status"), [("true", "resolved"), ("false", "muted"), ("expected", "muted")])
def test_resolving_an_incident_says_what_it_was(found: Cli, verdict: str, status: str) -> None:
    incident = found("incidents", "--json").json()[0]

    done = found("incidents", "resolve", incident["id"], "--as", verdict)

    assert done.code == 0
    assert found("incidents", "--status", "open", "--json").json() == []
    assert {status} == {row["status"] for row in found("findings", "--json").json()}
    assert ("incident resolved", incident["id"], {"verdict": verdict}) in decided(found)


def test_what_a_person_resolved_does_not_come_back_when_it_is_judged_again(found: Cli) -> None:
    incident = found("incidents", "--json").json()[0]
    found("incidents", "resolve", incident["id"], "--as", "false")

    found("detect", "--since", "2026-09-30", "--until", UNTIL)

    assert {"muted"} == {row["status"] for row in found("findings", "--json").json()}
    assert found("incidents", "--status", "open", "--json").json() == []


@pytest.mark.parametrize("verdict", ["false", "expected"])
def test_who_reopens_an_incident_has_what_was_muted_noticed_again(found: Cli, verdict: str) -> None:
    incident = found("incidents", "--json").json()[0]
    found("incidents", "resolve", incident["id"], "--as", verdict)

    done = found("incidents", "reopen", incident["id"])
    before = {row["status"] for row in found("findings", "--json").json()}
    found("detect", "--since", "2026-09-30", "--until", UNTIL)

    assert (0, f"Reopened: {incident['headline']}") == (done.code, done.err.strip())
    assert {"open"} == before
    assert "muted" not in {row["status"] for row in found("findings", "--json").json()}
    assert ("incident reopened", incident["id"], {}) in decided(found)


def test_route_explains_where_an_incident_goes(found: Cli) -> None:
    incident = found("incidents", "--json").json()[0]

    done = found("alerts", "route", "--incident", incident["id"])

    assert done.code == 0
    assert "It goes to file." in done.out


def test_what_waits_is_delivered_once_to_the_file(found: Cli, tmp_path: Path) -> None:
    first = found("alerts", "deliver")
    second = found("alerts", "deliver")

    del tmp_path
    told = (found.root / "alerts.jsonl").read_text().splitlines()
    listed = found("alerts", "list", "--json").json()
    assert (0, 0) == (first.code, second.code)
    assert "1 sent" in first.err
    assert "0 sent" in second.err
    assert len(told) == 1
    assert GUESSER in told[0]
    assert [("file", "sent")] == [(row["target"], row["status"]) for row in listed]

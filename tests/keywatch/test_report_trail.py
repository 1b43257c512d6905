"""Exceptions, ignored keys and rotations in a report, and what changed about them since the report before."""

import csv
import json
from datetime import timedelta
from pathlib import Path

import pytest
from commandline import NOON, Cli

from keywatch.workspace import Workspace
from model.clock import SystemClock
from model.key import Key, KeyId, KeyRef, KeyStatus
from reports.words import NOT_PROVEN
from store.state.exceptions import KeyException, add_exception, end_exception
from store.state.inventory import save_keys
from store.state.successors import set_successor

AT = NOON + timedelta(days=2)


@pytest.fixture
def turned(found: Cli) -> Cli:
    """`billing` is replaced by `billing-2`; an exception holds for it, and one by label has run out."""
    workspace = Workspace.at(found.config)
    new = Key(
        key_id=KeyId("k2"),
        name="billing-2",
        owner="Payments",
        key_refs=(KeyRef("id:k2"),),
        labels={"tier": "gold"},
        status=KeyStatus.ACTIVE,
        created_at=NOON - timedelta(days=20),
    )
    with workspace.store.transaction() as tx:
        save_keys(tx, [new], NOON)
        set_successor(tx, "k1", "k2", NOON)
        said = {"approver": "ann@corp.example", "author": "eve@corp.example", "since": NOON - timedelta(days=9)}
        held = KeyException(
            key_id="k1",
            rules=("unused-*",),
            reason="A batch",
            control="Bound to 10.0.0.0/8",
            until=AT + 3 * _DAY,
            **said,
        )
        add_exception(tx, held)
        add_exception(tx, KeyException(label="tier=gold", reason="A test", until=NOON + timedelta(hours=1), **said))
    workspace.close()
    return found


_DAY = timedelta(days=1)


def made(
    cli: Cli, name: str, command: str = "render", after: timedelta = timedelta(0), period: str = "2026-10"
) -> Path:
    at = AT + after
    done = cli("report", command, "--period", period, "-o", cli.root / name, "--until", at.isoformat())
    assert 0 == done.code, done.err
    return cli.root / name


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(newline="") as file:
        return list(csv.DictReader(file))


def test_exceptions_stand_in_the_report_with_rule_reason_control_approver_and_expiry(turned: Cli) -> None:
    folder = made(turned, "out")

    assert [
        ("exception 1", "key k1", "1", "unused-*", "A batch", "Bound to 10.0.0.0/8", "ann@corp.example", "in force"),
        ("exception 2", "label tier=gold", "1", "", "A test", "", "ann@corp.example", "expired"),
    ] == [
        tuple(row[name] for name in ("id", "about", "keys", "rules", "reason", "control", "approver", "state"))
        for row in rows(folder, "exceptions.csv")
    ]
    page = (folder / "report.html").read_text()
    assert all(word in page for word in ("Bound to 10.0.0.0/8", "ignored: exception 1", "1 key is excused from rules"))


def test_a_pattern_that_was_called_expected_is_an_exception_without_an_end(turned: Cli) -> None:
    incident = turned("incidents", "--json").json()[0]["id"]
    turned("incidents", "resolve", incident, "--as", "expected")

    after = SystemClock().now() + _DAY - AT  # it was called so now
    made(turned, "out", after=after, period=f"2026-10-01..{AT + after:%Y-%m-%d}")

    found = [row for row in rows(turned.root / "out", "exceptions.csv") if row["kind"] == "expected"]
    assert found
    assert {("", True)} == {(row["expires"], bool(row["about"] and row["rules"] and row["approver"])) for row in found}


def test_an_ignored_key_stays_counted(turned: Cli) -> None:
    excused = {row["key_id"]: (row["excused"], row["requests"]) for row in rows(made(turned, "out"), "keys.csv")}

    assert {"k1": ("exception 1", "300"), "k2": ("", "0")} == excused


def test_a_rotation_stands_in_the_report_with_its_steps(turned: Cli) -> None:
    folder = made(turned, "out")

    (row,) = rows(folder, "rotations.csv")
    assert ("k1", "k2", "explicit", "created", "open", "open", "open", "22") == tuple(
        row[name] for name in ("old", "new", "linked_by", "state", "clients", "test", "revoke", "days")
    )
    assert "1 rotation under way" in (folder / "report.html").read_text()
    assert ["created", ""] == [row["rotation"] for row in rows(folder, "keys.csv")]


def test_a_rotation_that_ended_before_the_period_is_left_out(turned: Cli) -> None:
    workspace = Workspace.at(turned.config)
    with workspace.store.transaction() as tx:
        old = Key(key_id=KeyId("k1"), status=KeyStatus.REVOKED, revoked_at=NOON - timedelta(days=10))
        save_keys(tx, [old], NOON)
    workspace.close()

    assert [] == rows(made(turned, "out"), "rotations.csv")


def test_what_changed_about_them_since_the_report_before_is_told(turned: Cli) -> None:
    made(turned, "first", "open")
    workspace = Workspace.at(turned.config)
    with workspace.store.transaction() as tx:
        end_exception(tx, 1, "eve", AT)
        save_keys(tx, [Key(key_id=KeyId("k1"), status=KeyStatus.REVOKED, revoked_at=AT)], AT)
        new = {"reason": "More", "approver": "ann", "author": "eve", "since": AT, "until": AT + 9 * _DAY}
        add_exception(tx, KeyException(label="tier", **new))
    workspace.close()

    since = json.loads((made(turned, "second", after=_DAY) / "report.json").read_text())["since_last"]

    told = {
        name: since[name] for name in ("exceptions_new", "exceptions_over", "rotations_begun", "rotations_completed")
    }
    assert {"exceptions_new": 1, "exceptions_over": 1, "rotations_begun": 0, "rotations_completed": 1} == told
    changed = {(one["key_id"], one["what"]): (one["before"], one["after"]) for one in since["keys"]}
    assert ("created", "completed") == changed["k1", "rotation"]


def test_people_of_exceptions_and_networks_of_rotations_are_pseudonyms_in_a_sealed_report(turned: Cli) -> None:
    folder = made(turned, "out", "open")

    texts = [path.read_text() for path in folder.iterdir() if path.suffix in {".csv", ".json", ".html"}]
    beside = (folder / "people.csv").read_text()
    assert [] == [text for text in texts if text != beside and ("ann@corp.example" in text or "10.0.0.0" in text)]
    assert all(word in beside for word in ("ann@corp.example", "eve@corp.example"))


def test_every_section_says_what_it_does_not_prove(turned: Cli) -> None:
    page = " ".join((made(turned, "out") / "report.html").read_text().split())

    assert [] == [name for name, words in NOT_PROVEN.items() if words.replace("'", "&#39;") not in page]

"""Decisions that are written key by key are the worksheet that the command line closes."""

import dataclasses
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dashboard.services import Change
from keywatch.process import work
from keywatch.reporting.reviewing import close_review
from keywatch.reporting.taking import asked, make_report
from keywatch.serving.reviews import Reviewing
from keywatch.workspace import Workspace
from model.errors import ReportError, WorkspaceLocked
from model.key import Key, KeyId, KeyStatus
from reports import worksheet
from store.state import audit, chain
from store.state.inventory import save_keys
from store.state.reports import made

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
EMPTY = {"decision": "", "rationale": "", "new_owner": "", "due": ""}
KEEP = EMPTY | {"decision": "keep", "rationale": "in daily use"}


def key(name: str, owner: str) -> Key:
    return Key(key_id=KeyId(name), name=f"{name}-prod", owner=owner, status=KeyStatus.ACTIVE, source="csv",
               created_at=NOW - timedelta(days=30), pulled_at=NOW)  # fmt: skip


@pytest.fixture
def review(workspace: Workspace) -> Reviewing:
    with workspace.store.transaction() as tx:
        save_keys(tx, [key("k1", "pay@co.example"), key("k2", "otto@co.example")], NOW)
    make_report(workspace, asked(workspace, "last-7d", now=NOW, review=True), now=NOW)
    return Reviewing(workspace)


def report(review: Reviewing) -> str:
    return str(review.listed()["id"].iloc[0])


def decide(review: Reviewing, *changes: Change, by: str = "otto@co.example") -> None:
    review.decide(report(review), changes, by=by, now=NOW)


def change(key_id: str, after: dict[str, str], before: dict[str, str] | None = None) -> Change:
    return Change(key_id=key_id, before=before or EMPTY, after=after)


def rows(review: Reviewing) -> dict[str, dict[str, object]]:
    return {str(row["key_id"]): row for row in review.worksheet(report(review)).to_dict("records")}  # type: ignore[misc]


def test_a_decision_stands_in_the_worksheet_with_who_and_when(review: Reviewing) -> None:
    decide(review, change("k1", KEEP))
    row = rows(review)["k1"]

    assert ("keep", "in daily use", "otto@co.example", "2026-11-28", "") == tuple(
        row[name] for name in ("decision", "rationale", "reviewer", "reviewed_on", "problem")
    )
    with review.workspace.store.reading() as tx:
        (last,) = audit.audit_frame(tx, 1).to_dict("records")
        assert () == chain.check(tx).faults
    assert ("otto@co.example", "keys decided", {"k1": "keep"}) == (
        last["actor"], last["action"], last["detail"]["keys"],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("key_id", "after", "said"),
    [
        ("k1", KEEP | {"rationale": " "}, "k1-prod: The rationale is blank."),
        ("k2", KEEP, "k2-prod: The reviewer otto@co.example is the key's owner."),
        ("k1", KEEP | {"decision": "rotate"}, "Nothing says by when to rotate it."),
        ("k1", KEEP | {"decision": "reassign", "due": "2026-12-31"}, "needs its new owner"),
        ("k1", KEEP | {"decision": "kep"}, "Did you mean keep?"),
        ("k1", KEEP | {"due": "2026-12-31"}, "It is kept, and has a due date."),
        ("k9", KEEP, "k9: The review has no such key."),
    ],
)
def test_what_the_closing_would_refuse_is_refused_at_once(
    review: Reviewing, key_id: str, after: dict[str, str], said: str
) -> None:
    path = Path(str(review.listed()["folder"].iloc[0])) / worksheet.NAME
    before = path.read_bytes()

    with pytest.raises(ReportError, match="Nothing was saved") as refused:
        decide(review, change("k1", KEEP) if key_id != "k1" else change("k2", EMPTY), change(key_id, after))

    assert said in str(refused.value)
    assert before == path.read_bytes()
    with review.workspace.store.reading() as tx:
        assert "keys decided" not in set(audit.audit_frame(tx)["action"])


def test_two_reviewers_do_not_write_over_each_other(review: Reviewing) -> None:
    decide(review, change("k1", KEEP))

    with pytest.raises(ReportError, match="Somebody decided about it meanwhile"):
        decide(review, change("k1", KEEP | {"rationale": "another reason"}), by="vera@co.example")

    decide(review, change("k1", EMPTY, before=KEEP), by="vera@co.example")
    assert "" == rows(review)["k1"]["reviewer"]


def test_a_row_that_was_written_elsewhere_says_its_problem(review: Reviewing) -> None:
    path = Path(str(review.listed()["folder"].iloc[0])) / worksheet.NAME
    wrong = [dataclasses.replace(row, values={**row.values, "decision": "keep"}) for row in worksheet.read(path)[:1]]
    worksheet.write(path, [*wrong, *worksheet.read(path)[1:]])

    assert "The rationale is blank." in str(rows(review)["k1"]["problem"])
    assert "" == rows(review)["k2"]["problem"]


def test_what_was_decided_there_is_closed_by_the_command_line_too(review: Reviewing) -> None:
    decide(review, change("k1", KEEP | {"decision": "revoke", "rationale": '=cmd|"x"', "due": "2026-12-31"}))
    decide(review, change("k2", KEEP), by="vera@co.example")
    done = close_review(review.workspace, None, by="ann@co.example", now=NOW)
    frame = review.decisions(report(review))

    assert (2, 1) == (done.keys, done.to_do)
    assert ["otto@co.example", "vera@co.example"] == list(frame["reviewer"])
    assert ["revoke", "keep"] == list(frame["decision"])
    assert ["k1-prod", "k2-prod"] == list(frame["name"])
    assert () == review.verify(report(review)).faults
    with review.workspace.store.reading() as tx:
        (last,) = audit.audit_frame(tx, 1).to_dict("records")
    assert ("ann@co.example", "report closed") == (last["actor"], last["action"])


def test_a_changed_file_is_named(review: Reviewing) -> None:
    path = Path(str(review.listed()["folder"].iloc[0])) / "keys.csv"
    path.write_text(path.read_text().replace("k1-prod", "k1-dev"))

    assert any("keys.csv was changed" in fault for fault in review.verify(report(review)).faults)


def test_the_table_of_people_is_in_the_zip_for_administrators_alone(review: Reviewing) -> None:
    import io
    import zipfile

    def names(*, people: bool) -> set[str]:
        packed = io.BytesIO(review.packed(report(review), people=people, by="otto@co.example", now=NOW))
        return {Path(name).name for name in zipfile.ZipFile(packed).namelist()}

    assert {"manifest.json", "manifest.json.sig", "keys.csv", "report.html", "worksheet.csv"} <= names(people=False)
    assert {"people.csv"} == names(people=True) - names(people=False)


def test_a_report_waits_for_a_round_and_gives_up_in_a_sentence(
    review: Reviewing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keywatch.serving.reviews._PATIENCE", 0.3)
    with review.workspace.lock(work.REPORT), pytest.raises(WorkspaceLocked):
        review.make("last-30d", review=False, by="otto@co.example", now=NOW)

    identity = review.make("last-30d", review=False, by="otto@co.example", now=NOW)

    with review.workspace.store.reading() as tx:
        assert identity in {one.id for one in made(tx)}
    assert {"open", "rendered"} == set(review.listed()["stage"])


def test_a_report_that_nobody_knows_is_said(review: Reviewing) -> None:
    with pytest.raises(ReportError, match=r"There is no report \.\./\.\./etc"):
        review.packed("../../etc", people=True, by="otto@co.example", now=NOW)

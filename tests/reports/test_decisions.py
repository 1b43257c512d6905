"""A worksheet is checked row by row; each problem says the row, what is wrong and what to do."""

from datetime import date
from pathlib import Path

import pytest

from model.errors import ReportError
from reports.decisions import Decision, Listed, check, same_person
from reports.sheets import text_of
from reports.snapshot import Snapshot
from reports.worksheet import DECISION, read, worksheet

ROSTER = {
    "k1": Listed(key_id="k1", name="billing", owner="ada@corp.example"),
    "k2": Listed(key_id="k2", name=None, owner=None),
}
GOOD = {"decision": "keep", "rationale": "In daily use", "reviewer": "eve@corp.example", "reviewed_on": "2026-11-20"}
BOTH = {"k1": GOOD, "k2": GOOD}
HEADER = ",".join(("key_id", *DECISION))


def sheet(tmp_path: Path, *rows: dict[str, str]) -> Path:
    path = tmp_path / "worksheet.csv"
    lines = [",".join(row.get(name, "") for name in ("key_id", *DECISION)) for row in rows]
    path.write_text("\n".join([HEADER, *lines]) + "\n")
    return path


def judged(path: Path) -> tuple[list[Decision], list[str]]:
    decisions, problems = check(read(path), ROSTER, opened=date(2026, 11, 15), today=date(2026, 11, 28))
    return decisions, [str(one) for one in problems]


def test_a_full_worksheet_is_accepted(tmp_path: Path) -> None:
    revoked = {"key_id": "k2", **GOOD, "decision": "Revoke", "due": "2026-12-01"}

    decisions, problems = judged(sheet(tmp_path, {"key_id": "k1", **GOOD}, revoked))

    assert [] == problems
    assert [("k1", "keep", None), ("k2", "revoke", date(2026, 12, 1))] == [
        (one.key_id, one.decision, one.due) for one in decisions
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"decision": ""}, "Row 2 (billing): The decision is blank. Write one of keep, rotate, revoke, reassign."),
        ({"decision": "revok", "due": "2026-12-01"}, "'revok' is no decision. Did you mean revoke?"),
        ({"decision": "approve"}, "'approve' is no decision. Write one of keep"),
        ({"rationale": ""}, "Row 2 (billing): The rationale is blank. Say in a few words why"),
        ({"rationale": " n/a "}, "The rationale is blank"),
        ({"rationale": "ok"}, "The rationale is blank"),
        ({"reviewer": ""}, "The reviewer is blank. Name the person who decided."),
        ({"reviewer": "ada@corp.example"}, "The reviewer ada@corp.example is the key's owner. Nobody reviews"),
        ({"reviewer": "Ada L. <ADA@corp.example>"}, "is the key's owner"),
        ({"reviewer": "ada"}, "is the key's owner"),
        ({"reviewed_on": ""}, "The date of the review is blank. Write reviewed_on as 2026-12-31."),
        ({"reviewed_on": "20.11.2026"}, "'20.11.2026' is no date"),
        ({"reviewed_on": "2026-11-14"}, "before the review was opened. Write a day from 2026-11-15 to 2026-11-28."),
        ({"reviewed_on": "2026-11-29"}, "in the future"),
        ({"decision": "rotate"}, "Nothing says by when to rotate it. Fill in due"),
        ({"decision": "revoke", "due": "soon"}, "'soon' is no date. Write due as"),
        ({"decision": "revoke", "due": "2026-11-19"}, "It is due on 2026-11-19, before it was reviewed."),
        ({"due": "2026-12-01"}, "It is kept, and has a due date. Clear due"),
        ({"decision": "reassign", "due": "2026-12-01"}, "needs its new owner. Fill in new_owner."),
        ({"decision": "reassign", "due": "2026-12-01", "new_owner": "Ada@corp.example"}, "is the owner already"),
        ({"new_owner": "bob"}, "It names a new owner, and the decision is keep. Write reassign, or clear new_owner."),
        (dict.fromkeys(DECISION, ""), "Row 2 (billing): Nothing was decided."),
    ],
)
def test_what_is_wrong_with_a_row_is_told(tmp_path: Path, change: dict[str, str], said: str) -> None:
    _, problems = judged(sheet(tmp_path, {"key_id": "k1", **GOOD, **change}, {"key_id": "k2", **GOOD}))

    assert 1 == len(problems)
    assert said in problems[0]


def test_a_key_without_a_row_a_strange_one_and_one_twice_are_told(tmp_path: Path) -> None:
    rows = [{"key_id": name, **GOOD} for name in ("k1", "k1", "k11", "")]

    _, problems = judged(sheet(tmp_path, *rows))

    assert [
        "Row 3 (k1): Row 2 decides about it already. Keep one of them.",
        "Row 4 (k11): The sealed roster has no such key to decide about. Did you mean k1?",
        "Row 5 (no key_id): It names no key. Put the key_id back, or clear it.",
        "Key k2: It has no row. Put its row back, and decide about it.",
    ] == problems


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_worksheet_as_spreadsheets_save_it_is_read(tmp_path: Path, separator: str) -> None:
    path = sheet(tmp_path, {"key_id": "k1", **GOOD}, {"key_id": "k2", **GOOD})
    text = path.read_text().replace(",", separator).replace("\n", "\r\n")
    path.write_bytes(b"\xef\xbb\xbf" + text.encode() + b"\r\n;;;\r\n")

    decisions, problems = judged(path)

    assert (2, [] if separator == ";" else problems) == (len(decisions), problems)


def test_a_row_over_several_lines_is_named_by_its_first(tmp_path: Path) -> None:
    path = tmp_path / "worksheet.csv"
    path.write_text(f'{HEADER}\nk1,keep,"because\nso",eve,2026-11-20,,\nk2,keep,,eve,2026-11-20,,\n')

    assert ["Row 4 (k2): The rationale is blank. Say in a few words why; an auditor will ask."] == judged(path)[1]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"key_id,decision\nk1,keep\n", "has no column rationale, reviewer, reviewed_on, new_owner, due"),
        (b"", "has no column key_id"),
        ("key_id\nMüller\n".encode("latin-1"), "is not UTF-8"),
    ],
)
def test_a_file_that_is_no_worksheet_is_told(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "w.csv").write_bytes(content)

    with pytest.raises(ReportError, match=said):
        read(tmp_path / "w.csv")


def test_a_worksheet_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="cannot be read"):
        read(tmp_path / "w.csv")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Ada", " ada ", True),
        ("ada@a.example", "ada", True),
        ("ada@a.example", "ada@b.example", False),
        ("ada", "eve", False),
        ("mailto:ada@a.example", "Ada <ada@a.example>", True),
    ],
)
def test_a_person_is_recognised(one: str, other: str, *, same: bool) -> None:
    assert same is same_person(one, other)


def test_the_worksheet_has_the_keys_that_can_be_used_and_those_used_after_their_end(
    snapshot: Snapshot, tmp_path: Path
) -> None:
    (tmp_path / "w.csv").write_bytes(b"".join(worksheet(snapshot).pieces))

    rows = read(tmp_path / "w.csv")

    assert [key.key_id for key in snapshot.keys] == [row.values["key_id"] for row in rows]
    assert all(not row.values[name] for row in rows for name in DECISION)


@pytest.mark.parametrize("text", ["=1+1", "'quoted", "plain", "", "-5", "'=a"])
def test_the_apostrophe_before_a_formula_is_taken_off_again(text: str) -> None:
    from reports.sheets import cell

    assert text == text_of(str(cell(text)))

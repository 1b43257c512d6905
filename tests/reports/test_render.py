import csv
import hashlib
import json
import re
import stat
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from model.errors import ReportError
from reports.render import render
from reports.sheets import cell
from reports.snapshot import Snapshot
from store.handle import Store

Take = Callable[..., Snapshot]
Files = Callable[[Snapshot], dict[str, bytes]]
NASTY = "<script>alert(1)</script>"


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class _Page(HTMLParser):
    """What a browser would make of the page: its tags, its attributes and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.text: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_the_same_snapshot_gives_the_same_bytes(snapshot: Snapshot, tmp_path: Path) -> None:
    first = render(snapshot, tmp_path / "a")
    second = render(snapshot, tmp_path / "b")

    assert first == second
    assert list(first) == [
        *("keys.csv", "findings.csv", "alerts.csv", "changes.csv", "exceptions.csv", "rotations.csv", "report.json"),
        *("findings.ocsf.json", "report.html", "manifest.json", "lines.sha256"),
    ]
    for name, digest in first.items():
        assert digest == hashlib.sha256((tmp_path / "b" / name).read_bytes()).hexdigest()


def test_the_same_store_gives_the_same_bytes_at_the_same_moment(filled: Store, snap: Take, files: Files) -> None:
    assert files(snap(filled)) == files(snap(filled))


def test_files_are_readable_by_their_owner_only(snapshot: Snapshot, tmp_path: Path) -> None:
    render(snapshot, tmp_path / "out")

    assert {0o600} == {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "out").iterdir()}
    assert ["out"] == [path.name for path in tmp_path.iterdir()]


def test_a_report_in_the_folder_is_replaced_and_other_files_stay(snapshot: Snapshot, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    render(snapshot, folder)
    (folder / "notes.txt").write_text("mine")

    digests = render(replace(snapshot, keys=()), folder)

    assert "mine" == (folder / "notes.txt").read_text()
    assert 12 == len(list(folder.iterdir()))
    assert digests["keys.csv"] == hashlib.sha256((folder / "keys.csv").read_bytes()).hexdigest()


def test_a_sealed_report_is_never_written_over(snapshot: Snapshot, tmp_path: Path) -> None:
    opened = replace(snapshot, cover=replace(snapshot.cover, stage="open"))
    render(opened, tmp_path / "out")

    with pytest.raises(ReportError, match="sealed"):
        render(snapshot, tmp_path / "out")

    assert opened.cover.report_id in (tmp_path / "out/manifest.json").read_text()


def test_a_folder_that_is_a_file_is_told(snapshot: Snapshot, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")

    with pytest.raises(ReportError, match="cannot be written"):
        render(snapshot, tmp_path / "out")


def test_the_manifest_fits_the_files(snapshot: Snapshot, tmp_path: Path) -> None:
    render(snapshot, tmp_path / "out")

    manifest = json.loads((tmp_path / "out/manifest.json").read_text())

    assert "keywatch.manifest/2" == manifest["schema"]
    rows = {"keys.csv": 5, "findings.csv": 1, "alerts.csv": 2, "changes.csv": 5, "findings.ocsf.json": 6}
    assert rows | {"exceptions.csv": 0, "rotations.csv": 0} == {
        file["name"]: file["rows"] for file in manifest["files"] if file["rows"] is not None
    }
    for file in manifest["files"]:
        data = (tmp_path / "out" / file["name"]).read_bytes()
        assert (file["sha256"], file["bytes"]) == (hashlib.sha256(data).hexdigest(), len(data))


def test_the_tables_hold_the_numbers_that_were_worked_out_by_hand(snapshot: Snapshot, tmp_path: Path) -> None:
    render(snapshot, tmp_path / "out")

    billing = _rows(tmp_path / "out/keys.csv")[1]

    assert ("k-billing", "221", "5") == (billing["key_id"], billing["age_days"], billing["idle_days"])
    assert "2026-10-02T10:00:00Z" == billing["last_success"]
    assert ["4", "2", "1", "0", "0", "1"] == [
        billing[name] for name in ("requests", "successes", "unauthorized", "forbidden", "throttled", "server_errors")
    ]
    assert ["security"] == [row["target"] for row in _rows(tmp_path / "out/alerts.csv") if row["status"] == "sent"]


def test_the_document_holds_everything_and_names_its_schema(snapshot: Snapshot, tmp_path: Path) -> None:
    render(snapshot, tmp_path / "out")

    document = json.loads((tmp_path / "out/report.json").read_text())

    assert "keywatch.report/3" == document["schema"]
    assert {"budget": "0.5/day", "unused-key.after": "45d"} == document["thresholds"]
    assert ("k-batch", "vault") == (document["keys"][0]["key_id"], document["keys"][0]["source"])
    assert {"active": 4, "revoked": 1} == document["keys_by_state"]
    assert 1 == next(c["open"] for c in document["controls"] if c["id"] == "7.2.5.1")


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@sum", "\t=1", "\r=1", "  =1", "＝1"])  # noqa: RUF001
def test_a_text_that_a_spreadsheet_would_compute_is_escaped(start: str) -> None:
    assert str(cell(start)).startswith("'")


def test_numbers_stay_numbers_and_ordinary_text_stays_itself() -> None:
    assert [-5, 1.5, "billing", "", "a b"] == [cell(value) for value in (-5, 1.5, "billing", None, ("a", "b"))]


def test_a_line_break_cannot_begin_a_new_cell() -> None:
    assert r"a\x0a=1" == cell("a\n=1")


def test_a_formula_in_a_name_is_escaped_in_the_file(snapshot: Snapshot, tmp_path: Path) -> None:
    keys = (replace(snapshot.keys[0], name="=HYPERLINK(1)", owner="@x"), *snapshot.keys[1:])

    render(replace(snapshot, keys=keys), tmp_path / "out")

    row = _rows(tmp_path / "out/keys.csv")[0]
    assert ("'=HYPERLINK(1)", "'@x") == (row["name"], row["owner"])


def test_data_is_text_on_the_page_and_never_markup(snapshot: Snapshot, files: Files) -> None:
    key = replace(snapshot.keys[0], name=NASTY, owner=f'"><img src=x>{NASTY}', environment=NASTY, hint=NASTY)
    finding = replace(snapshot.findings[0], title=NASTY, summary=f"agent {NASTY}", owner=NASTY, subject=NASTY)
    incident = replace(snapshot.incidents[0], headline=NASTY)
    source = replace(snapshot.log_sources[0], name=NASTY, last_error=NASTY)
    cover = replace(snapshot.cover, period=NASTY, generated_by=NASTY)
    nasty = replace(
        snapshot, cover=cover, keys=(key,), findings=(finding,), incidents=(incident,), log_sources=(source,)
    )

    page = _Page(files(nasty)["report.html"].decode())

    assert {"script", "img"}.isdisjoint(page.tags)
    assert NASTY in "".join(page.text)
    assert not [name for name, _ in page.attributes if name.startswith("on")]


def test_writing_direction_overrides_are_shown_as_escapes(snapshot: Snapshot, files: Files) -> None:
    key = replace(snapshot.keys[0], name="a\u202eb")

    page = files(replace(snapshot, keys=(key,)))["report.html"].decode()

    assert "\u202e" not in page
    assert r"a\u202eb" in page


def test_the_page_refers_to_nothing_outside(snapshot: Snapshot, files: Files) -> None:
    page = files(snapshot)["report.html"].decode()

    assert not re.findall(r"https?://|url\(|@import|//[a-z]", page)
    assert {"src", "href", "srcset", "action", "data"}.isdisjoint({name for name, _ in _Page(page).attributes})
    assert "Content-Security-Policy" in page


def test_the_first_page_says_scope_result_and_what_is_open(snapshot: Snapshot, files: Files) -> None:
    page = files(snapshot)["report.html"].decode()
    first = page[: page.index("<b>1</b>Scope")]

    assert "1 finding is open in 1 incident, the gravest high." in first
    assert "5 keys from 2 inventory sources" in first
    assert "10 requests from 1 log source" in first
    assert "The revoked key old was tried twice" in first
    assert snapshot.cover.report_id in first


def test_a_chart_has_a_bar_for_each_outcome_of_each_day(snapshot: Snapshot, files: Files) -> None:
    page = files(snapshot)["report.html"].decode()

    assert "<title>2026-10-05 00:00 401: 2</title>" in page
    assert "<title>2026-10-02 00:00 OK: 1</title>" in page


def test_an_empty_store_gives_a_report_that_says_so(store: Store, snap: Take, tmp_path: Path) -> None:
    digests = render(snap(store), tmp_path / "out")

    assert 11 == len(digests)
    assert "The store is empty" in (tmp_path / "out/report.html").read_text()
    assert "no detector has judged anything yet" in (tmp_path / "out/report.html").read_text()
    assert [] == _rows(tmp_path / "out/keys.csv")


def test_no_fingerprint_beyond_those_of_the_state_and_no_secret_is_written(snapshot: Snapshot, files: Files) -> None:
    whole = b"".join(files(snapshot).values()).decode()

    assert "ac_…1234" in whole
    assert "id:guess" not in whole

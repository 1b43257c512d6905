"""What was done to a sealed report is told with its file and its line."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.errors import ReportError
from reports import lines
from reports.render import render
from reports.signing import key_id, new_key, private_key, public_pem
from reports.snapshot import Snapshot
from reports.verify import verify

KEY = private_key(new_key())
Change = Callable[[Path], object]


@pytest.fixture
def report(snapshot: Snapshot, tmp_path: Path) -> Path:
    """A signed report, with a PDF."""
    render(snapshot, tmp_path / "report", key=KEY, with_pdf=True)
    return tmp_path / "report"


def edit(name: str, line: int, text: str | None, *, put: bool = False) -> Change:
    """Changes one line of a file (from 1), takes it away, or puts one in before it."""

    def change(folder: Path) -> None:
        found = (folder / name).read_text().splitlines(keepends=True)
        found[line - 1 : line if not put else line - 1] = [] if text is None else [text + "\n"]
        (folder / name).write_text("".join(found))

    return change


def test_an_untouched_report_is_what_it_was(report: Path) -> None:
    found = verify(report)

    assert () == found.faults
    assert (key_id(KEY.public_key()), False, "rendered", ()) == (
        found.signed_by,
        found.trusted,
        found.stage,
        found.beside,
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (edit("keys.csv", 3, "k-mallory,…"), "keys.csv was changed: line 3 was changed."),
        (edit("keys.csv", 3, None), "keys.csv was changed: line 3 is missing."),
        (edit("keys.csv", 3, "k-mallory", put=True), "keys.csv was changed: line 3 was put in."),
        (edit("findings.csv", 2, "none"), "findings.csv was changed: line 2 was changed."),
        (edit("report.html", 40, "<p>all is well</p>"), "report.html was changed: line 40 was changed."),
        (edit("report.json", 2, '"schema": "x",'), "report.json was changed: line 2 was changed."),
        (lambda folder: (folder / "alerts.csv").unlink(), "alerts.csv is missing."),
        (lambda folder: (folder / "alerts.csv").write_text(""), "alerts.csv was changed: lines 1 to 3 are missing."),
        (lambda folder: (folder / "manifest.json.sig").unlink(), "manifest.json.sig is missing"),
        (lambda folder: (folder / "lines.sha256").unlink(), "lines.sha256 is missing"),
        (edit("lines.sha256", 2, "0" * 16), "lines.sha256 was changed: line 2 was changed."),
        (edit("manifest.json", 4, '  "stage": "open",'), "manifest.json is not what was signed by the key"),
        (lambda folder: (folder / "public-key.pem").write_bytes(b"x"), "public-key.pem is missing or was changed"),
    ],
)
def test_a_change_is_told_with_its_file_and_its_line(report: Path, change: Change, said: str) -> None:
    change(report)

    assert [one for one in verify(report).faults if said in one], verify(report).faults


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
def test_a_byte_changed_anywhere_is_told_with_its_file_and_its_place(report: Path, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted(report.iterdir())))
    whole = path.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    other = bytes([whole[at] ^ data.draw(st.integers(1, 255))])
    path.write_bytes(whole[:at] + other + whole[at + 1 :])
    try:
        faults = verify(report).faults
    except ReportError as error:  # a manifest that is none any more
        faults = (error.what,)
    finally:
        path.write_bytes(whole)

    line = whole.count(b"\n", 0, at) + 1
    place = (
        rf"bytes {at // 256 * 256} to {at // 256 * 256 + 255} were changed" if path.suffix == ".pdf" else _line(line)
    )
    place = "" if path.suffix == ".sig" else place
    assert [one for one in faults if path.name in one and re.search(place, one)], faults


@pytest.mark.parametrize("at", range(30, 40))
def test_a_public_key_whose_kind_was_changed_is_told(report: Path, at: int) -> None:
    """The letters of a PEM that name the algorithm: some changes make one that nobody knows."""
    path = report / "public-key.pem"
    whole = path.read_bytes()
    for other in range(256):
        path.write_bytes(whole[:at] + bytes([other]) + whole[at + 1 :])

        assert other == whole[at] or any("public-key.pem was changed" in one for one in verify(report).faults)


def _line(line: int) -> str:
    """Its number, also where a line's end was changed or put in, so that there are more or fewer."""
    return rf"line {line} was|lines {line} to|line {line + 1} was put in|lines {line - 1} to"


def test_a_pdf_that_is_longer_is_told_with_the_byte_from_which_on_it_differs(report: Path) -> None:
    path = report / "report.pdf"
    path.write_bytes(path.read_bytes()[:700] + b"x" * 300 + path.read_bytes()[700:])

    assert ("report.pdf was changed: it differs from byte 512 on.",) == verify(report).faults


def test_a_manifest_that_was_made_to_fit_does_not_fit_its_signature(report: Path, snapshot: Snapshot) -> None:
    forged = report.parent / "forged"
    render(snapshot, forged)
    shutil.copy(report / "manifest.json.sig", forged)
    shutil.copy(report / "public-key.pem", forged)

    assert any("is not what was signed" in one for one in verify(forged).faults)


def test_a_report_that_somebody_else_signed_is_told_from_ours_by_a_key_that_came_another_way(
    report: Path, snapshot: Snapshot
) -> None:
    other = private_key(new_key())
    render(snapshot, report, key=other)

    assert () == verify(report).faults
    assert any("is not what was signed" in one for one in verify(report, public_pem(KEY)).faults)
    assert () == verify(report, public_pem(other)).faults


def test_openssl_checks_the_signature_too(report: Path) -> None:
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "public-key.pem", "-rawin"]
    done = subprocess.run(
        [*command, "-in", "manifest.json", "-sigfile", "manifest.json.sig"],
        cwd=report,
        check=False,
        capture_output=True,
    )

    assert 0 == done.returncode, done


def test_files_that_are_no_part_of_it_are_told_and_people_and_worksheet_are_not(report: Path) -> None:
    for name in ("notes.txt", "people.csv", "worksheet.csv"):
        (report / name).write_text("mine")

    found = verify(report)

    assert ((), ("notes.txt",)) == (found.faults, found.beside)


def test_a_file_of_another_folder_is_not_read(report: Path) -> None:
    manifest = json.loads((report / "manifest.json").read_text())
    manifest["files"][0]["name"] = "../keys.csv"
    (report / "manifest.json").write_text(json.dumps(manifest))

    assert any("no file of this folder" in one for one in verify(report).faults)


def test_a_report_without_a_key_is_checked_by_its_digests(snapshot: Snapshot, tmp_path: Path) -> None:
    render(snapshot, tmp_path / "plain")

    found = verify(tmp_path / "plain")

    assert ((), None) == (found.faults, found.signed_by)


def test_a_folder_that_is_no_report_is_told(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="is no report"):
        verify(tmp_path)


@pytest.mark.parametrize(
    ("was", "found", "said"),
    [
        ("abc", "abc", []),
        ("abcdef", "xbcyyf", ["line 1 was changed", "lines 4 to 5 were changed"]),
        ("abc", "bc", ["line 1 is missing"]),
        ("abc", "abcde", ["lines 4 to 5 were put in"]),
        ("abcd", "axd", ["lines 2 to 3 were replaced by 1 other"]),
        ("", "a", ["line 1 was put in"]),
        ("aaa", "aa", ["line 3 is missing"]),
    ],
)
def test_differences_are_told_by_line(was: str, found: str, said: list[str]) -> None:
    assert said == list(lines.differences([c.encode() for c in was], [c.encode() for c in found]))


def test_lines_are_the_same_however_a_file_is_cut_into_pieces() -> None:
    whole = b"one\ntwo\n\nthree"
    digests = []
    for size in (1, 3, 99):
        digester = lines.Digester()
        for start in range(0, len(whole), size):
            digester.add(whole[start : start + size])
        digests.append(digester.end().split())

    assert 4 == len(digests[0])
    assert digests[0] == digests[1] == digests[2]

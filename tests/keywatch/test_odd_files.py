"""What people name by mistake: each is told in a sentence that says what it is and what to do."""

import os
import sqlite3
import zipfile
from pathlib import Path

import pytest
from commandline import NOON, Cli, combined, line  # noqa: F401 (made beside)


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    folder = tmp_path / "odd"
    (folder / "logs").mkdir(parents=True)
    (folder / "bare").mkdir()
    lines = "\n".join(combined(NOON, 20)) + "\n"
    (folder / "logs" / "access.log").write_text(lines)
    (folder / "blank.log").write_text("\n\n\n")
    (folder / "noise").write_bytes(bytes(range(256)) * 40)
    (folder / "program").write_bytes(b"\x7fELF\x02\x01\x01\0\0\0" + bytes(range(128, 256)) * 20)
    with zipfile.ZipFile(folder / "logs.zip", "w") as packed:  # stored as it is: its lines can be seen
        packed.writestr("access.log", lines)
    with sqlite3.connect(folder / "keys.db") as database:
        database.execute("CREATE TABLE t (a)")
    database.close()
    for path in folder.rglob("*"):
        os.utime(path, (0, 0))  # nobody writes them any more, so that their last lines count
    return folder


ODD = [
    ("logs.zip", "logs.zip is a zip archive.", "Unpack it first"),
    ("noise", "noise is no text.", "lines of text"),
    ("program", "program is a program.", "lines of text"),
    ("keys.db", "keys.db is an SQLite database.", "[sources.sql]"),
    ("bare", "", "no file"),
    ("acces.log", "There is no file ", "Check the path."),
    ("logs/acces.log", "There is no file ", "Did you mean access.log?"),
    ("logs/*.txt", "There is no file that fits ", "Check the folder"),
]


@pytest.mark.parametrize("command", [("ingest",), ("formats", "detect"), ("formats", "test")])
@pytest.mark.parametrize(("name", "what", "to_do"), ODD)
def test_an_odd_file_is_told_in_a_sentence_of_its_own(
    cli: Cli, odd: Path, command: tuple[str, ...], name: str, what: str, to_do: str
) -> None:
    done = cli(*command, odd / name)

    assert (1, "") == (done.code, done.out)
    assert what in done.err
    assert to_do in done.err
    assert "Tried: akamai" not in done.err


@pytest.mark.parametrize("command", ["detect", "test"])
def test_formats_looks_at_one_file_and_names_one(cli: Cli, odd: Path, command: str) -> None:
    (odd / "logs" / "b.log").write_text("x")

    folder, glob = cli("formats", command, odd / "logs"), cli("formats", command, odd / "logs" / "*.log")

    assert "is a folder, and one file is looked at." in folder.err
    assert "stands for 2 files, and one is looked at." in glob.err
    assert all(f"such as {odd / 'logs'}" in done.err and done.code == 1 for done in (folder, glob))


def test_an_empty_path_is_not_the_working_folder(cli: Cli, odd: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(odd / "logs")

    done = cli("ingest", "")

    assert (2, "") == (done.code, done.out)
    assert "One of the paths is empty." in done.err
    assert "20 events" in cli("ingest", ".").err


def test_blank_lines_are_no_events_and_no_complaint(cli: Cli, odd: Path) -> None:
    done = cli("ingest", odd / "blank.log")

    assert 0 == done.code
    assert "3 lines from 1 files: 0 events, 0 rejects, 3 blank." in done.err
    assert "No field of these lines" not in done.err
    assert "Not one line" not in done.err


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="a file that cannot be read is a Linux one")
def test_a_file_whose_reading_fails_in_the_middle_is_named(cli: Cli, odd: Path) -> None:
    done = cli("ingest", "/proc/self/mem", odd / "logs")

    assert (5, "") == (done.code, done.out)
    assert "/proc/self/mem cannot be read: Input/output error." in done.err
    assert "20 events" in done.err

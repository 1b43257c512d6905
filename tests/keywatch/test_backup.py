"""A drill: a workspace is lost, its backup is put back, and the logs go on where the backup stood."""

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from commandline import ATTACKED, GOOD, GUESSER, GUESSES, NOON, UNTIL, Cli, line

LINES = [line(NOON + timedelta(seconds=n), token=GOOD, uri=f"/line/x{n}x") for n in range(60)]
LINES += [line(NOON + timedelta(minutes=2, seconds=n), 401, token=t, ip=GUESSER) for n, t in enumerate(GUESSES)]


@pytest.fixture
def saved(cli: Cli, tmp_path: Path) -> Path:
    """A backup of a workspace that has read 80 of 100 lines and judged them."""
    cli.configure(ATTACKED)
    cli.log(LINES[:80])
    cli("ingest")
    cli("detect", "--until", UNTIL)
    done = cli("store", "backup", tmp_path / "saved")
    assert done.code == 0, done.err
    assert "80 events in 1 segments" in done.err
    return tmp_path / "saved"


def lose(cli: Cli) -> None:
    (cli.root / "keywatch.db").unlink()
    for rest in cli.root.glob("keywatch.db-*"):
        rest.unlink()
    shutil.rmtree(cli.root / "events")


def requests(cli: Cli) -> int:
    return sum(row["requests"] for row in cli("usage", "--json").json())


def test_after_a_restore_the_logs_go_on_and_nothing_is_lost_or_doubled(cli: Cli, saved: Path) -> None:
    before = cli("findings", "--json").json()
    cli.log(LINES[:90])
    cli("ingest")
    lose(cli)

    done = cli("store", "restore", saved)

    assert (0, "80 events in 1 segments and the state are back.") == (done.code, done.err.splitlines()[0])
    assert 80 == requests(cli)
    assert before
    assert before == cli("findings", "--json").json()
    cli.log(LINES)
    cli("ingest")
    assert 100 == requests(cli)


def test_a_backup_is_taken_while_another_process_writes(cli: Cli, tmp_path: Path) -> None:
    from keywatch.process.holding import holding

    cli.log(LINES)
    cli("ingest", cli.root / "access.log")
    with holding(cli.root):
        assert 0 == cli("store", "backup", tmp_path / "saved").code

    assert {0o600} == {path.stat().st_mode & 0o777 for path in (tmp_path / "saved").rglob("*") if path.is_file()}


def test_a_store_that_holds_something_is_not_written_over(cli: Cli, saved: Path) -> None:
    done = cli("store", "restore", saved)

    assert done.code == 2
    assert "The store is not empty: it has 1 segments." in done.err
    assert 80 == requests(cli)


@pytest.mark.parametrize("name", ["state.db", "facets"])
def test_a_backup_that_was_changed_is_refused_whole(cli: Cli, saved: Path, name: str) -> None:
    changed = saved / "state.db" if name == "state.db" else next(saved.glob("events/*/*.events.parquet"))
    content = bytearray(changed.read_bytes())
    content[len(content) // 2] ^= 1
    changed.write_bytes(content)
    lose(cli)

    done = cli("store", "restore", saved)

    assert done.code == 1
    assert f"{changed} is not what was written. Nothing was restored." in " ".join(done.err.split())
    assert 0 == cli("store", "status", "--json").json()["events"]


def test_a_backup_that_was_not_finished_is_none(cli: Cli, saved: Path) -> None:
    (saved / "backup.json").unlink()
    lose(cli)

    done = cli("store", "restore", saved)

    assert (done.code, True) == (2, "holds no whole backup" in done.err)


def test_a_list_that_leads_out_of_the_backup_is_refused(cli: Cli, saved: Path) -> None:
    listed = json.loads((saved / "backup.json").read_text())
    listed["files"]["events/../../../etc/passwd"] = {"sha256": "", "bytes": 0}
    (saved / "backup.json").write_text(json.dumps(listed))
    lose(cli)

    assert "it names other files than a backup has" in cli("store", "restore", saved).err


def test_a_backup_needs_a_folder_of_its_own(cli: Cli, saved: Path) -> None:
    done = cli("store", "backup", saved)

    assert (done.code, True) == (2, "is not empty" in done.err)


def test_the_pepper_is_not_in_a_backup(cli: Cli, saved: Path) -> None:
    pepper = (cli.root / "keywatch.pepper").read_text().strip().rpartition(":")[2].encode()

    assert pepper
    assert all(pepper not in path.read_bytes() for path in saved.rglob("*") if path.is_file())

"""Bad input gets a clear message and the right exit code, and nothing is lost.

Long for a file: it is the list of what can be wrong, and each is a few lines."""

import ctypes
import fcntl
import gzip
import os
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from commandline import GOOD, NOON, Cli, attack, combined, line

from keywatch.running.cycle import Cycle, run
from keywatch.workspace import Workspace
from model.clock import SystemClock


def test_a_missing_file_is_named_and_ends_with_1(cli: Cli) -> None:
    done = cli("ingest", "/nowhere/access.log")

    assert (1, "") == (done.code, done.out)
    assert "There is no file /nowhere/access.log." in done.err


def test_a_missing_config_points_to_init_and_ends_with_4(cli: Cli) -> None:
    cli.config.unlink()

    done = cli("usage")

    assert done.code == 4
    assert "There is no config file" in done.err
    assert "keywatch init" in done.err


def test_an_unreadable_file_is_named_and_the_others_are_read(cli: Cli) -> None:
    cli.log(attack(), "good.log")
    closed = cli.log(attack(), "closed.log")
    closed.chmod(0)

    done = subprocess.run(
        [sys.executable, "-m", "keywatch", "-c", cli.config, "ingest", str(closed), str(cli.root / "good.log")],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=_without_the_rights_of_root,
    )

    assert done.returncode == 5
    assert f"{closed} cannot be read: Permission denied." in done.stderr
    assert "340 events" in done.stderr
    assert done.stdout == ""


def _without_the_rights_of_root() -> None:
    """Give up CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH: with them, root reads a file of mode 0000."""
    if os.geteuid() == 0:
        drop = 24  # PR_CAPBSET_DROP
        for capability in (1, 2):
            ctypes.CDLL(None).prctl(drop, capability, 0, 0, 0)


def test_a_pipe_is_no_log(cli: Cli) -> None:
    os.mkfifo(cli.root / "pipe")

    done = cli("ingest", cli.root / "pipe")

    assert done.code == 1
    assert "is no regular file" in done.err


def test_an_unknown_format_tells_what_was_tried_and_shows_the_first_line(cli: Cli) -> None:
    odd = cli.log(["the quick brown fox", "jumps over the lazy dog"])

    done = cli("ingest", odd)

    assert done.code == 1
    assert "Tried: " in done.err
    assert all(name in done.err for name in ("cloudtrail", "nginx-json", "combined"))
    assert "The first line is: the quick brown fox" in done.err


def test_the_first_line_is_shown_without_the_secret_in_it(cli: Cli) -> None:
    odd = cli.log([f"what is Authorization: Bearer {GOOD} doing here"])

    done = cli("ingest", odd)

    assert done.code == 1
    assert GOOD not in done.err


def test_an_empty_log_is_no_error_and_is_read_once_it_grows(cli: Cli) -> None:
    path = cli.log([])

    before = cli("ingest", path)
    cli.log(attack())
    after = cli("ingest", path)

    assert (0, 0) == (before.code, after.code)
    assert "no new line" in before.err
    assert "340 events" in after.err


def test_a_log_without_a_key_field_works_by_address_and_says_so(cli: Cli) -> None:
    path = cli.log(combined(NOON, 200))

    done = cli("ingest", path)
    by_address = cli("usage", "--by", "ip", "--json").json()

    assert done.code == 0
    assert "No field of these lines holds an API key" in done.err
    assert sum(row["requests"] for row in by_address) == 200


def test_keys_that_stand_in_urls_only_and_were_all_refused_are_not_called_missing(cli: Cli) -> None:
    asked = "".join(f"/v1/agents?api_key={GOOD[:-1]}{n} " for n in range(9)).split()
    line = '203.0.113.9 - - [01/Oct/2026:12:00:00 +0000] "GET {} HTTP/1.1" 401 12 "-" "curl/8.9.1"'
    path = cli.log([line.format(target) for target in asked])

    done = cli("ingest", path)

    assert "No field of these lines" not in done.err
    assert "API keys stand in URLs or cookies of these lines only; none was accepted" in done.err


def test_a_log_with_a_key_field_says_nothing_of_the_kind(cli: Cli) -> None:
    done = cli("ingest", cli.log(attack()))

    assert "No field of these lines" not in done.err


@pytest.mark.parametrize("command", [["ingest", "access.log"], ["detect"], ["run", "--once"], ["keys", "sync"]])
def test_a_locked_workspace_ends_with_75_and_changes_nothing(cli: Cli, command: list[str]) -> None:
    with (cli.root / ".keywatch.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = cli(*command)

    assert done.code == 75
    assert "Another keywatch is working in" in done.err
    assert cli("store", "status", "--json").json()["events"] == 0


def test_a_run_survives_rounds_in_which_the_workspace_is_locked(cli: Cli) -> None:
    workspace, stop, rounds = Workspace.at(cli.config), threading.Event(), list[Cycle]()

    def tell(cycle: Cycle) -> None:
        rounds.append(cycle)
        held.close()  # whoever held the workspace is done after the first round
        if len(rounds) == 2:
            stop.set()

    held = (cli.root / ".keywatch.lock").open("w")
    fcntl.flock(held, fcntl.LOCK_EX)
    try:
        run(workspace, SystemClock(), interval=0.01, stop=stop, tell=tell)
    finally:
        workspace.close()

    assert ["Another keywatch" in "".join(cycle.errors) for cycle in rounds] == [True, False]


def test_a_half_written_gz_ends_with_5_and_is_read_once_when_it_is_whole(cli: Cli) -> None:
    whole, path = _packed(), cli.root / "access.log.gz"
    path.write_bytes(whole[: len(whole) // 2])

    half = cli("ingest", path)
    path.write_bytes(whole)
    then = cli("ingest", path)
    again = cli("ingest", path)

    assert (5, 0, 0) == (half.code, then.code, again.code)
    assert "ends in the middle of its compressed data" in half.err
    assert cli("store", "status", "--json").json()["events"] == 5000


def test_the_lines_before_the_tear_of_a_half_written_gz_are_stored(cli: Cli) -> None:
    whole, path = _packed(), cli.root / "access.log.gz"
    path.write_bytes(whole[: len(whole) // 2])

    cli("ingest", path)

    assert cli("store", "status", "--json").json()["events"] > 0


def _packed() -> bytes:
    lines = [line(NOON + timedelta(seconds=n), token=GOOD, uri=f"/v1/pets/{n * 7919 % 99991}") for n in range(5000)]
    return gzip.compress("".join(f"{one}\n" for one in lines).encode())


def test_an_unknown_source_names_those_that_there_are(found: Cli) -> None:
    done = found("ingest", "--source", "egde")

    assert done.code == 2
    assert "The config has no source 'egde'." in done.err
    assert "It has: edge." in done.err


def test_one_source_that_is_missing_does_not_keep_the_other_from_being_read(cli: Cli) -> None:
    cli.log(attack())
    cli.configure('[[sources]]\nname = "a"\npath = "gone.log"\n[[sources]]\nname = "b"\npath = "access.log"\n')

    done = cli("ingest")

    assert done.code == 5
    assert "There is no file" in done.err
    assert "b: 340 lines" in done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["usage", "--by", "colour"], "--by colour is not known"),
        (["usage", "--since", "yesterday"], "'yesterday' is not a moment"),
        (["usage", "--since", "2030-01-01", "--until", "2029-01-01"], "ends"),
        (["usage", "--key", "nobody"], "No key is called 'nobody'"),
        (["usage", "--limit", "-1"], "greater than or equal to 0"),
        (["findings", "--status", "odd"], "'odd' is no status"),
        (["findings", "--min-severity", "odd"], "'odd' is no severity"),
        (["findings", "--detector", "odd"], "There is no detector 'odd'"),
        (["dashboard", "--port", "99999"], "less than or equal to 65535"),
        (["incidents", "--status", "odd"], "'odd' is no status"),
        (["incidents", "ack", "none"], "There is no incident 'none'"),
        (["incidents", "resolve", "none", "--as", "maybe"], "--as maybe is no verdict"),
        (["detect", "--fail-on", "odd"], "'odd' is no severity"),
        (["run", "--once", "--interval", "soon"], "'soon' is not a duration"),
        (["alerts", "test", "--target", "odd"], "There is no target 'odd'"),
        (["alerts", "route", "--incident", "none"], "There is no incident 'none'"),
        (["keys", "show", "nobody"], "The inventory has no key 'nobody'"),
        (["keys", "import", "keys.csv", "--column", "odd"], "'odd' is no pair"),
        (["ingest"], "nothing to read"),
        (["frobnicate"], "No such command"),
    ],
)
def test_a_command_line_that_asks_for_the_impossible_ends_with_2(cli: Cli, words: list[str], said: str) -> None:
    done = cli(*words)

    assert (2, "") == (done.code, done.out)
    assert said in done.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[run]\nlisten = "127.0.0.1:99999"', "run.listen: '127.0.0.1:99999' is no address and port. Write them like"),
        ('[run]\nlisten = "here"', "run.listen: 'here' is no address and port."),
        ('[retention]\nevents = "-3d"', "'-3d' is not a duration. Write a number and a unit of s, m, h, d or w: 45d"),
        ("[dashboard]\nport = 99999", "dashboard.port: "),
        ('[[sources]]\nname = "a"', "sources.0: name exactly one of"),
    ],
)
def test_a_wrong_value_of_the_config_is_named_once_with_what_to_write(cli: Cli, text: str, said: str) -> None:
    cli.configure(text)

    done = cli("config", "check")

    assert (4, True) == (done.code, said in done.err), done.err
    assert "Value error" not in done.err
    assert done.err.count("Write a number") <= 1


def test_an_inventory_that_is_not_there_is_named_once(cli: Cli) -> None:
    for name in ("gone.csv", "gone.json"):
        done = cli("keys", "import", cli.root / name)

        assert (1, True) == (done.code, f"{name} cannot be read: No such file or directory." in done.err)
        assert "Errno" not in done.err


def test_a_backup_does_not_go_where_a_file_is(cli: Cli) -> None:
    done = cli("store", "backup", cli.config)

    assert (2, True) == (done.code, "keywatch.toml is no folder." in done.err)


def test_a_folder_is_no_config(cli: Cli) -> None:
    cli.config.unlink()
    cli.config.mkdir()

    done = cli("findings")

    assert (4, True) == (done.code, "keywatch.toml is a folder." in done.err)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("key_id,name,created_at\nk1,a,long ago\n", "row 1: created_at is 'long ago'"),
        ("key_id,name,secret\nk1,a,kw_live_0123456789abcdef\n", "--hash-keys"),
        ("id,name\nk1,a\n", "has no column 'key_id'"),
        ("", "holds no rows"),
    ],
)
def test_a_wrong_inventory_is_refused_whole(cli: Cli, text: str, said: str) -> None:
    (cli.root / "keys.csv").write_text(text)

    done = cli("keys", "import", cli.root / "keys.csv")

    assert done.code == 1
    assert said in done.err
    assert "kw_live_0123456789abcdef" not in done.err
    assert cli("keys", "list", "--json").json() == []


def test_init_does_not_touch_a_workspace_that_is_there(cli: Cli) -> None:
    pepper = (cli.root / "keywatch.pepper").read_text()

    done = cli("init", cli.root)

    assert done.code == 4
    assert "is there already" in done.err
    assert pepper == (cli.root / "keywatch.pepper").read_text()


def test_init_where_a_file_stands_is_a_sentence(cli: Cli) -> None:
    done = cli("init", cli.config)

    assert done.code == 2
    assert "No workspace can be made in" in done.err


def test_init_makes_files_that_only_the_owner_reads(cli: Cli, tmp_path: Path) -> None:
    done = cli("init", tmp_path / "fresh")

    assert done.code == 0
    modes = {name: (tmp_path / "fresh" / name).stat().st_mode & 0o777 for name in ("keywatch.toml", "keywatch.pepper")}
    assert modes == {"keywatch.toml": 0o600, "keywatch.pepper": 0o600}
    assert (tmp_path / "fresh").stat().st_mode & 0o777 == 0o700


def test_a_log_of_which_no_line_is_an_event_says_so(cli: Cli) -> None:
    log = cli.log(['INFO:     192.0.2.7:54321 - "GET /v1/pets HTTP/1.1" 200 OK'] * 3)

    done = cli("ingest", log)

    assert (0, True) == (done.code, "3 rejects" in done.err)
    assert "Not one line is an event. `keywatch formats test FILE` says why" in done.err

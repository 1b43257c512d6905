"""`backtest`, `--explain`, and what people say of findings."""

import hashlib
import shutil
from pathlib import Path

from commandline import ATTACKED, UNTIL, Cli, attack

SINCE = "2026-10-01T12:00:00Z"


def digest(folder: Path) -> dict[str, str]:
    """Every file of the workspace that is no lock and no write-ahead log."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix not in {".db-wal", ".db-shm"}]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_backtest_finds_what_detect_found_and_writes_nothing(found: Cli) -> None:
    live = {row["detector"] for row in found("findings", "--json").json()}
    before = digest(found.root)

    done = found("backtest", "--since", SINCE, "--until", UNTIL, "--json").json()

    assert {row["detector"] for row in done["trials"][0]["detectors"]} == live
    assert digest(found.root) == before


def test_a_backtest_says_what_another_budget_or_setting_would_do(found: Cli) -> None:
    arguments = ("backtest", "--since", SINCE, "--until", UNTIL, "--budget", "1/day,5/day")
    done = found(*arguments, "--set", "volume-spike.times=4", "--json").json()

    assert [one["trial"] for one in done["trials"]] == [
        "as configured", "budget 1/day", "budget 5/day", "volume-spike.times=4",
    ]  # fmt: skip
    assert "volume-spike.times=4" in found(*arguments, "--set", "volume-spike.times=4").out
    assert found("backtest", "--set", "volume-spike").code == 2
    assert found("backtest", "--set", "volume-spike.nothing=4").code == 4


def test_an_explanation_has_the_numbers_and_each_mute_that_did_or_did_not_apply(found: Cli) -> None:
    config = found.config.read_text()
    found.configure(config + '[[detectors.allow]]\naddresses = "198.51.100.0/24"\nreason = "our office"\n')
    rows = found("findings", "--json").json()
    guessing = next(row for row in rows if row["detector"] == "key-guessing")

    stored = found("findings", "--explain", guessing["id"]).out
    replayed = found("backtest", "--since", SINCE, "--until", UNTIL, "--explain", guessing["id"]).out

    assert "Not muted by allow-list" in stored
    assert "our office" in stored
    assert f"{guessing['count']:,} counted" in stored
    assert stored.splitlines()[0] == replayed.splitlines()[0]
    assert found("findings", "--explain", "nothing").code == 2


def test_expected_mutes_its_pattern_from_then_on_and_precision_counts_verdicts(found: Cli) -> None:
    rows = found("findings", "--json").json()
    guessing = next(row for row in rows if row["detector"] == "key-guessing")
    assert found("incidents", "resolve", guessing["incident_id"], "--as", "expected").code == 0
    again = found.log(
        (found.root / "access.log").read_text().replace("10-01T12:", "10-03T12:").splitlines(), "later.log"
    )
    shutil.copy(again, found.root / "access.log")

    assert found("ingest").code == 0
    assert found("detect", "--until", "2026-10-03T13:00:00Z").code == 0

    later = [row for row in found("findings", "--json").json() if row["detector"] == "key-guessing"]
    new = next(row for row in later if row["id"] != guessing["id"])
    assert (new["status"], "expected" in new["muted_by"]) == ("muted", True)
    precision = {row["detector"]: row for row in found("findings", "--precision", "--json").json()}
    assert (precision["key-guessing"]["expected"], precision["key-guessing"]["precision"]) == (1, None)


def test_a_first_run_on_weeks_of_history_tells_only_what_is_still_open(cli: Cli) -> None:
    cli.configure(ATTACKED)
    cli.log([*(one.replace("2026-10-01", "2026-09-08") for one in attack()), *attack()])
    assert cli("ingest").code == 0
    assert cli("detect", "--until", UNTIL).code == 0

    found = [row for row in cli("findings", "--json").json() if row["detector"] == "key-guessing"]
    alerts = cli("alerts", "list", "--json").json()

    assert sorted((row["first_seen"][:10], row["status"]) for row in found) == [
        ("2026-09-08", "resolved"), ("2026-10-01", "open"),
    ]  # fmt: skip
    now = next(row["incident_id"] for row in found if row["status"] == "open")
    assert {row["incident_id"] for row in alerts} == {now}

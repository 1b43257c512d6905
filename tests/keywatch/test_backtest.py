"""`backtest`, `--explain`, and what people say of findings."""

import hashlib
import shutil
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from commandline import ATTACKED, ENDED, GUESSER, JUDGED, UNTIL, Cli, attack

from detectors.settings import DetectorsConfig
from keywatch.detecting.backtesting import Outcome, Trial, backtest, trials
from keywatch.detecting.configured import detectors_config
from keywatch.workspace import Workspace
from model.finding import Finding
from model.window import Window
from store.state.findings import list_findings
from tests.alerts.conftest import make_finding

SINCE = "2026-10-01T12:00:00Z"


def digest(folder: Path) -> dict[str, str]:
    """Every file of the workspace that is no lock and no write-ahead log."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix not in {".db-wal", ".db-shm"}]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def numbers(findings: Iterable[Finding]) -> list[object]:
    """Whatever detectors and the fold say of findings."""
    return sorted(
        (
            one.id,
            one.detector,
            one.severity,
            one.status,
            one.opened,
            one.resolved_at,
            one.count,
            one.score,
            one.evidence,
        )
        for one in findings
    )


def test_a_backtest_finds_what_detect_found_and_writes_nothing(found: Cli) -> None:
    live = {row["detector"] for row in found("findings", "--json").json()}
    before = digest(found.root)

    done = found("backtest", "--since", SINCE, "--until", UNTIL, "--json").json()

    assert {row["detector"] for row in done["trials"][0]["detectors"]} == live
    assert digest(found.root) == before


def test_the_findings_of_a_backtest_are_those_of_detect_with_all_their_evidence(spiked: Cli) -> None:
    workspace = Workspace.at(spiked.config)
    try:
        with workspace.store.reading() as tx:
            stored = list_findings(tx)
        config = detectors_config(workspace)
        (outcome,) = backtest(workspace.store, Window(since=JUDGED, until=ENDED), trials(config, [], []))
    finally:
        workspace.close()

    assert {"volume-spike", "flatline", "no-expiry"} <= {finding.detector for finding in stored}
    assert numbers(stored) == numbers(outcome.findings)


def test_a_backtest_counts_findings_incidents_alerts_a_day_and_the_noisiest_keys(found: Cli) -> None:
    done = found("backtest", "--since", SINCE, "--until", UNTIL, "--json").json()
    rows = {row["detector"]: row for row in done["trials"][0]["detectors"]}

    assert rows["key-guessing"] == {
        "detector": "key-guessing",
        "findings": 1,
        "muted": 0,
        "incidents": 1,
        "alerts": 1,
        "alerts_a_day": 24.0,  # one in an hour
        "noisiest": [{"key": f"ip:{GUESSER}", "findings": 1}],
    }


def test_the_noisiest_keys_have_most_findings_and_those_of_a_key_are_one_alert() -> None:
    window = Window(since=JUDGED, until=JUDGED + timedelta(days=4))
    findings = [
        make_finding("volume-spike", f"key:{key}", at=JUDGED + timedelta(days=day), key_name=key)
        for key, days in (("billing", (0, 1, 2)), ("report", (0, 1)), ("nightly", (3,)), ("crm", (3,)))
        for day in days
    ]
    trial = Trial(name="as configured", config=DetectorsConfig())

    (row,) = Outcome(trial=trial, window=window, findings=findings).rows()

    assert (7, 4, 4, 1.0) == tuple(row[name] for name in ("findings", "incidents", "alerts", "alerts_a_day"))
    assert [("billing", 3), ("report", 2), ("nightly", 1)] == [(one["key"], one["findings"]) for one in row["noisiest"]]


def test_a_larger_budget_finds_more_and_the_configured_one_what_detect_found(spiked: Cli) -> None:
    arguments = ("--since", f"{JUDGED:%Y-%m-%dT%H:%MZ}", "--until", f"{ENDED:%Y-%m-%dT%H:%MZ}", "--json")
    small = "0.0001/day"

    done = spiked("backtest", *arguments, "--budget", f"{small},0.5/day").json()

    counts = {one["trial"]: {row["detector"]: row["findings"] for row in one["detectors"]} for one in done["trials"]}
    assert 1 == counts[f"budget {small}"]["volume-spike"]
    assert 2 == counts["budget 0.5/day"]["volume-spike"]
    assert counts["budget 0.5/day"] == counts["as configured"]
    stored = Counter(row["detector"] for row in spiked("findings", "--json").json())
    assert counts["as configured"] == stored


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

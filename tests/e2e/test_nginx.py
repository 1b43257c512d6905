"""From real requests through real nginx to the alert that a receiver gets, by the command line and the real clock.

Long for a file: one story of about a minute, told once, serves all of these tests."""

import json
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from leaks import in_bytes, in_segments
from webserver import NGINX, QUOTA, api, ask, listening, nginx, receiver, wait_for

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")

BILLING, REPORTS, RETIRED = "kw_live_b1ll1ng3f9a77c1d2", "kw_live_r3p0rts9c02b7e4a1", "kw_live_r3t1r3d55d0f1a2b3"
GUESSES = [f"kw_live_{number:04d}gu3ss{number * 7919 % 99991:05d}" for number in range(40)]
OFFICE, WORKER, PARTNER, GUESSER = "192.0.2.10", "192.0.2.20", "198.51.100.9", "203.0.113.66"
INVENTORY = f"""\
key_id,name,environment,owner,status,created_at,secret
k-billing,billing,production,Payments,active,{datetime.now(UTC) - timedelta(days=20):%Y-%m-%d},{BILLING}
k-reports,reports,production,Insight,active,{datetime.now(UTC) - timedelta(days=20):%Y-%m-%d},{REPORTS}
k-retired,old-partner,production,Partners,revoked,{datetime.now(UTC) - timedelta(days=60):%Y-%m-%d},{RETIRED}
"""
CONFIG = """
[[sources]]
name = "edge"
path = "{log}"
key  = {{ field = "http_x_api_token", kind = "secret" }}

[[alerts.targets]]
name = "security"
url  = "http://127.0.0.1:{port}/alerts"

[[alerts.routes]]
when = {{ severity = "high" }}
to   = ["security"]
"""
FINDING = {
    "id", "incident_id", "detector", "severity", "status", "key_id", "key_name", "owner", "ip", "title", "summary",
    "first_seen", "last_seen", "count", "score", "evidence", "runbook", "attack", "controls", "detected_at", "muted_by",
}  # fmt: skip


@dataclass
class Story:
    """What happened, and what keywatch said of it."""

    workspace: Path
    statuses: dict[str, list[int]] = field(default_factory=dict)
    alerts: list[dict[str, Any]] = field(default_factory=list)
    told_after: list[int] = field(default_factory=list)
    """How many alerts the receiver had after each run."""
    usage: list[list[dict[str, Any]]] = field(default_factory=list)
    findings: list[list[dict[str, Any]]] = field(default_factory=list)

    def keywatch(self, *words: str) -> str:
        command = [sys.executable, "-m", "keywatch", "-c", str(self.workspace / "keywatch.toml"), *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
        assert done.returncode == 0, f"{words}: {done.stderr}"
        return done.stdout

    def run_once(self) -> None:
        self.keywatch("run", "--once")
        self.told_after.append(len(self.alerts))
        self.usage.append(json.loads(self.keywatch("usage", "--json")))
        self.findings.append(json.loads(self.keywatch("findings", "--json")))


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    folder = tmp_path_factory.mktemp("nginx")
    told = Story(tmp_path_factory.mktemp("e2e") / "workspace")
    with (
        listening(receiver(told.alerts)) as alerts_port,
        listening(api({BILLING, REPORTS}, limited=REPORTS)) as upstream,
        nginx(folder, upstream) as port,
    ):
        prepare(told, folder / "access.log", alerts_port)
        attack(told, port)
        wait_for(lambda: len(lines(folder)) == sum(map(len, told.statuses.values())), "nginx did not log all of it")
        # A burst is judged by whole minutes, and the clock is the real one: the minute has to end first.
        time.sleep(60.1 - time.time() % 60)
        told.run_once()
        told.statuses["later"] = [ask(port, "/v1/pets", ip=OFFICE, token=BILLING) for _ in range(7)]
        wait_for(lambda: len(lines(folder)) == sum(map(len, told.statuses.values())), "nginx did not log all of it")
        told.run_once()
    return told


def prepare(told: Story, log: Path, alerts_port: int) -> None:
    told.keywatch("init", str(told.workspace))
    (told.workspace / "keywatch.toml").write_text(CONFIG.format(log=log, port=alerts_port))
    inventory = log.parent / "keys.csv"
    inventory.write_text(INVENTORY)
    told.keywatch("keys", "import", str(inventory), "--hash-keys")


def attack(told: Story, port: int) -> None:
    told.statuses |= {
        "billing": [ask(port, f"/v1/pets/{n}", ip=OFFICE, token=BILLING) for n in range(60)],
        "not allowed": [ask(port, "/v1/admin/users", ip=OFFICE, token=BILLING) for _ in range(5)],
        "key in the URL": [ask(port, f"/v1/pets?api_key={BILLING}", ip=OFFICE, token=BILLING)],
        "reports": [ask(port, "/v1/reports", ip=WORKER, token=REPORTS) for _ in range(QUOTA + 10)],
        "retired": [ask(port, "/v1/pets", ip=PARTNER, token=RETIRED) for _ in range(12)],
        "guesses": [ask(port, "/v1/account", ip=GUESSER, token=token) for token in GUESSES],
        "no key": [ask(port, "/v1/pets", ip=WORKER) for _ in range(3)],
    }


def lines(folder: Path) -> list[str]:
    return (folder / "access.log").read_text().splitlines()


def named(rows: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(row for row in rows if row["key_name"] == name)


def test_the_api_answers_as_the_story_needs_it(story: Story) -> None:
    assert {name: set(codes) for name, codes in story.statuses.items()} == {
        "billing": {200},
        "not allowed": {403},
        "key in the URL": {200},
        "reports": {200, 429},
        "retired": {401},
        "guesses": {401},
        "no key": {401},
        "later": {200},
    }


def test_the_receiver_gets_one_alert_that_says_who_guesses_since_when_and_what_to_do(story: Story) -> None:
    alert = story.alerts[0]

    assert alert["title"].startswith("[high]")
    assert f"40 failed calls from {GUESSER}" in alert["title"]
    assert (GUESSER, "high", "opened") == (alert["incident"]["ip"], alert["incident"]["severity"], alert["kind"])
    assert "key-guessing" in alert["detectors"]
    assert "40 different keys that do not exist were tried" in alert["text"]
    assert "What to do: " in alert["text"]
    assert f"Since: {alert['incident']['opened_at'][:10]}" in alert["text"]


def test_the_alert_is_sent_once_over_two_runs(story: Story) -> None:
    assert [1, 1] == story.told_after
    assert len(story.alerts) == 1
    assert story.alerts[0]["idempotency_header"]


def test_usage_counts_each_key_by_its_name(story: Story) -> None:
    first, second = story.usage

    counted = ("requests", "successes", "unauthorized", "forbidden", "throttled")
    assert (66, 61, 0, 5, 0) == tuple(named(first, "billing")[name] for name in counted)
    assert (QUOTA + 10, QUOTA, 0, 0, 10) == tuple(named(first, "reports")[name] for name in counted)
    assert (12, 0, 12, 0, 0) == tuple(named(first, "old-partner")[name] for name in counted)
    assert (73, 68, 0, 5, 0) == tuple(named(second, "billing")[name] for name in counted)


def test_the_second_run_adds_only_what_came_after_the_first(story: Story) -> None:
    first, second = (sum(row["requests"] for row in rows) for rows in story.usage)

    assert sum(len(codes) for name, codes in story.statuses.items() if name != "later") == first
    assert first + 7 == second


def test_findings_have_the_documented_fields_and_the_second_run_changes_none(story: Story) -> None:
    guessing = next(row for row in story.findings[0] if row["detector"] == "key-guessing")

    assert all(row.keys() == FINDING for row in story.findings[0])
    assert ("high", "open", 40, GUESSER, None) == tuple(
        guessing[name] for name in ("severity", "status", "count", "ip", "key_id")
    )
    assert story.alerts[0]["incident"]["id"] == guessing["incident_id"]
    # What is judged by whole hours may be found by the second run, if an hour ended between the two.
    assert [row for row in story.findings[1] if row["id"] in {one["id"] for one in story.findings[0]}] == (
        story.findings[0]
    )


def test_the_revoked_key_is_found_when_its_hour_has_passed(story: Story) -> None:
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)

    story.keywatch("detect", "--until", hour.isoformat())

    found = json.loads(story.keywatch("findings", "--json"))
    tried = next(row for row in found if row["detector"] == "revoked-or-expired-key-used")
    assert ("old-partner", 12, PARTNER) == tuple(tried[name] for name in ("key_name", "count", "ip"))


def test_no_secret_is_in_the_alert_or_anywhere_in_the_workspace(story: Story) -> None:
    secrets = [BILLING, REPORTS, RETIRED, *GUESSES]

    told = json.dumps(story.alerts)
    assert [secret for secret in secrets if secret in told] == []
    assert in_bytes(story.workspace, secrets) == []
    assert in_segments(story.workspace, secrets) == []

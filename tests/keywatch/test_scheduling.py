"""Reports of a schedule: once for each period, missed ones caught up, told through routes; reminders of reviews."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from commandline import Cli

from keywatch.config.reports import ScheduleConfig
from keywatch.running.cycle import deliver_due
from keywatch.running.scheduling import make_due, periods
from keywatch.workspace import Workspace
from model.clock import FixedClock
from store.state import audit
from store.state.deliveries import list_deliveries
from store.state.reports import made

CONFIG = """
[[alerts.targets]]
name = "auditors"
url = "jsonl:reports.jsonl"
[[alerts.targets]]
name = "oncall"
url = "jsonl:oncall.jsonl"
[[alerts.routes]]
when = { detector = "report" }
to = ["auditors"]
[[alerts.routes]]
when = { severity = "high" }
to = ["oncall"]
[reports]
reminder = "2d"
[[reports.schedule]]
every = "month"
zone = "Europe/Berlin"
"""
NOVEMBER = datetime(2026, 11, 10, 12, tzinfo=UTC)
Run = Callable[[datetime], tuple[list[str], list[str]]]


@pytest.fixture
def run(cli: Cli) -> Run:
    """One round's share of reports at a moment, each time by a program that was just started."""
    cli.configure(CONFIG)

    def once(at: datetime) -> tuple[list[str], list[str]]:
        workspace = Workspace.at(cli.config)
        try:
            with workspace.lock("test"):
                return make_due(workspace, at)
        finally:
            workspace.close()

    return once


def state(cli: Cli) -> tuple[list[str], list[tuple[str, str]]]:
    """The periods of the reports, and (target, title) of what is to be told."""
    workspace = Workspace.at(cli.config)
    try:
        with workspace.store.reading() as tx:
            told = [(one.target, one.alert.title) for one in reversed(list_deliveries(tx))]
            return [one.period for one in made(tx)], told
    finally:
        workspace.close()


def test_a_report_is_made_once_its_period_is_over_and_not_before(cli: Cli, run: Run) -> None:
    first = run(NOVEMBER)
    early = run(datetime(2026, 12, 1, 4, 59, tzinfo=UTC))
    due = run(datetime(2026, 12, 1, 5, 0, tzinfo=UTC))
    again = run(datetime(2026, 12, 1, 5, 1, tzinfo=UTC))

    assert [([], []), ([], []), (["report 2026-11 (Europe/Berlin) made"], []), ([], [])] == [first, early, due, again]
    assert ["2026-11 (Europe/Berlin)"] == state(cli)[0]
    manifest = json.loads((cli.root / "reports/2026-11-report/manifest.json").read_text())
    assert ("2026-10-31T23:00:00Z", "2026-11-30T23:00:00Z") == (manifest["since"], manifest["until"])


def test_missed_reports_are_caught_up_one_a_round_and_each_once(cli: Cli, run: Run) -> None:
    run(NOVEMBER)

    done = [run(datetime(2027, 2, 20, hour, tzinfo=UTC))[0] for hour in range(5)]

    assert ["2026-11", "2026-12", "2027-01"] == [one[0].split()[1] for one in done[:3]]
    assert [[], []] == done[3:]
    assert 3 == len(state(cli)[0])


def test_the_routes_say_who_is_told_and_the_message_carries_the_checkpoint(cli: Cli, run: Run) -> None:
    cli("silences", "add", "--key", "k", "--until", "2h", "--reason", "r")
    run(NOVEMBER)
    due = datetime(2026, 12, 1, 6, tzinfo=UTC)
    run(due)
    workspace = Workspace.at(cli.config)
    try:
        deliver_due(workspace, FixedClock(due))
    finally:
        workspace.close()

    assert [("auditors", "API key report 2026-11 (Europe/Berlin) is ready")] == state(cli)[1]
    (line,) = (cli.root / "reports.jsonl").read_text().splitlines()
    message = json.loads(line)
    assert ("report", "rendered") == (message["kind"], message["report"]["stage"])
    assert f"Audit log: row 1, {message['report']['audit_log']['hash']}" in message["text"]


def test_a_run_that_died_before_it_remembered_makes_the_report_anew(cli: Cli, run: Run) -> None:
    cli.configure(CONFIG + "review = true\n")
    run(NOVEMBER)
    due = datetime(2026, 12, 1, 6, tzinfo=UTC)
    left = cli.root / "reports/2026-11-review"
    left.mkdir(parents=True)
    (left / "manifest.json").write_text('{"stage": "open", "files": []}')

    assert (["report 2026-11 (Europe/Berlin) made"], []) == run(due)
    assert 0 == cli.bare("report", "verify", left).code


def test_a_review_that_stays_open_is_reminded_of_until_it_is_closed(cli: Cli, run: Run) -> None:
    cli.configure(CONFIG + "review = true\n")
    run(NOVEMBER)
    due = datetime(2026, 12, 1, 6, tzinfo=UTC)
    run(due)

    done = [run(due + timedelta(hours=hours))[0] for hours in (47, 48, 49, 96)]

    said = ["reminded of the review 2026-11 (Europe/Berlin)"]
    assert [[], said, [], said] == done
    titles = [title for _, title in state(cli)[1]]
    assert "The API key review 2026-11 (Europe/Berlin) is still open after 2 days" in titles
    cli("report", "close", "2026-11 (Europe/Berlin)", "--until", (due + timedelta(hours=97)).isoformat())
    assert [] == run(due + timedelta(days=9))[0]


def test_a_target_that_is_none_is_told_and_nothing_is_made(cli: Cli, run: Run) -> None:
    cli.configure(CONFIG + 'to = ["nobody"]\n')
    run(NOVEMBER)

    done, errors = run(datetime(2026, 12, 1, 6, tzinfo=UTC))

    assert ([], True) == (done, "names 'nobody', which is no target" in errors[0])
    assert [] == state(cli)[0]


def test_a_zone_that_is_none_is_told(cli: Cli, run: Run) -> None:
    cli.configure(CONFIG.replace("Europe/Berlin", "Mars/Base"))

    assert "which is no time zone" in run(NOVEMBER)[1][0]


@pytest.mark.parametrize(
    ("every", "labels", "lengths"),
    [
        ("week", ["2026-W43", "2026-W44"], [169, 168]),
        ("month", ["2026-10", "2026-11"], [745, 720]),
        ("quarter", ["2026-Q4", "2027-Q1"], [2209, 2159]),
    ],
)
def test_periods_are_local_days_across_the_change_of_the_clocks(
    every: str, labels: list[str], lengths: list[int]
) -> None:
    schedule = ScheduleConfig.model_validate({"every": every, "at": time(6), "zone": "Europe/Berlin"})
    found = list(islice(periods(schedule, ZoneInfo("Europe/Berlin"), datetime(2026, 10, 20, tzinfo=UTC)), 2))

    assert labels == [one.label for one in found]
    assert lengths == [one.window.length // timedelta(hours=1) for one in found]
    assert found[0].window.until == found[1].window.since
    assert all(one.due.astimezone(ZoneInfo("Europe/Berlin")).time() == time(6) for one in found)


def test_a_reminder_that_is_no_duration_is_told(cli: Cli, run: Run) -> None:
    cli.configure(CONFIG.replace('"2d"', '"soon"'))

    assert "[reports] reminder is 'soon'." in run(NOVEMBER)[1][0]


def test_a_round_of_run_makes_what_is_due_and_notes_the_config(cli: Cli) -> None:
    cli.configure("[[reports.schedule]]\nevery = 'week'\n")

    done = [cli("run", "--once") for _ in range(2)]
    cli.configure("[[reports.schedule]]\nevery = 'week'\n[detectors.unused-key]\nafter = '60d'\n")
    cli("run", "--once")

    assert [0, 0] == [one.code for one in done]
    workspace = Workspace.at(cli.config)
    try:
        with workspace.store.reading() as tx:
            rows = list(audit.entries(tx))
    finally:
        workspace.close()
    assert ["config changed", "config changed"] == [row["action"] for row in rows]
    first, second = (row["detail"] for row in rows)
    assert (True, [], {}) == (first["first"], first["tables"], first["thresholds"])
    assert (["detectors"], {"unused-key.after": ["45d", "60d"]}) == (second["tables"], second["thresholds"])

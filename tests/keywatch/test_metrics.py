"""`keywatch metrics`: what a strict reader of Prometheus' text format makes of it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from commandline import GUESSER, NOON, Cli

from alerts.config import Target
from alerts.delivery import deliver
from keywatch.metrics.disk import disk_metrics
from keywatch.metrics.exposition import Metric, exposed
from keywatch.metrics.process import process_metrics
from keywatch.metrics.pulse import Pulse
from keywatch.metrics.state import commit_metrics, metrics
from keywatch.workspace import Workspace
from model.clock import FixedClock
from store.state import audit, health, outbox, silences
from store.state.deliveries import list_deliveries
from tests.alerts.conftest import Receiver, receiver, receivers

__all__ = ["receiver", "receivers"]

NOW = NOON.replace(hour=13, minute=5)
PAGE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
NAME = r"[a-z_:][a-z0-9_:]*"
LABEL = r'[a-z_][a-z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
SAMPLE = re.compile(rf"({NAME})(?:\{{((?:{LABEL})(?:,{LABEL})*)\}})? (-?[0-9.]+(?:e[+-]?[0-9]+)?)")


@dataclass
class Family:
    kind: str
    samples: dict[tuple[tuple[str, str], ...], float] = field(default_factory=dict)


def read(text: str) -> dict[str, Family]:
    """Every line must be HELP, then TYPE, then samples of that family; nothing twice, and an end of line at the end."""
    assert text.endswith("\n")
    found: dict[str, Family] = {}
    helped = current = ""
    for line in text.splitlines():
        if match := re.fullmatch(rf"# HELP ({NAME}) (\S.*)", line):
            helped = match[1]
            assert helped not in found
        elif match := re.fullmatch(rf"# TYPE ({NAME}) (gauge|counter)", line):
            assert match[1] == helped
            current, found[match[1]] = match[1], Family(match[2])
        else:
            match = SAMPLE.fullmatch(line)
            assert match is not None, line
            assert match[1] == current
            labels = tuple(re.findall(r'([a-z_0-9]+)="((?:[^"\\]|\\.)*)"', match[2] or ""))
            assert len({name for name, _ in labels}) == len(labels)
            assert labels not in found[current].samples
            found[current].samples[labels] = float(match[3])
    return found


def value(found: Mapping[str, Family], name: str, **labels: str) -> float:
    return found[f"keywatch_{name}"].samples[tuple(labels.items())]


@pytest.fixture
def workspace(found: Cli) -> Iterator[Workspace]:
    """Where an attack was found, and nobody was told yet."""
    opened = Workspace.at(found.config)
    yield opened
    opened.close()


def now_of(workspace: Workspace) -> dict[str, Family]:
    with workspace.store.reading() as tx:
        return read(metrics(tx, NOW))


def test_it_is_text_that_a_strict_reader_takes(found: Cli) -> None:
    done = found("metrics")

    families = read(done.out)
    assert (0, "") == (done.code, done.err)
    assert all(name.startswith("keywatch_") for name in families)
    for name, family in families.items():
        assert ("counter" == family.kind) == name.endswith("_total"), name


def test_sources_findings_and_what_waits_are_counted(workspace: Workspace) -> None:
    found = now_of(workspace)

    assert (340, 340) == (
        value(found, "source_lines_total", source="edge"),
        value(found, "source_events_total", source="edge"),
    )
    assert (
        1
        <= value(found, "findings_open", severity="high")
        <= value(found, "incidents_open", severity="high", status="open") + 9
    )
    assert 0 == value(found, "findings_open", severity="info")
    assert {0.0} == set(found["keywatch_detector_failed"].samples.values())
    assert 1 == value(found, "outbox_pending", target="file")
    assert 1 == sum(found["keywatch_alerts_firing"].samples.values())
    assert (NOW - NOON.replace(hour=13)).total_seconds() == value(found, "outbox_oldest_age_seconds", target="file")
    assert value(found, "source_lag_seconds", source="edge") > 0


def test_targets_are_told_by_state_and_reason(workspace: Workspace, receiver: Receiver) -> None:
    receiver.answers = [(404, {})]
    deliver(workspace.store, [Target(name="file", url=receiver.url)], FixedClock(NOW), "w1")
    with workspace.store.transaction() as tx:
        health.failed(tx, "file", NOW, error="x", open_until=NOW + timedelta(minutes=5))
    found = now_of(workspace)

    assert 1 == value(found, "deliveries", target="file", state="dead", reason="bad_request")
    assert (0, 1) == (value(found, "outbox_pending", target="file"), value(found, "outbox_dead", target="file"))
    assert (1, 1) == (
        value(found, "target_breaker_open", target="file"),
        value(found, "target_failures", target="file"),
    )
    assert "keywatch_outbox_oldest_age_seconds" not in found


def test_what_is_kept_back_is_told_by_its_reason(workspace: Workspace) -> None:
    with workspace.store.transaction() as tx:
        rows = list_deliveries(tx)
        outbox.withdraw(tx, rows[0].alert.id, reason="It was over before it was told.")
        silences.add(tx, when={"ip": [GUESSER]}, since=NOW, until=NOW + timedelta(days=1), reason="r", author="a")
    found = now_of(workspace)

    assert 1 == value(found, "alerts_suppressed_total", target="file", reason="over")
    assert 1 == value(found, "silences_active")


def test_rounds_and_heartbeats_leave_their_moment(workspace: Workspace) -> None:
    before = now_of(workspace)
    with workspace.store.transaction() as tx:
        health.mark(tx, health.CYCLE, NOW)
        health.mark(tx, health.HEARTBEAT, NOW - timedelta(seconds=40))
    found = now_of(workspace)

    assert {"keywatch_cycle_last_timestamp_seconds", "keywatch_heartbeat_age_seconds"}.isdisjoint(before)
    assert NOW.timestamp() == value(found, "cycle_last_timestamp_seconds")
    assert 40 == value(found, "heartbeat_age_seconds")
    assert "keywatch_target_failures" not in found  # marks are no targets


def test_a_round_is_marked(cli: Cli) -> None:
    cli("run", "--once")

    assert "keywatch_cycle_last_timestamp_seconds" in read(cli("metrics").out)


def test_no_label_names_a_key_or_an_address(found: Cli) -> None:
    text = found("metrics").out

    labels = set(re.findall(r'([a-z_]+)="', text))
    assert {"version", "source", "severity", "status", "target", "state", "reason", "detector", "kind"} >= labels
    assert GUESSER not in text
    assert "k1" not in text


def test_a_name_with_quotes_and_line_breaks_stays_a_label() -> None:
    text = exposed(
        [Metric(name="x", kind="gauge", help="a\nb\\", samples=[({"target": 'a"b\\c\nd'}, 1.5)])], prefix="kw_"
    )

    assert '# HELP kw_x a\\nb\\\\\n# TYPE kw_x gauge\nkw_x{target="a\\"b\\\\c\\nd"} 1.5\n' == text
    assert 1 == len(read(text))


def test_a_file_is_written_in_one_step_and_a_folder_that_is_not_there_is_said(found: Cli) -> None:
    path = found.root / "keywatch.prom"
    done = found("metrics", "-o", str(path))
    wrong = found("metrics", "-o", str(found.root / "nowhere" / "x.prom"))

    assert (0, 0o644) == (done.code, path.stat().st_mode & 0o777)
    assert read(path.read_text())
    assert (2, True) == (wrong.code, "cannot be written: No such file or directory." in wrong.err)
    assert [] == [one for one in found.root.iterdir() if one.name.startswith(".keywatch.prom")]


def test_the_page_lists_every_metric_and_no_other(workspace: Workspace, receiver: Receiver) -> None:
    del receiver
    with workspace.store.transaction() as tx:
        for mark in (health.CYCLE, health.HEARTBEAT):
            health.mark(tx, mark, NOW)
        health.succeeded(tx, "file", NOW)
        rows = list_deliveries(tx)
        outbox.withdraw(tx, rows[0].alert.id, reason="It was over before it was told.")
        audit.record(tx, at=NOW, actor="a", action="store backed up", subject="there", detail={})
    waiting = {"keywatch_outbox_oldest_age_seconds"}
    process = Pulse(FixedClock(NOW), 30)
    process.turned(0.4, errors=1, detectors={"unused-key": 0.2})
    process.sends.add("file", 0.2, "server")
    own = exposed(process.metrics(), prefix="keywatch_") + exposed(process_metrics(), prefix="")
    own += exposed(commit_metrics(workspace.store.commits), prefix="keywatch_")
    kept = exposed(disk_metrics(workspace), prefix="keywatch_")
    with workspace.store.reading() as tx:
        told = set(re.findall(r"^# TYPE (\S+)", metrics(tx, NOW) + own + kept, flags=re.MULTILINE))

    assert told | waiting == set(re.findall(r"`((?:keywatch|process)_[a-z_]+)`", PAGE.partition("## Metrics")[2]))


def test_an_incident_fires_until_it_is_resolved(found: Cli) -> None:
    (incident,) = found("incidents", "--json").json()
    before = read(found("metrics").out)
    found("incidents", "resolve", incident["id"], "--as", "true")
    after = read(found("metrics").out)

    assert (1, 0) == (
        value(before, "alerts_firing", severity=incident["severity"]),
        value(after, "alerts_firing", severity=incident["severity"]),
    )

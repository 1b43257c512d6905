"""The demo, small: what was planted is found and little else, and no secret of it lies anywhere in the workspace."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from leaks import in_bytes, in_segments, made

from keywatch.demo.planted import Planted
from keywatch.demo.play import Played, play
from keywatch.workspace import Workspace
from model.finding import Finding, Severity
from store.state.findings import list_findings

NOW = datetime(2026, 11, 23, 5, 10, 30, tzinfo=UTC)
SEED, SCALE = 7, 0.05
UNPLANNED = 2
"""Findings of medium severity or above that may be about nothing planted."""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "demo"


@pytest.fixture(scope="module")
def played(root: Path) -> Played:
    return play(root, now=NOW, seed=SEED, scale=SCALE, step=lambda _text: None)


@pytest.fixture(scope="module")
def found(root: Path, played: Played) -> Iterator[list[Finding]]:
    assert played.ingested.events
    workspace = Workspace.at(root / "keywatch.toml")
    try:
        with workspace.store.reading() as tx:
            yield list_findings(tx)
    finally:
        workspace.close()


def test_the_inputs_do_hold_the_secrets(played: Played, root: Path) -> None:
    inventory = (root / "inputs" / "keys.csv").read_text()

    assert len(played.world.secrets) > 100
    assert sum(secret in inventory for secret in played.world.secrets) == len(played.world.keys)


def test_no_secret_is_in_the_bytes_of_any_file_of_the_workspace(played: Played, root: Path) -> None:
    leaks = in_bytes(root, played.world.secrets)

    assert {"keywatch.db", "alerts.jsonl"} <= {path.name for path in made(root)}
    assert leaks == []


def test_no_secret_is_in_any_text_of_the_segments(played: Played, root: Path) -> None:
    leaks = in_segments(root, played.world.secrets)

    assert [path for path in made(root) if path.suffix == ".parquet"]
    assert leaks == []


def test_every_planted_incident_is_found_by_its_detector(played: Played, found: list[Finding]) -> None:
    missed = [one.kind for one in played.world.planted if not any(tells(f, one, (one.detector,)) for f in found)]

    assert missed == []


def test_little_else_is_found(played: Played, found: list[Finding]) -> None:
    unplanned = [
        f"{finding.severity} {finding.detector}: {finding.title}"
        for finding in found
        if finding.severity.rank >= Severity.MEDIUM.rank
        and not any(tells(finding, one, (one.detector, *one.also)) for one in played.world.planted)
    ]

    assert len(unplanned) <= UNPLANNED, "\n".join(unplanned)


def test_targets_are_told_once_of_each_grave_incident(played: Played, root: Path) -> None:
    told = (root / "alerts.jsonl").read_text().splitlines()

    assert (0, 0) == (played.delivered.retried, played.delivered.dead)
    assert len(told) + len(played.received) == played.delivered.sent
    assert len({message["alert_id"] for message in played.received}) == len(played.received)


def tells(finding: Finding, planted: Planted, detectors: tuple[str, ...]) -> bool:
    """Whether a finding is about what was planted: its detector, its time, and its key or address.

    The unregistered key has no row in the inventory: it is known by its address.
    """
    if finding.detector not in detectors:
        return False
    day = timedelta(days=1)
    if finding.last_seen < planted.since - day or finding.first_seen > planted.until + day:
        return False
    if planted.key_name and planted.key_name in {finding.key_name, finding.key_id}:
        return True
    return planted.ip is not None and planted.ip in {finding.ip, finding.subject.value}

"""A key that falls silent is told alike by live cycles whose source was late, and by one pass over it all."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from commandline import GOOD, GUESSES, copied, line

from keywatch.collecting.ingesting import ingest_source
from keywatch.config.root import SourceConfig
from keywatch.detecting.judging import judge
from keywatch.workspace import Workspace
from model.clock import FixedClock
from store.state.findings import list_findings

BEGIN = datetime(2026, 9, 14, tzinfo=UTC)
DAYS = 14
FALLS_SILENT = BEGIN + timedelta(days=DAYS, hours=3)
LATE = (BEGIN + timedelta(days=DAYS, hours=8), BEGIN + timedelta(days=DAYS, hours=14))
"""No line that was written between these comes before the second."""
END = BEGIN + timedelta(days=DAYS, hours=20)
CYCLES = [BEGIN + timedelta(days=DAYS, hours=hours) for hours in (2, 6, 9, 13)] + [
    LATE[1] + timedelta(minutes=30),
    BEGIN + timedelta(days=DAYS, hours=17),
    END,
]


def lines() -> list[tuple[datetime, str]]:
    """When a line arrives, and its text: one key goes on for ever, one falls silent."""
    told = []
    for n in range((DAYS * 24 + 20) * 6):
        at = BEGIN + timedelta(minutes=10 * n)
        came = max(at, LATE[1]) if at >= LATE[0] else at
        told.append((came, line(at, token=GOOD)))
        if at < FALLS_SILENT:
            told.append((came, line(at, token=GUESSES[0])))
    return told


def judged(workspace: Workspace, moments: list[datetime], *, live: bool) -> list[tuple[object, ...]]:
    """What the silences say after cycles at these moments."""
    source = SourceConfig(name="edge", path="")
    for number, (since, until) in enumerate(pairwise([BEGIN, *moments])):
        path = workspace.root / f"part{number}.log"
        path.write_text("".join(f"{text}\n" for came, text in lines() if since <= came < until))
        ingest_source(workspace, source, clock=FixedClock(until), paths=[path])
        judge(workspace, now=until, live=live)
    with workspace.store.reading() as tx:
        return sorted(
            (one.detector, str(one.subject), one.opened, one.count, str(one.severity), [p.bucket for p in one.evidence])
            for one in list_findings(tx)
            if one.detector in {"flatline", "usage-drop"}
        )


@pytest.fixture
def other(workspace: Workspace, tmp_path: Path) -> Workspace:
    return Workspace.at(copied(workspace.root, tmp_path / "other") / "keywatch.toml")


def test_live_cycles_tell_a_silence_of_a_late_source_as_one_pass_does(workspace: Workspace, other: Workspace) -> None:
    try:
        live, once = judged(workspace, CYCLES, live=True), judged(other, [END], live=False)
    finally:
        other.close()

    assert once == live
    assert {row[0] for row in once} >= {"flatline"}
    assert len(once) == len({row[1] for row in once})  # the key that goes on was never told of, late or not

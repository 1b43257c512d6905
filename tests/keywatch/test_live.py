"""Live cycles over a day, by the minute where something happens and with a segment that came late, find what one
pass over the same store finds."""

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from commandline import GOOD, GUESSES, NOON, line

from keywatch.collecting.ingesting import ingest_source
from keywatch.config.root import SourceConfig
from keywatch.detecting.judging import judge
from keywatch.workspace import Workspace
from model.clock import FixedClock
from store.state.findings import list_findings

MINUTE = timedelta(minutes=1)
END = NOON + timedelta(days=1)
BUSY = (*range(34, 40), *range(84, 89))
"""The minutes after noon in which guesses come, and late lines: a cycle at the end of each."""
HOURS = (0, 1, 2, 6, 12, 24)
"""The cycles of the rest of the day."""


def lines() -> Iterator[tuple[datetime, datetime, str]]:
    """When a line arrives, when it happened, and its text: use, a burst of 401, guesses, and a burst that is late."""
    for n in range(288):
        at = NOON + timedelta(minutes=5 * n)
        yield at, at, line(at, token=GOOD)
    for n, token in enumerate(GUESSES):
        at = NOON + timedelta(minutes=35, seconds=3 * n)
        yield at, at, line(at, 401, token=token, ip="203.0.113.66")
    for n in range(60):
        at = NOON + timedelta(minutes=15, seconds=2 * n)
        yield at + timedelta(minutes=70), at, line(at, 401, token=GOOD, ip="192.0.2.77")


def cycle(workspace: Workspace, since: datetime, until: datetime, number: int, *, live: bool) -> None:
    """Ingest what arrived within [since, until) and judge as of `until`."""
    arrived = [text for came, _, text in sorted(lines()) if since <= came < until]
    path = workspace.root / f"part{number}.log"
    path.write_text("".join(f"{text}\n" for text in arrived))
    source = SourceConfig(name="edge", path="")
    ingest_source(workspace, source, clock=FixedClock(until), paths=[path])
    judge(workspace, now=until, live=live)


def found(workspace: Workspace) -> list[tuple[object, ...]]:
    """What the findings say of the world; when they were made is another matter."""
    with workspace.store.reading() as tx:
        return sorted(
            (
                one.detector, str(one.subject), one.opened, one.first_seen, one.last_seen, one.count, str(one.severity),
                str(one.status), [(piece.bucket, piece.count, round(piece.score, 6)) for piece in one.evidence],
            )
            for one in list_findings(tx)
            if not one.detector.startswith("detector-")
        )  # fmt: skip


@pytest.fixture
def other(workspace: Workspace, tmp_path: Path) -> Iterator[Workspace]:
    """A second workspace like the first."""
    shutil.copytree(workspace.root, tmp_path / "other")
    opened = Workspace.at(tmp_path / "other" / "keywatch.toml")
    yield opened
    opened.close()


def test_live_cycles_over_a_day_with_a_late_segment_find_what_one_pass_finds(
    workspace: Workspace, other: Workspace
) -> None:
    moments = sorted({*(NOON + MINUTE * n for n in BUSY), *(NOON + 60 * MINUTE * n for n in HOURS)})
    for number, (since, until) in enumerate(pairwise(moments)):
        cycle(workspace, since, until, number, live=True)
    cycle(other, NOON, END, 0, live=False)

    assert found(workspace) == found(other)
    assert {"key-guessing", "auth-burst-key"} <= {row[0] for row in found(other)}

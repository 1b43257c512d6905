"""Live cycles over a day, by the minute where something happens and with a segment that came late, find what one
pass over the same store finds."""

import shutil
from collections.abc import Iterable, Iterator
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
WALKED = NOON + timedelta(days=4, minutes=17)
"""When the slow walks begin."""
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


def walks() -> Iterator[tuple[datetime, datetime, str]]:
    """Four days of a key's calls; then it goes through numbers and through a list, and so does an address, slowly."""
    for n in range(4 * 12):
        at = NOON + timedelta(hours=2 * n)
        yield at, at, line(at, token=GOOD, uri=f"/v1/pets/{7919 * n}")
        yield at, at, line(at, token=GOOD, uri="/v1/agents")
    for n in range(70):
        at = WALKED + timedelta(minutes=4 * n)
        yield at, at, line(at, 404 if n % 5 == 0 else 200, token=GOOD, uri=f"/v1/pets/{3_000_000 + n}")
    for n in range(90):
        at = WALKED + timedelta(seconds=80 * n)
        yield at, at, line(at, token=GOOD, uri=f"/v1/agents?page={n}")
    for n in range(40):
        at = WALKED + timedelta(seconds=80 * n)
        came = at + timedelta(minutes=70) if n % 3 == 0 else at
        yield came, at, line(at, 401 if n % 9 else 404, uri=f"/v1/pets/{n + 50}", ip="203.0.113.66")


def cycle(
    workspace: Workspace,
    since: datetime,
    until: datetime,
    number: int,
    *,
    live: bool,
    of: Iterable[tuple[datetime, datetime, str]] | None = None,
) -> None:
    """Ingest what arrived within [since, until) and judge as of `until`."""
    arrived = [text for came, _, text in sorted(lines() if of is None else of) if since <= came < until]
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


def test_live_cycles_over_a_slow_walk_find_what_one_pass_finds(workspace: Workspace, other: Workspace) -> None:
    end = NOON + timedelta(days=4, hours=8)
    hours = [NOON + timedelta(days=4, hours=n) for n in range(9)]
    moments = sorted({NOON, *hours, *(WALKED + 11 * MINUTE * n for n in range(1, 20))})
    for number, (since, until) in enumerate(pairwise(moments)):
        cycle(workspace, since, until, number, live=True, of=walks())
    cycle(other, NOON, end, 0, live=False, of=walks())

    assert found(workspace) == found(other)
    mine = [row for row in found(other) if row[0] in {"identifier-walking", "scraping"}]
    assert [
        ("identifier-walking", "ip:203.0.113.66", 33, "low"),
        ("identifier-walking", "key", 70, "medium"),
        ("scraping", "key", 78, "low"),  # its last hour has twelve, which are not read
    ] == [(row[0], str(row[1]) if "ip:" in str(row[1]) else "key", row[5], row[6]) for row in mine]

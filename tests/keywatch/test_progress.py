"""What the bar of an ingest says: lines, speed, time left; of a backfill, what was read and not only what was kept."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from keywatch.collecting.ingesting import ingest_source
from keywatch.commands.progress import Pace, spelt
from keywatch.config.root import SourceConfig
from keywatch.workspace import Workspace
from model.clock import SystemClock
from model.window import Window


def test_speed_and_time_left_follow_from_what_was_read() -> None:
    pace = Pace(began=100.0)

    assert (0, 0.0, "") == pace.at(101.0, 0.0, 0)
    assert (1000, 100.0, "30 s left") == pace.at(110.0, 0.25, 1000)
    assert (4000, 100.0, "0 s left") == pace.at(140.0, 1.0, 4000)


def test_a_second_source_adds_its_lines_and_has_its_own_time_left() -> None:
    pace = Pace(began=0.0)
    pace.at(40.0, 1.0, 4000)

    assert (4100, 100.0, "") == pace.at(41.0, 0.0, 100)
    assert (5000, 100.0, "27 s left") == pace.at(50.0, 0.25, 1000)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "0 s left"), (119, "119 s left"), (400, "7 min left"), (7500, "2 h 5 min left")]
)
def test_time_left_is_spelt_in_words(seconds: float, text: str) -> None:
    assert text == spelt(seconds)


def test_a_backfill_tells_of_the_lines_that_it_reads(workspace: Workspace, tmp_path: Path, line: object) -> None:
    log = tmp_path / "a.log"
    log.write_text("".join(line(n) for n in range(100)))  # type: ignore[operator]  # a fixture's function
    told: list[tuple[float, int]] = []
    hour = Window(since=datetime(2026, 10, 1, 9, 0, 50, tzinfo=UTC), until=datetime(2026, 10, 1, 9, 1, tzinfo=UTC))

    done = ingest_source(
        workspace,
        SourceConfig(name="edge", path=str(log)),
        clock=SystemClock(),
        window=hour,
        progress=lambda _path, share, lines: told.append((share, lines)),
    )

    assert (10, 90) == (done.events, done.outside)
    assert (1.0, 100) == told[-1]

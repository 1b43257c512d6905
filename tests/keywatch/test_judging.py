"""What a detection judges: what is new since the last one, and what a late segment touches."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from keywatch.detecting.judging import judge
from keywatch.workspace import Workspace

NINE, NOON, ONE, TWO = (datetime(2026, 10, 1, hour, tzinfo=UTC) for hour in (9, 12, 13, 14))


def test_a_detection_goes_on_where_the_last_one_ended_and_back_to_what_came_late(
    tmp_path: Path, workspace: Workspace, ingest: Callable[..., Any], line: Callable[..., str]
) -> None:
    first, late = tmp_path / "first.log", tmp_path / "late.log"
    first.write_text("".join(line(n) for n in range(50)))
    ingest(first)
    begun = [judge(workspace, now=NOON).window.since, judge(workspace, now=ONE).window.since]
    late.write_text("".join(line(n, path="/late") for n in range(100, 150)))
    ingest(late)

    assert [NINE, NINE] == begun  # detectors of silence: the log had ended within that hour
    assert NINE == judge(workspace, now=TWO).window.since

"""The hours in which keys failed: those of whole days are stored, and are those of the events."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from detectors.frames import conform
from keywatch.detecting.failing import failing_hours
from keywatch.privacy.erasing import erase
from keywatch.workspace import Workspace
from model.retention import Cuts
from model.window import Window
from store import day_files
from store.queries.auth_frames import auth_hours
from store.retention import prune

KEYED = "/v1/agents?api_key=ac_live_0123456789abcdefghijklmn"
HOUR = 3600
SPAN = Window(since=datetime(2026, 10, 1, 13, 30, tzinfo=UTC), until=datetime(2026, 10, 4, 13, 30, tzinfo=UTC))
WHOLE = ["2026-10-02", "2026-10-03"]


@pytest.fixture
def failed(tmp_path: Path, ingest: Callable[..., Any], line: Callable[..., str]) -> Callable[..., None]:
    """`failed(hours)`: two failures of a key in each hour since 2026-10-01 09:00, and one success from elsewhere."""

    def run(hours: range, ip: str = "192.0.2.7") -> None:
        log = tmp_path / f"{hours}.log"
        lines = [
            made
            for hour in hours
            for made in (
                line(hour * HOUR, path=KEYED, status=401, ip=ip),
                line(hour * HOUR + 9, path=KEYED, status=403, ip=ip),
                line(hour * HOUR + 10, path=KEYED, ip="192.0.2.8"),
            )
        ]
        log.write_text("".join(lines))
        ingest(log)

    return run


def stored(workspace: Workspace) -> list[str]:
    return sorted(path.name[:10] for path in (workspace.store.files.scratch / "failing").glob("*.arrow"))


def read(workspace: Workspace) -> pd.DataFrame:
    with workspace.store.reader(SPAN) as reader:
        return conform("auth_hours", auth_hours(reader, SPAN))


def test_whole_days_are_stored_and_are_those_of_the_events(workspace: Workspace, failed: Callable[..., None]) -> None:
    failed(range(90))

    made = failing_hours(workspace.store, SPAN)
    files = stored(workspace)
    again = failing_hours(workspace.store, SPAN)

    assert 72 == len(made)
    assert WHOLE == files
    pd.testing.assert_frame_equal(read(workspace), made)
    pd.testing.assert_frame_equal(made, again)


def test_a_stored_day_is_not_read_again(workspace: Workspace, failed: Callable[..., None]) -> None:
    failed(range(90))
    failing_hours(workspace.store, SPAN)
    for path in (workspace.store.files.scratch / "failing").glob("2026-10-02.*"):
        kept = day_files.load(path)
        assert kept is not None
        day_files.save(path, date(2026, 10, 2), kept.head(1), keep=timedelta(days=9))

    assert 72 - 23 == len(failing_hours(workspace.store, SPAN))


def test_what_comes_late_makes_its_day_anew(workspace: Workspace, failed: Callable[..., None]) -> None:
    failed(range(90))
    failing_hours(workspace.store, SPAN)
    failed(range(20, 22), ip="192.0.2.9")

    pd.testing.assert_frame_equal(read(workspace), made := failing_hours(workspace.store, SPAN))
    assert 74 == len(made)
    assert WHOLE == stored(workspace)


def test_a_pass_that_keeps_nothing_stores_them_aside(
    tmp_path: Path, workspace: Workspace, failed: Callable[..., None]
) -> None:
    failed(range(90))

    failing_hours(workspace.store, SPAN, keep=False)
    failing_hours(workspace.store, SPAN, keep=False, aside=tmp_path / "aside")

    assert [] == stored(workspace)
    assert WHOLE == sorted(path.name[:10] for path in (tmp_path / "aside" / "failing").iterdir())


def test_none_outlives_its_events(workspace: Workspace, failed: Callable[..., None]) -> None:
    failed(range(90))
    failing_hours(workspace.store, SPAN)

    prune(workspace.store, Cuts(events=datetime(2026, 10, 3, tzinfo=UTC)), now=SPAN.until + timedelta(hours=1))

    assert WHOLE[1:] == stored(workspace)


def test_none_holds_an_address_that_was_erased(workspace: Workspace, failed: Callable[..., None]) -> None:
    failed(range(90))
    failing_hours(workspace.store, SPAN)

    with workspace.lock("test"):
        erase(workspace, "192.0.2.7", at=SPAN.until)

    assert [] == stored(workspace)

"""Stored baselines: made once a day, and again when what they were made of has changed."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from detectors.frames import FRAMES, conform
from detectors.usual.baselines import HISTORY, baselines_of
from keywatch.detecting.baselining import baseline_frame
from keywatch.workspace import Workspace
from model.window import Window
from store import baselines
from store.queries.frames import event_frame

NEXT = Window(since=datetime(2026, 10, 2, 9, tzinfo=UTC), until=datetime(2026, 10, 2, 10, tzinfo=UTC))
KEYED = "/v1/agents?api_key=ac_live_0123456789abcdefghijklmn"


def stored(workspace: Workspace) -> list[Path]:
    return sorted((workspace.store.files.scratch / "baselines").glob("*.arrow"))


def frame(workspace: Workspace) -> pd.DataFrame:
    return baseline_frame(workspace.store, NEXT, pd.DataFrame(columns=list(FRAMES["key_refs"].columns)))


def test_an_empty_store_has_no_baselines(workspace: Workspace) -> None:
    assert frame(workspace).empty
    assert [] == stored(workspace)


def test_stored_baselines_are_read_and_are_those_of_the_events(
    tmp_path: Path, workspace: Workspace, ingest: Callable[..., Any], line: Callable[..., str]
) -> None:
    log = tmp_path / "first.log"
    log.write_text("".join(line(n, path=KEYED) for n in range(50)))
    ingest(log)

    made, files = frame(workspace), stored(workspace)
    again = frame(workspace)

    with workspace.store.reader() as reader:
        hours = conform("key_hours", event_frame("key_hours", reader, NEXT, HISTORY))
    pd.testing.assert_frame_equal(conform("baselines", made), conform("baselines", again))
    pd.testing.assert_frame_equal(conform("baselines", baselines_of(hours, NEXT, {})), conform("baselines", made))
    assert files == stored(workspace)
    assert len(made) >= 1


def test_what_comes_late_makes_them_anew(
    tmp_path: Path, workspace: Workspace, ingest: Callable[..., Any], line: Callable[..., str]
) -> None:
    first, late = tmp_path / "first.log", tmp_path / "late.log"
    first.write_text("".join(line(n, path=KEYED) for n in range(50)))
    ingest(first)
    before = (frame(workspace)["called"].sum(), stored(workspace))
    late.write_text("".join(line(n, path=KEYED) for n in range(100, 150)))
    ingest(late)

    after = frame(workspace)["called"].sum()

    assert after > before[0]
    assert before[1] != stored(workspace)
    assert len(before[1]) == len(stored(workspace))


def test_a_file_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    path = tmp_path / "baselines" / "2026-10-02.ab.arrow"
    path.parent.mkdir()
    path.write_bytes(b"not Arrow")

    assert baselines.load(tmp_path, date(2026, 10, 2), "ab") is None
    assert baselines.load(tmp_path, date(2026, 10, 3), "ab") is None


def test_old_days_are_removed(tmp_path: Path) -> None:
    rows = pd.DataFrame({"key_ref": ["a"]})
    for day in (date(2026, 1, 1), date(2026, 10, 2)):
        baselines.save(tmp_path, day, "ab", rows, keep=timedelta(days=120))

    assert ["2026-10-02.ab.arrow"] == [path.name for path in (tmp_path / "baselines").iterdir()]


def test_the_levels_of_the_days_before_are_stored_for_tomorrow(
    tmp_path: Path, workspace: Workspace, ingest: Callable[..., Any], line: Callable[..., str]
) -> None:
    log = tmp_path / "first.log"
    log.write_text("".join(line(n, path=KEYED) for n in range(50)))
    ingest(log)
    later = Window(since=NEXT.since + timedelta(days=5), until=NEXT.until + timedelta(days=5))
    nobody = pd.DataFrame(columns=list(FRAMES["key_refs"].columns))

    made = baseline_frame(workspace.store, later, nobody)
    kinds = {path.name[:10]: path.name.count(".levels.") for path in stored(workspace)}
    for path in stored(workspace):
        if ".levels." not in path.name:
            path.unlink()
    again = baseline_frame(workspace.store, later, nobody)

    days = [str(day.date()) for day in sorted(set(made["day"]))]
    assert [0] * len(days) == [kinds[day] for day in days]
    assert 1 == kinds[str((later.since - timedelta(days=2)).date())]
    pd.testing.assert_frame_equal(conform("baselines", made), conform("baselines", again))


def test_levels_are_no_baselines_and_baselines_have_the_levels(tmp_path: Path) -> None:
    day, rows = date(2026, 10, 2), pd.DataFrame({"key_ref": ["a"]})
    baselines.save_levels(tmp_path, day, "ab", rows, keep=timedelta(days=120))
    alone = (baselines.load(tmp_path, day, "ab"), baselines.load_levels(tmp_path, day, "ab"))
    baselines.save(tmp_path, day, "ab", rows, keep=timedelta(days=120))

    assert alone[0] is None
    assert alone[1] is not None
    assert ["2026-10-02.ab.arrow"] == [path.name for path in (tmp_path / "baselines").iterdir()]
    assert baselines.load_levels(tmp_path, day, "ab") is not None

"""The use of all keys by hour: of many keys each day is stored, and is that of the events."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detectors.usual.grid import Grid
from keywatch.detecting.using import use_grid
from keywatch.privacy.erasing import erase
from keywatch.workspace import Workspace
from store import day_files

HOUR = 3600
SINCE, UNTIL = date(2026, 9, 29), date(2026, 10, 4)
EVERY = ["2026-09-29", "2026-09-30", "2026-10-01", "2026-10-02", "2026-10-03"]


@pytest.fixture
def used(tmp_path: Path, ingest: Callable[..., Any], line: Callable[..., str]) -> Callable[..., None]:
    """`used(hours, key)`: a call of a key in each hour since 2026-10-01 09:00, and one that found nothing."""

    def run(hours: range, key: str = "a") -> None:
        log, path = tmp_path / f"{key}{hours}.log", f"/v1/agents?api_key=ac_live_0123456789abcdefghijkl{key}"
        log.write_text(
            "".join(line(hour * HOUR, path=path) + line(hour * HOUR + 9, path=path, status=404) for hour in hours)
        )
        ingest(log)

    return run


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if there were so many keys that a day is asked for by itself."""
    monkeypatch.setattr("keywatch.detecting.using._ROWS", 1)


def read(workspace: Workspace, *, keep: bool = True) -> Grid:
    scratch = workspace.store.files.scratch
    return use_grid(workspace.store, SINCE, UNTIL, target=scratch if keep else None, places=[scratch])


def stored(workspace: Workspace) -> list[Path]:
    return sorted((workspace.store.files.scratch / "use").glob("*.arrow"))


def same(one: Grid, other: Grid) -> bool:
    arrays = all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ("calls", "sent", "failed"))
    return arrays and (one.keys, one.first) == (other.keys, other.first)


def test_days_of_few_keys_are_asked_for_together_and_not_stored(
    workspace: Workspace, used: Callable[..., None]
) -> None:
    used(range(60))

    assert 120 == read(workspace).calls.sum()
    assert [] == stored(workspace)


def test_days_of_many_keys_are_stored_and_are_those_of_the_events(
    workspace: Workspace, used: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    used(range(60))
    used(range(20, 30), key="b")
    together = read(workspace)
    monkeypatch.setattr("keywatch.detecting.using._ROWS", 1)

    made, files = read(workspace), stored(workspace)

    assert (140, 70) == (made.calls.sum(), made.failed.sum())
    assert EVERY == [path.name[:10] for path in files]
    assert same(together, made)
    assert same(made, read(workspace))
    assert files == stored(workspace)


@pytest.mark.usefixtures("many")
def test_a_stored_day_is_not_read_again(workspace: Workspace, used: Callable[..., None]) -> None:
    used(range(60))
    read(workspace)
    (path,) = (one for one in stored(workspace) if one.name.startswith("2026-10-02."))
    kept = day_files.load(path)
    assert kept is not None
    day_files.save(path, date(2026, 10, 2), kept.head(0), keep=timedelta(days=45), dense=False)

    assert 120 - 48 == read(workspace).calls.sum()


@pytest.mark.usefixtures("many")
def test_a_day_to_which_lines_come_late_is_read_anew(workspace: Workspace, used: Callable[..., None]) -> None:
    used(range(60))
    read(workspace)
    before = stored(workspace)
    used(range(16, 17), key="b")  # of 2 October

    assert 122 == read(workspace).calls.sum()
    assert ["2026-10-02"] == [path.name[:10] for path in {*stored(workspace)} - {*before}]
    assert len(before) == len(stored(workspace))


@pytest.mark.usefixtures("many")
def test_nothing_is_kept_where_nothing_may_be_and_nothing_stays_when_somebody_is_forgotten(
    workspace: Workspace, used: Callable[..., None]
) -> None:
    used(range(60))
    read(workspace, keep=False)
    assert [] == stored(workspace)
    read(workspace)

    erase(workspace, "192.0.2.7", at=datetime(2026, 10, 5, tzinfo=UTC))

    assert [] == stored(workspace)

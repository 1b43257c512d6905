"""An hour of guesses at keys, as the store keeps and gives it: few rows, whatever their number, and none uncounted."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from benchmarks.guessing import add_guesses
from detectors.engine import reaches
from keywatch.new_workspace import make
from keywatch.workspace import Workspace
from model.window import Window
from store.events.tables import facets, usage
from store.queries.auth_frames import KEPT_ROWS
from store.queries.frames import event_frame

END = datetime(2026, 10, 29, 12, tzinfo=UTC)
HOUR = Window(since=END - timedelta(hours=1), until=END)
NETWORKS = 201


@pytest.mark.parametrize("guesses", [2_000, 130_000])
def test_an_hour_of_guesses_is_few_rows_and_each_is_counted(tmp_path: Path, guesses: int) -> None:
    make(tmp_path / "workspace")
    workspace = Workspace.at(tmp_path / "workspace" / "keywatch.toml")
    add_guesses(workspace, guesses=guesses, end=END)

    with workspace.store.reader(HOUR) as reader:
        minutes = event_frame("auth_minutes", reader, HOUR, reaches(["auth_minutes"], HOUR)["auth_minutes"])
        sums, values = (
            reader.frame(sa.select(sa.func.count().label("n")).select_from(table))["n"][0] for table in (usage, facets)
        )
    workspace.close()

    assert guesses == minutes["unauthenticated"].sum() == minutes["refs"].sum()
    assert len(minutes) <= 60 * (KEPT_ROWS + 1)
    assert minutes.groupby("minute").size().max() <= KEPT_ROWS + 1
    assert sums <= NETWORKS + 10
    assert values <= 21_000 + 6 * NETWORKS  # by address, and by six other kinds in each network

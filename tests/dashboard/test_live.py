"""What looks again by itself while a page stays open."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dashboard import live
from dashboard.controls.period import own, period
from dashboard.reads import data
from dashboard.sight import Sight
from keywatch.collecting.ingesting import ingest_source
from keywatch.config.root import SourceConfig
from keywatch.workspace import Workspace
from model.clock import SystemClock
from model.window import Window
from tests.dashboard.conftest import BILLING, line


def test_it_sees_what_came_in_since_and_leaves_a_window_of_ones_own_as_it_is(copied: Workspace, tmp_path: Path) -> None:
    data.forget()
    known, before = data.known(), datetime.now(UTC) - timedelta(minutes=10)
    assert known.span is not None
    last_day = period("24h", known.span, before)
    chosen = own(Window(since=before - timedelta(hours=1), until=before), known.span, before)
    log = tmp_path / "more.log"
    log.write_text(json.dumps(line(datetime.now(UTC), BILLING, "198.51.100.7", 200)) + "\n")
    ingest_source(copied, SourceConfig(name="edge", path=str(log)), clock=SystemClock())
    data.forget()
    moving, still = (
        live._as_of_now(Sight(version=known.version, period=each, sources=known.sources)) for each in (last_day, chosen)
    )

    assert known.version != moving.version == still.version
    assert timedelta(minutes=10) <= moving.period.window.until - last_day.window.until <= timedelta(minutes=12)
    assert chosen.window == still.period.window

"""Fault 31: events that come two hours late, and events of tomorrow. Windows are updated; nothing is raised falsely."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from keywatch.collecting.ingesting import ingest_source
from keywatch.config.root import SourceConfig
from keywatch.detecting.judging import judge
from keywatch.workspace import Workspace
from model.clock import FixedClock
from store.state.sources import source_frame

NOW = datetime(2026, 10, 1, 13, tzinfo=UTC)
Stored = Callable[[str], list[tuple[Any, ...]]]


class Site:
    """A log whose lines come whenever they like."""

    def __init__(self, workspace: Workspace, log: Path) -> None:
        self.workspace, self.log = workspace, log
        self.clock = FixedClock(NOW)

    def write(self, at: datetime, count: int, *, status: int = 200, key: str = "kw_live_a", step: float = 20) -> None:
        """Requests with a key, `step` seconds apart."""
        with self.log.open("a") as file:
            for n in range(count):
                moment = (at + timedelta(seconds=step * n)).isoformat()
                file.write(
                    f'{{"time_iso8601": "{moment}", "remote_addr": "198.51.100.7", "request": "GET /v1/pets HTTP/1.1",'
                    f' "status": {status}, "http_x_api_token": "{key}"}}\n'
                )

    def look(self) -> list[str]:
        """Ingest and judge as of the clock; the detectors that found something."""
        ingest_source(self.workspace, SourceConfig(name="edge", path=str(self.log)), clock=self.clock)
        return sorted({str(one.detector) for one in judge(self.workspace, now=self.clock.at).findings})

    def source(self) -> dict[str, Any]:
        """How the source fares."""
        with self.workspace.store.reading() as tx:
            return dict(source_frame(tx, self.clock.at).iloc[0])


@pytest.fixture
def site(workspace: Workspace, tmp_path: Path) -> Site:
    made = Site(workspace, tmp_path / "edge.log")
    made.write(NOW - timedelta(hours=3), 540)
    assert "auth-burst-key" not in made.look()
    return made


def test_events_two_hours_late_are_counted_in_their_hour_and_their_burst_is_found(site: Site, stored: Stored) -> None:
    late = NOW - timedelta(hours=2)
    hour = f"SELECT CAST(sum(requests) AS BIGINT) FROM usage WHERE hour = TIMESTAMPTZ '{late.isoformat()}'"
    before = stored(hour)[0][0]
    site.clock.at += timedelta(minutes=1)
    site.write(late + timedelta(minutes=5), 60, status=401, step=1)

    assert "auth-burst-key" in site.look()
    assert [(before + 60,)] == stored(hour)
    assert [] == site.look()


def test_late_events_of_an_ordinary_hour_raise_nothing(site: Site, stored: Stored) -> None:
    site.clock.at += timedelta(minutes=1)
    site.write(NOW - timedelta(hours=2), 60)

    assert [] == site.look()
    assert [(600,)] == stored("SELECT CAST(sum(requests) AS BIGINT) FROM usage")


def test_events_of_tomorrow_raise_nothing_and_do_not_hide_that_the_source_is_silent(site: Site, stored: Stored) -> None:
    site.write(NOW + timedelta(days=1), 3)

    assert [] == site.look()
    assert [(543,)] == stored("SELECT count(*) FROM events")
    assert NOW == site.source()["last_event_at"]

    site.clock.at += timedelta(minutes=20)

    assert [] == site.look()
    assert site.source()["late"]


def test_an_ingest_says_that_events_are_ahead_of_the_clock(
    workspace: Workspace, keywatch: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    site = Site(workspace, tmp_path / "edge.log")
    site.write(datetime.now(UTC) + timedelta(hours=7, minutes=6), 1)

    code, _, err = keywatch("-c", workspace.root / "keywatch.toml", "ingest", site.log)

    assert 0 == code
    assert "7.1 hours ahead of this machine's clock" in err
    assert "whether its log names its time zone" in err

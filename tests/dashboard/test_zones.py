from datetime import UTC, datetime

import pandas as pd
import pytest

from dashboard.zones import Zone, exists, names

BERLIN = Zone("Europe/Berlin")
SPRING = datetime(2026, 3, 29, 1, 0, 30, tzinfo=UTC)


def test_a_moment_is_told_by_the_clocks_of_the_zone() -> None:
    assert ("2026-03-29 03:00 CEST", "2026-03-29 03:00:30") == (BERLIN.told(SPRING), BERLIN.second(SPRING))
    assert "2026-03-29 01:00 UTC" == Zone().told(SPRING)


@pytest.mark.parametrize(
    ("zone", "said"),
    [("UTC", "2026-03-29 00:00 to 00:59"), ("Asia/Kolkata", "2026-03-29 05:30 to 06:29")],
)
def test_an_hour_is_told_from_its_first_to_its_last_minute(zone: str, said: str) -> None:
    hour = pd.Timestamp("2026-03-29T00:00Z")

    assert said == Zone(zone).hour(hour)
    assert "2026-03-29 03:00" == BERLIN.hour(SPRING)
    assert "—" == Zone(zone).hour(pd.NaT)


@pytest.mark.parametrize("missing", [None, pd.NaT])
def test_no_moment_is_told_as_nothing(missing: object) -> None:
    assert ("—", "never") == (BERLIN.minute(missing), BERLIN.told(missing, "never"))


def test_heads_of_columns_name_the_place() -> None:
    assert "Since (New York)" == Zone("America/New_York").headed("Since")


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "Asia/Kolkata"])
def test_a_place_on_a_chart_leads_back_to_its_moment(name: str) -> None:
    zone = Zone(name)

    assert zone.unwalled(zone.wall(SPRING).timestamp() * 1000) == SPRING


def test_a_chart_shows_what_the_clocks_show() -> None:
    moments = pd.Series(pd.to_datetime(["2026-03-29T00:30Z", "2026-03-29T01:00Z"], utc=True))

    assert ["01:30", "03:00"] == list(BERLIN.walls(moments).dt.strftime("%H:%M"))


def test_a_zone_has_to_exist() -> None:
    assert [True, False, False] == [exists(name) for name in ("Asia/Tehran", "Mars/Olympus", "../etc/passwd")]
    assert "Europe/Berlin" in names()

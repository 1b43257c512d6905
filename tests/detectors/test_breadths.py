"""What a key did on its days before: a live cycle reads as much as one pass over history, though it sees less of it."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from detectors.frames import FRAMES, conform
from detectors.shared.breadths import RouteDays
from detectors.usual.falls import common_fall

DAY = timedelta(days=1)
BEGIN = datetime(2026, 9, 1, tzinfo=UTC)
ROUTE = "GET /v1/agents/{id}"


@pytest.fixture(scope="module")
def frames() -> dict[str, pd.DataFrame]:
    """Forty days of two keys, each day busier than the one before, each hour of it unlike the others."""
    days = pd.DataFrame({"day": pd.date_range(BEGIN, periods=40)}).merge(
        pd.DataFrame({"key_ref": ["id:a", "id:b"]}), "cross"
    )
    days = days.assign(route=ROUTE, requests=10 * (days["day"].dt.dayofyear + days["key_ref"].eq("id:b")))
    hours = pd.DataFrame({"hour": pd.date_range(BEGIN, periods=40 * 24, freq="h")})
    hours = hours.merge(pd.DataFrame({"key_ref": ["id:a", "id:b"]}), "cross")
    hours = hours.assign(requests=hours["hour"].dt.dayofyear * (1 + hours["hour"].dt.hour))
    given = {"route_days": days, "key_hours": hours}
    given = {name: rows.assign(ok=rows["requests"]) for name, rows in given.items()}
    return {name: conform(name, _whole(name, given.get(name))) for name in FRAMES}


def _whole(name: str, rows: pd.DataFrame | None) -> pd.DataFrame | None:
    return None if rows is None else rows.reindex(columns=list(FRAMES[name].columns))


@pytest.mark.parametrize(
    "moment", [timedelta(days=35), timedelta(days=35, hours=11, minutes=7), timedelta(days=36, minutes=-1)]
)
def test_live_knows_of_busy_days_and_hours_what_one_pass_does(
    frames: dict[str, pd.DataFrame], moment: timedelta
) -> None:
    at = pd.Timestamp(BEGIN + moment)
    seen = dict(frames)
    for name, clock in (("route_days", "day"), ("key_hours", "hour")):
        seen[name] = frames[name][frames[name][clock] <= at]
    live, whole = (RouteDays(given, {"id:a", "id:b"}) for given in (seen, frames))

    assert whole.busiest("id:a", ROUTE, at) == live.busiest("id:a", ROUTE, at)
    assert whole.lately("id:b", at) == live.lately("id:b", at)
    yesterday = at.floor("D") - pd.Timedelta(DAY)
    assert (10 * yesterday.dayofyear, 24 * yesterday.dayofyear) == live.busiest("id:a", ROUTE, at)


def test_what_most_keys_fell_by_is_common_and_what_few_did_or_few_keys_fell_by_is_not() -> None:
    def common(falls: list[float]) -> float:
        return float(np.ravel(common_fall(np.array([falls]).T))[0])

    assert pytest.approx(0.9) == common([0.9] * 8 + [0.0] * 5)
    assert [0.0, 0.0] == [common([0.9] * 5 + [0.0] * 8), common([0.9] * 9)]

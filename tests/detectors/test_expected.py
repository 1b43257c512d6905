"""What was expected of a key, for charts."""

import numpy as np
import pandas as pd

from detectors.usual.baselines import baselines
from detectors.usual.expected import COLUMNS, expected
from detectors.usual.levels import unpacked

FIRST = pd.Timestamp("2026-09-07", tz="UTC")
DAYS = [np.datetime64("2026-09-07") + day for day in (29, 30)]


def hours(days: int, rate: float = 50.0) -> pd.DataFrame:
    """The frame key_hours of two keys; the second has only calls that were answered 401."""
    clock = pd.date_range(FIRST, periods=24 * days, freq="h")
    calls = np.random.default_rng(3).poisson(rate, len(clock))
    one = pd.DataFrame({"hour": clock, "key_ref": "id:a", "requests": calls, "unauthenticated": 0})
    other = one.assign(key_ref="id:b", unauthenticated=calls)
    return pd.concat([one, other], ignore_index=True).assign(bytes_out=0, client_error=0, server_error=0)


def test_what_is_expected_is_the_centre_that_judged_the_key() -> None:
    frame = hours(31)
    made = expected(frame, DAYS)
    mine = made[made["key_ref"] == "id:a"]
    judged = baselines(frame, DAYS)
    judged = judged[judged["key_ref"] == "id:a"]

    assert list(COLUMNS) == list(made.columns)
    np.testing.assert_allclose(unpacked(judged["centre"]).ravel() ** 2, mine["expected"], rtol=1e-5)
    wide = (unpacked(judged["centre"]) + 3 * unpacked(judged["scale"])).ravel() ** 2
    np.testing.assert_allclose(wide, mine["high"], rtol=1e-5)
    assert (mine["low"] <= mine["expected"]).all()


def test_calls_are_those_of_the_hour_without_the_ones_that_were_not_let_in() -> None:
    frame = hours(31)
    made = expected(frame, DAYS)
    came = frame[(frame["key_ref"] == "id:a") & (frame["hour"] >= FIRST + pd.Timedelta(days=29))]

    assert list(came["requests"].iloc[:48]) == list(made[made["key_ref"] == "id:a"]["calls"])
    assert 0 == made[made["key_ref"] == "id:b"]["calls"].sum()


def test_with_too_little_history_nothing_is_expected() -> None:
    late = hours(31)
    late = late[late["hour"] >= FIRST + pd.Timedelta(days=28)]

    assert expected(late, DAYS)["expected"].isna().all()


def test_of_no_calls_nothing_is_said() -> None:
    assert list(COLUMNS) == list(expected(hours(0), DAYS).columns)
    assert expected(hours(0), DAYS).empty

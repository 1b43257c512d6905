"""The public volume score and its calibration."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.baseline import of_day, roots, score_series, squared
from detectors.calibration import fit, fit_each, threshold

HOURS = pd.date_range("2026-09-07", periods=24 * 40, freq="h", tz="UTC")
DAY = np.datetime64("2026-09-07")


def office(seed: int = 1) -> "pd.Series[float]":
    busy = (HOURS.hour >= 8) & (HOURS.hour < 18) & (HOURS.day_of_week < 5)
    calls = np.random.default_rng(seed).poisson(np.where(busy, 200, 2))
    return pd.Series(calls.astype(float), index=HOURS)


def test_columns_and_index_are_those_of_the_contract() -> None:
    scores = score_series(office())

    assert ["expected", "low", "high", "score"] == list(scores.columns)
    pd.testing.assert_index_equal(HOURS, scores.index)


def test_a_quarter_of_a_day_is_too_little_for_a_score() -> None:
    scores = score_series(office())["score"]

    assert scores.iloc[:6].isna().all()
    assert scores.iloc[2 * 24 :].notna().all()


def test_less_than_three_days_of_a_key_have_no_level() -> None:
    calls = roots(office().to_numpy()[None])
    clock = HOURS.tz_localize(None).to_numpy("datetime64[s]")

    short, enough = (of_day(clock[: days * 24], calls[:, : days * 24], clock[:24], DAY + days) for days in (2, 3))

    assert np.isnan(short.scale).all()
    assert (enough.scale > 0).all()


def test_a_monday_after_nothing_but_a_weekend_has_no_level() -> None:
    calls, clock = roots(office().to_numpy()[None]), HOURS.tz_localize(None).to_numpy("datetime64[s]")
    friday_afternoon = slice(4 * 24 + 14, 7 * 24)
    monday, tuesday = (slice(day * 24, (day + 1) * 24) for day in (7, 8))

    first = of_day(clock[friday_afternoon], calls[:, friday_afternoon], clock[monday], DAY + 7)
    until_tuesday = slice(friday_afternoon.start, tuesday.start)
    second = of_day(clock[until_tuesday], calls[:, until_tuesday], clock[tuesday], DAY + 8)

    assert np.isnan(first.centre[0, :14]).all()
    assert not np.isnan(first.centre[0, 14:]).any()
    assert not np.isnan(second.centre).any()


def test_a_sunday_after_its_saturday_has_no_level_and_the_next_weekend_has_its_own() -> None:
    calls = np.where(np.arange(24 * 21) // 24 % 7 >= 5, 2.0, 10.0)[None]
    clock = HOURS.tz_localize(None).to_numpy("datetime64[s]")
    sunday, saturday = (slice(day * 24, (day + 1) * 24) for day in (6, 12))

    first = of_day(clock[: sunday.start], calls[:, : sunday.start], clock[sunday], DAY + 6)
    second = of_day(clock[: saturday.start], calls[:, : saturday.start], clock[saturday], DAY + 12)

    assert np.isnan(first.centre).all()
    assert np.allclose(second.centre, 2.0)


def test_four_weeks_know_the_hour_of_the_week() -> None:
    calls = roots(office().to_numpy()[None])
    clock = HOURS.tz_localize(None).to_numpy("datetime64[s]")

    def at_ten(days: int) -> float:
        past, today = slice((days - 28) * 24, days * 24), slice(days * 24, days * 24 + 24)
        return float(squared(of_day(clock[past], calls[:, past], clock[today], DAY + days).centre)[0, 10])

    assert 170 < at_ten(35) < 230
    assert at_ten(34) < 5


def test_the_expected_lies_in_the_band() -> None:
    scores = score_series(office()).dropna()

    assert ((scores["low"] <= scores["expected"]) & (scores["expected"] < scores["high"])).all()


def test_a_fivefold_hour_stands_out_and_the_rest_does_not() -> None:
    calls = office()
    calls.loc["2026-10-13 10:00+00:00"] *= 5

    scores = score_series(calls)["score"].iloc[28 * 24 :]

    assert "2026-10-13 10:00:00+00:00" == str(scores.idxmax())
    assert 1.5 * scores.nlargest(2).iloc[1] < 5 < scores.max()


def test_growth_is_followed() -> None:
    growing = office() * np.linspace(1, 2, len(HOURS))

    late = score_series(growing)["score"].loc["2026-10-12":"2026-10-16"]

    assert late.abs().quantile(0.9) < 3


@settings(max_examples=8, deadline=None)
@given(cut=st.integers(1, len(HOURS)), seed=st.integers(0, 5))
def test_the_score_is_causal(cut: int, seed: int) -> None:
    calls = office(seed)

    pd.testing.assert_frame_equal(score_series(calls).iloc[:cut], score_series(calls.iloc[:cut]))


def test_a_score_depends_on_28_days_and_no_more() -> None:
    calls = office()

    whole = score_series(calls).iloc[-24:]

    pd.testing.assert_frame_equal(whole, score_series(calls.iloc[-29 * 24 :]).iloc[-24:])


@pytest.mark.parametrize(
    "series",
    [
        pd.Series([], index=pd.DatetimeIndex([], tz="UTC"), dtype=float),
        pd.Series([np.nan] * 200, index=HOURS[:200]),
        pd.Series([0.0] * 200, index=HOURS[:200]),
        pd.Series(range(-100, 100), index=HOURS[:200]),
        pd.Series(range(3000), index=pd.date_range("2026-09-07", periods=3000, freq="5min")),
    ],
    ids=["empty", "missing", "zeros", "negative", "five minutes without a zone"],
)
def test_odd_series_are_scored_without_complaint(series: "pd.Series[float]") -> None:
    assert len(series) == len(score_series(series))


def test_rows_come_back_in_their_order() -> None:
    shuffled = office().sample(frac=1, random_state=1)

    pd.testing.assert_index_equal(shuffled.index, score_series(shuffled).index)


def test_an_empty_pool_gives_the_cautious_prior() -> None:
    tail = fit(np.array([np.nan]))

    assert pytest.approx(0.05 * np.exp(-1)) == tail.p(np.array([3.0]))[0]
    assert [1.0, 1.0] == tail.p(np.array([np.nan, 1.0])).tolist()


@pytest.mark.parametrize("tail", ["normal", "heavy"])
def test_the_budget_is_the_false_alarms_a_day(tail: str) -> None:
    rng = np.random.default_rng(3)
    draw = rng.standard_normal if tail == "normal" else (lambda n: rng.laplace(size=n))
    pool, days = draw(250 * 24 * 14), 60
    line = threshold(budget=0.5, tests=250 * 24, detectors=1)

    alarms = (fit(pool).p(draw(250 * 24 * days)) <= line).sum() / days

    assert alarms < 1.0


def test_keys_that_live_in_bursts_do_not_raise_the_line_of_the_others() -> None:
    rng = np.random.default_rng(3)
    calm = rng.standard_normal((24 * 14, 90))
    wild = np.where(rng.random((24 * 14, 10)) < 0.04, rng.uniform(2, 30, (24 * 14, 10)), 0.0)

    alone, among = fit_each(calm), fit_each(np.hstack([calm, wild]))
    heavy = float(among.p(np.full(100, 8.0))[90:].min())

    assert np.median(among.p(np.full(100, 8.0))[:90]) < 10 * np.median(alone.p(np.full(90, 8.0))) < 1e-6
    assert heavy > 1e-3


@pytest.mark.parametrize("tail", ["normal", "heavy"])
def test_the_budget_holds_for_each_key_with_its_own_tail(tail: str) -> None:
    rng = np.random.default_rng(3)
    draw = rng.standard_normal if tail == "normal" else (lambda shape: rng.laplace(size=shape))
    pool, days = draw((24 * 14, 250)), 60
    line = threshold(budget=0.5, tests=250 * 24, detectors=1)

    alarms = (fit_each(pool).p(draw((24 * days, 250))) <= line).sum() / days

    assert alarms < 1.0


def test_a_few_falls_of_retired_keys_do_not_raise_the_line_of_the_others() -> None:
    rng = np.random.default_rng(3)
    pool = np.abs(rng.standard_normal((14, 60))) * 0.6
    pool[3, 0], pool[7, 1] = 28.0, 20.0

    blind, sharp = (float(fit(pool, spared=share).p(np.array([10.0]))[0]) for share in (0.0, 0.005))

    assert blind > 1e-3
    assert sharp < 1e-4

"""The first three days of a small busy company: no flood, though nothing is known of anybody yet."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
import world

from detectors.engine import detect
from detectors.frames import FRAMES
from detectors.settings import DetectorsConfig
from model.finding import Finding, Severity
from model.window import Window

DAYS = 3
MOST = 2
"""Findings of medium or above in three days, with four keys whose use is odd and harmless; measured: one."""


def company(seed: int) -> world.World:
    """Twenty keys, and a launch, a nightly batch, a key of heavy tails, and a backfill on the third day."""
    rng = np.random.default_rng(seed)
    made = world.peaceful(seed, 20)
    minutes = pd.date_range(world.BEGIN, world.BEGIN + timedelta(days=DAYS), freq="10min", inclusive="left")
    size = len(minutes)
    launch = np.where(np.arange(size) < 0.45 * size, rng.poisson(1, size), rng.poisson(70, size))
    batch = (np.arange(size) % 36 == 0) + 400 * ((np.arange(size) >= 6 * 26) & (np.arange(size) < 6 * 28))
    tails = rng.poisson(rng.lognormal(2, 1.5, size))
    backfill = np.where((np.arange(size) >= 6 * 50) & (np.arange(size) < 6 * 53), 500, rng.poisson(2, size))
    for number, calls in enumerate((launch, batch, tails, backfill), start=200):
        key = made.key(number, created_at=world.BEGIN - timedelta(days=5), owner="team1")
        made.add(minutes, key, f"198.18.{number}.1", f"app{number}/1.0", "ok", calls)
    return made


def until(frames: dict[str, pd.DataFrame], moment: pd.Timestamp) -> dict[str, pd.DataFrame]:
    """What had been logged by a moment."""
    cut = {}
    for name, frame in frames.items():
        clock = FRAMES[name].clock
        cut[name] = frame if clock is None else frame[pd.to_datetime(frame[clock], utc=True) < moment]
    return {**cut, "telemetry": pd.DataFrame([{"since": world.BEGIN, "until": moment}])}


@pytest.mark.parametrize("seed", [1])
def test_the_first_days_of_a_busy_company_are_no_flood(seed: int) -> None:
    frames = company(seed).frames()
    state: dict[str, Finding] = {}
    for day in range(DAYS):
        window = Window(since=world.BEGIN + timedelta(days=day), until=world.BEGIN + timedelta(days=day + 1))
        given = until(frames, pd.Timestamp(window.until))
        done = detect(given, window, known=list(state.values()), config=DetectorsConfig(), now=window.until)
        assert not done.errors
        state |= {finding.id: finding for finding in done.findings}

    told = [finding for finding in state.values() if finding.severity.rank >= Severity.MEDIUM.rank]
    assert len(told) <= MOST, [(finding.detector, finding.title) for finding in told]
    assert {"volume-spike"} >= {finding.detector for finding in told}

"""A cluster beside a loud address is measured against what it did in the three hours before, as any other."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from detectors.engine import detect
from detectors.examples import examples
from detectors.settings import DetectorsConfig

NOW = datetime(2026, 10, 6, tzinfo=UTC)
BESIDE = next(one for one in examples("distributed-guessing") if "beside one address" in one.name)
LENGTH = timedelta(minutes=20)


@pytest.mark.parametrize(("times", "told"), [(0, 1), (9, 0)])
def test_a_cluster_that_goes_on_for_hours_at_one_pace_is_not_told_when_an_address_gets_loud(
    times: int, told: int
) -> None:
    minutes = BESIDE.frames["auth_minutes"]
    loud = minutes.groupby("ip")["unauthenticated"].sum().idxmax()
    cluster = minutes[minutes["ip"] != loud]
    shouting = minutes.assign(unauthenticated=minutes["unauthenticated"].mask(minutes["ip"] == loud, 500))
    before = [cluster.assign(minute=cluster["minute"] - n * LENGTH) for n in range(1, times + 1)]
    frames = {**BESIDE.frames, "auth_minutes": pd.concat([*before, shouting], ignore_index=True)}

    config = DetectorsConfig()
    found = detect(frames, BESIDE.window, known=[], config=config, now=NOW, detectors=["distributed-guessing"])

    assert not found.errors
    assert told == len(found.findings)

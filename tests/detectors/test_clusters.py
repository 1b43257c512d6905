"""Clusters beside others: measured against their own hours before, and told without their small parts apart."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from detectors.engine import detect
from detectors.examples import examples
from detectors.settings import DetectorsConfig

NOW = datetime(2026, 10, 6, tzinfo=UTC)
BESIDE = next(one for one in examples("distributed-guessing") if "beside one address" in one.name)
LENGTH = timedelta(minutes=20)


def parted() -> tuple[pd.DataFrame, str, pd.DataFrame]:
    """All failures, the loud address, and the cluster's."""
    minutes = BESIDE.frames["auth_minutes"]
    loud = str(minutes.groupby("ip")["unauthenticated"].sum().idxmax())
    return minutes, loud, minutes[minutes["ip"] != loud]


@pytest.mark.parametrize(("times", "told"), [(0, 1), (9, 0)])
def test_a_cluster_that_goes_on_for_hours_at_one_pace_is_not_told_when_an_address_gets_loud(
    times: int, told: int
) -> None:
    minutes, loud, cluster = parted()
    shouting = minutes.assign(unauthenticated=minutes["unauthenticated"].mask(minutes["ip"] == loud, 500))
    before = [cluster.assign(minute=cluster["minute"] - n * LENGTH) for n in range(1, times + 1)]
    frames = {**BESIDE.frames, "auth_minutes": pd.concat([*before, shouting], ignore_index=True)}

    config = DetectorsConfig()
    found = detect(frames, BESIDE.window, known=[], config=config, now=NOW, detectors=["distributed-guessing"])

    assert not found.errors
    assert told == len(found.findings)


@pytest.mark.parametrize(("beside", "told"), [(False, 1), (True, 0)])
def test_a_network_that_made_little_of_a_cluster_is_told_with_it_and_not_by_itself(*, beside: bool, told: int) -> None:
    _, _, cluster = parted()
    like = cluster.iloc[:1].assign(minute=cluster["minute"].max(), network="198.18.7.0/24", unauthenticated=5)
    small = [like.assign(ip=f"198.18.7.{n}", key_ref=f"fp:1:{n:02}") for n in range(5)]
    frames = {**BESIDE.frames, "auth_minutes": pd.concat([*([cluster] if beside else []), *small], ignore_index=True)}

    config = DetectorsConfig()
    found = detect(frames, BESIDE.window, known=[], config=config, now=NOW, detectors=["auth-burst-network"])

    assert not found.errors
    assert told == sum("198.18.7.0/24" in str(finding.subject) for finding in found.findings)

"""When requests happen: each temper has its own hours of the day and days of the week."""

from typing import Final

import numpy as np
from numpy.random import Generator

from keywatch.demo.cast import Temper
from keywatch.demo.keys import DemoKey
from keywatch.demo.requests import Decimals, Numbers

HOUR: Final = 3600
DAY: Final = 24 * HOUR

_OFFICE: Final = np.array([0, 0, 0, 0, 0, 0, 0, 0.15, 0.6, 1, 1.1, 1, 0.75, 0.9, 1.1, 1, 0.8, 0.35, 0.1, 0, 0, 0, 0, 0])
_PHONES: Final = np.array(
    [0.35, 0.2, 0.12, 0.1, 0.1, 0.15, 0.3, 0.5, 0.6, 0.65, 0.7, 0.7, 0.75, 0.75, 0.7, 0.7, 0.75, 0.85, 0.95, 1, 1.1,
     1.1, 0.9, 0.6]
)  # fmt: skip
"""Shares of `rate` by hour of the owner's day."""
_SATURDAY: Final = 5
_STEADY: Final = 60.0
"""Shape of the gamma factor on each hour: real counts scatter more than a Poisson law allows."""


def moments(key: DemoKey, since: int, until: int, rng: Generator, scale: float) -> Numbers:
    """Seconds since 1970 of the key's requests in [since, until), in order; `scale` thins them."""
    begin = max(since, int(key.created_at.timestamp()))
    hours = np.arange(begin // HOUR, -(-until // HOUR), dtype=np.int64) * HOUR
    if key.part.temper is Temper.BATCH:
        drawn = _runs(key, hours, rng, scale)
    else:
        wobble = rng.gamma(_STEADY, 1 / _STEADY, len(hours))
        counts = rng.poisson(_rates(key, hours, since, until) * wobble * scale)
        drawn = np.repeat(hours, counts) + rng.integers(0, HOUR, int(counts.sum()))
    return np.sort(drawn[np.logical_and(drawn >= begin, drawn < until)])


def _rates(key: DemoKey, hours: Numbers, since: int, until: int) -> Decimals:
    """Expected requests of each hour; offices and apps grow by a tenth over the log."""
    local = hours + int(key.east * HOUR)
    hour, weekend = local % DAY // HOUR, (local // DAY + 3) % 7 >= _SATURDAY
    growth = 1 + 0.1 * (hours - since) / (until - since)
    if key.part.temper is Temper.OFFICE:
        return np.asarray(key.part.rate * growth * _OFFICE[hour] * np.where(weekend, 0.0, 1.0))
    if key.part.temper is Temper.MOBILE:
        return np.asarray(key.part.rate * growth * _PHONES[hour] * np.where(weekend, 1.2, 1.0))
    if key.part.temper is Temper.SPARSE:
        return np.full(len(hours), key.part.rate / 24)
    return np.asarray(key.part.rate * (1 + 0.2 * np.sin((hour - 9) * np.pi / 12)) * np.where(weekend, 0.92, 1.0))


def _runs(key: DemoKey, hours: Numbers, rng: Generator, scale: float) -> Numbers:
    """One run a night: it begins some minutes past two in the owner's night and stays within that hour."""
    nights = hours[(hours + int(key.east * HOUR)) % DAY // HOUR == 2]  # noqa: PLR2004 (two at night)
    counts = rng.poisson(key.part.rate * scale * rng.gamma(_STEADY, 1 / _STEADY, len(nights)))
    starts = nights + rng.integers(8 * 60, 14 * 60, len(nights))
    return np.asarray(np.repeat(starts, counts) + rng.integers(0, 22 * 60, int(counts.sum())))

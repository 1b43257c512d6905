"""How many requests a key makes in each hour: tempers, zones, holidays, growth, and noise with heavy tails."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.random import Generator

HOUR: Final = 3_600_000
"""Milliseconds; times of a world are milliseconds after its start."""
DAY: Final = 24 * HOUR
MINUTE: Final = 60_000


@dataclass(frozen=True, slots=True)
class Local:
    """The hours of a world as clocks of one zone show them."""

    hour: np.ndarray
    weekday: np.ndarray
    """0 is Monday."""
    dates: list[date]


def local_hours(start: datetime, days: int, zone: str) -> Local:
    """The local hour, weekday and date of each hour after `start` (aware, UTC); DST included."""
    moments = [(start + timedelta(hours=h)).astimezone(ZoneInfo(zone)) for h in range(24 * days)]
    return Local(
        hour=np.array([m.hour for m in moments]),
        weekday=np.array([m.weekday() for m in moments]),
        dates=[m.date() for m in moments],
    )


def rates(temper: str, per_day: float, local: Local, holidays: set[date], rng: Generator) -> np.ndarray:
    """Expected requests in each hour, for the tempers that have rates."""
    hours = len(local.hour)
    shape = _SHAPES[temper](local, rng)
    off = np.array([d in holidays for d in local.dates])
    if temper in _HUMAN:
        shape = np.where(off, shape * 0.06, shape)
    level = shape / shape.mean() * per_day / 24
    return level * _noise(hours, _SIGMA[temper], rng)


def growth(hours: int, per_day: float) -> np.ndarray:
    """A factor that grows by `per_day` a day, 1 at the start."""
    return (1 + per_day) ** (np.arange(hours) / 24)


def _noise(hours: int, sigma: float, rng: Generator) -> np.ndarray:
    """Log-normal noise that remembers: half of it by the day, half an AR(1) by the hour; mean about 1."""
    days = np.repeat(rng.normal(0, sigma * 0.6, hours // 24), 24)
    shocks, memory = rng.normal(0, sigma * 0.8, hours), 0.6
    slow = np.empty(hours)
    held = 0.0
    for h in range(hours):
        held = memory * held + np.sqrt(1 - memory**2) * shocks[h]
        slow[h] = held
    return np.exp(days + slow - sigma**2 / 2)


def _office(local: Local, rng: Generator) -> np.ndarray:
    begin, end = rng.integers(7, 10), rng.integers(16, 20)
    inside = ((local.hour >= begin) & (local.hour < end)).astype(float)
    lunch = np.where(local.hour == 12, 0.6, 1.0)
    edge = np.where((local.hour == begin) | (local.hour == end - 1), 0.6, 1.0)
    weekend = np.where(local.weekday >= 5, rng.choice([0.0, 0.0, 0.04]), 1.0)
    stray = np.where((local.hour >= end) & (local.hour < end + 2), 0.04, 0.0)
    return (inside * lunch * edge + stray) * weekend


def _service(local: Local, rng: Generator) -> np.ndarray:
    peak = rng.integers(10, 17)
    day = 1 + rng.uniform(0.1, 0.6) * np.cos((local.hour - peak) / 24 * 2 * np.pi)
    return day * np.where(local.weekday >= 5, rng.uniform(0.6, 1.0), 1.0)


def _app(local: Local, rng: Generator) -> np.ndarray:
    day = 1 + 0.8 * np.cos((local.hour - rng.integers(18, 22)) / 24 * 2 * np.pi)
    return day * np.where(local.weekday >= 5, rng.uniform(1.1, 1.5), 1.0)


def _flat(local: Local, _rng: Generator) -> np.ndarray:
    return np.ones(len(local.hour))


def _webhook(local: Local, rng: Generator) -> np.ndarray:
    """Bursty: the rate of an hour is gamma with a shape below 1."""
    return _service(local, rng) * rng.gamma(0.5, 2.0, len(local.hour))


def _heavy(local: Local, rng: Generator) -> np.ndarray:
    return _service(local, rng) * np.exp(rng.normal(0, 0.7, len(local.hour)))


_SHAPES: Final = {
    "office": _office,
    "service": _service,
    "growing": _service,
    "app": _app,
    "webhook": _webhook,
    "heavy": _heavy,
    "sparse": _flat,
}
_HUMAN: Final = frozenset({"office"})
_SIGMA: Final = {
    "office": 0.35,
    "service": 0.2,
    "growing": 0.2,
    "app": 0.15,
    "webhook": 0.3,
    "heavy": 0.3,
    "sparse": 0.1,
}


def runs(temper: str, local: Local, rng: Generator) -> np.ndarray:
    """The starts (ms) of the jobs of a key that works by the clock: cron, nightly, weekly, monthly."""
    hours = len(local.hour)
    if temper == "cron":
        every = int(rng.choice([5, 10, 15, 30, 60])) * MINUTE
        starts = np.arange(int(rng.integers(0, every)), hours * HOUR, every)
        return starts + rng.integers(0, 8_000, len(starts))
    at, chosen = int(rng.integers(0, 6)), local.hour == int(rng.integers(0, 6))
    chosen = local.hour == at
    if temper == "weekly":
        chosen &= local.weekday == int(rng.integers(0, 7))
    if temper == "monthly":
        chosen &= np.array([d.day for d in local.dates]) == int(rng.choice([1, 1, 2, 15]))
    starts = np.flatnonzero(chosen) * HOUR + int(rng.integers(0, 50)) * MINUTE
    return starts + rng.integers(0, 90_000, len(starts))


def epoch(start: datetime) -> int:
    """Milliseconds of `start` since 1970."""
    return int(start.astimezone(UTC).timestamp() * 1000)

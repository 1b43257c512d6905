"""How many false alarms a day the statistical detectors give on harmless keys, against the budget.

    python benchmarks/false_alarms.py [--keys 250] [--days 21] [--seed 1]

Harmless keys of many tempers: Poisson services, office hours with public holidays, gamma noise that is remembered
from hour to hour, bursts, rare large batches, growth, jobs by the clock. Prints JSON: findings a day of each
detector, those of medium and above beside them.
"""

import argparse
import json
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from detectors.engine import detect
from detectors.settings import DEFAULT_BUDGET, DetectorsConfig
from model.finding import Severity
from model.window import Window

END: Final = datetime(2026, 10, 5, tzinfo=UTC)
HISTORY: Final = 45
USE: Final = ["volume-spike", "flatline", "usage-drop", "bytes-out", "off-hours", "error-ratio"]


def calls(number: int, hours: pd.DatetimeIndex, holidays: set[int], rng: np.random.Generator) -> np.ndarray:
    """A harmless key's calls by hour; its temper is that of its number."""
    size, level = len(hours), rng.lognormal(2.5, 1.2)
    day = np.arange(size) // 24
    office = (hours.hour >= 8) & (hours.hour < 18) & (hours.day_of_week < 5) & ~np.isin(day, list(holidays))
    wave = 1 + 0.5 * np.cos((hours.hour.to_numpy() - 14) / 24 * 2 * np.pi)
    held = np.exp(_remembered(size, rng.uniform(0.1, 0.35), rng))
    shape = {
        0: wave,
        1: office * 2.0,
        2: wave * held * np.repeat(rng.gamma(12, 1 / 12, size // 24), 24),
        3: wave * rng.gamma(0.5, 2.0, size),
        4: (rng.random(size) < 0.004) * 40.0 + 0.2,
        5: wave * held * 1.01 ** (np.arange(size) / 24),
        6: (hours.hour == 2) * 20.0,
        7: np.asarray(office) * held * 2 + 0.02,
    }[number % 8]
    return np.asarray(rng.poisson(level * shape))


def _remembered(size: int, sigma: float, rng: np.random.Generator) -> np.ndarray:
    noise, held = rng.normal(0, sigma, size), np.empty(size)
    last = 0.0
    for place in range(size):
        last = 0.6 * last + 0.8 * noise[place]
        held[place] = last
    return held


def main() -> None:
    """Simulate and print."""
    parser = argparse.ArgumentParser()
    for name, value in (("keys", 250), ("days", 21), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=value)
    given = parser.parse_args()
    rng = np.random.default_rng(given.seed)
    size = given.days + HISTORY
    hours = pd.date_range(END - timedelta(days=size), END, freq="h", inclusive="left")
    rows = []
    for number in range(given.keys):
        holidays = set(rng.choice(size, 2, replace=False).tolist())
        made = calls(number, hours, holidays, rng)
        rows.append(pd.DataFrame({"hour": hours, "key_ref": f"id:{number}", "requests": made}))
        rows[-1]["bytes_out"] = (made * rng.lognormal(7, 0.3) * rng.lognormal(0, 0.4, len(made))).astype(int)
    key_hours = pd.concat(rows)
    key_hours = key_hours[key_hours["requests"] > 0].assign(
        ok=lambda x: x["requests"], unauthenticated=0, forbidden=0, throttled=0, client_error=0, server_error=0
    )
    window = Window(since=END - timedelta(days=given.days), until=END)
    config = DetectorsConfig()
    found = detect({"key_hours": key_hours}, window, known=[], config=config, now=END, detectors=USE)
    every = Counter(f.detector for f in found.findings)
    serious = Counter(f.detector for f in found.findings if f.severity.rank >= Severity.MEDIUM.rank)
    told = {
        "keys": given.keys,
        "days": given.days,
        "budget_a_day": DEFAULT_BUDGET,
        "findings_a_day": {name: round(every[name] / given.days, 3) for name in USE},
        "medium_a_day": {name: round(serious[name] / given.days, 3) for name in USE},
        "tempers": Counter(f"{f.detector} {int(str(f.subject).rpartition(':')[2]) % 8}" for f in found.findings),
        "errors": found.errors,
    }
    sys.stdout.write(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    main()

"""The examples beside a detector: small frames in TOML that must fire or must stay silent.

    [[example]]
    name = "sixty failures in four minutes"
    fires = true
    since = 2026-10-05T10:00:00Z
    until = 2026-10-05T11:00:00Z
    expect = { severity = "high", subject = "key:id:a", count = 60 }   # optional; fields of the one open finding

    [[example.rows]]
    frame = "auth_minutes"
    minute = 2026-10-05T10:01:00Z
    repeat = 4                 # 4 such rows,
    every = "1m"               # each a minute after the one before (all its times move)
    hours = [8, 18]            # optional: only those that fall in these UTC hours,
    days = "weekdays"          # and on these days (or "weekend")
    unauthenticated = 15

Counts left out are 0; `requests` left out is the sum of the outcomes; `first_seen` and `last_seen` left out are the
row's own time; `network` left out is the address's /24. The frame baselines is made of the key_hours.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Final

import pandas as pd

from detectors.frames import DERIVED, FRAMES, conform
from detectors.registry import module
from detectors.usual.baselines import baselines_of
from model.errors import DetectorError
from model.window import Window, parse_duration

_OUTCOMES: Final = ("ok", "unauthenticated", "forbidden", "throttled", "client_error", "server_error")
_CLOCKS: Final = ("minute", "hour", "day")
_GENERATOR: Final = ("frame", "repeat", "every", "hours", "days")
_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One example of a detector."""

    name: str
    fires: bool
    window: Window
    frames: Mapping[str, pd.DataFrame]
    """Conformed; all that there are, empty ones too."""
    expect: Mapping[str, object] = field(default_factory=dict)
    """Fields of the finding that it must give."""
    settings: Mapping[str, str | int | float] = field(default_factory=dict)


def source(detector: str) -> str:
    """The text of the examples' file."""
    return files("detectors").joinpath(f"{module(detector)}.toml").read_text(encoding="utf-8")


@cache
def examples(detector: str) -> list[Example]:
    """The examples of a detector. Raises DetectorError when a row names an unknown frame or column."""
    return [_example(table) for table in tomllib.loads(source(detector))["example"]]


def _example(table: Mapping[str, Any]) -> Example:
    rows: dict[str, list[dict[str, object]]] = {name: [] for name in FRAMES}
    for row in table.get("rows", []):
        if row.get("frame") not in FRAMES:
            msg = f"The example {table['name']!r} has a row of the frame {row.get('frame')!r}."
            raise DetectorError(msg, hint=f"Known: {', '.join(FRAMES)}.")
        rows[row["frame"]] += _repeated(row)
    window = Window(since=table["since"], until=table["until"])
    frames = {name: conform(name, _frame(name, given)) if given else _empty(name) for name, given in rows.items()}
    if rows["key_hours"]:
        known = frames["key_refs"].dropna(subset=["key_ref", "timezone"])
        zones = dict(zip(known["key_ref"], known["timezone"], strict=True))
        frames["baselines"] = conform("baselines", baselines_of(frames["key_hours"], window, zones))
    for name in DERIVED:
        if not rows[name]:
            del frames[name]
    return Example(
        name=table["name"],
        fires=table["fires"],
        window=window,
        frames=frames,
        expect=table.get("expect", {}),
        settings=table.get("settings", {}),
    )


@cache
def _empty(name: str) -> pd.DataFrame:
    """An example has rows of two or three frames, and there are forty."""
    return conform(name, _frame(name, []))


def _frame(name: str, rows: list[dict[str, object]]) -> pd.DataFrame:
    columns = FRAMES[name].columns
    if unknown := {column for row in rows for column in row} - set(columns):
        msg = f"An example has rows of {name} with {', '.join(sorted(unknown))}."
        raise DetectorError(msg, hint=f"The columns are {', '.join(columns)}.")
    return pd.DataFrame(rows, columns=list(columns), dtype=object)


def _repeated(row: Mapping[str, Any]) -> Iterator[dict[str, object]]:
    """The rows that a generator stands for."""
    every = parse_duration(row.get("every", "1h"))
    low, high = row.get("hours", (0, 24))
    columns = FRAMES[row["frame"]].columns
    given = {column: value for column, value in row.items() if column not in _GENERATOR}
    for turn in range(row.get("repeat", 1)):
        moved = {column: _moved(value, every * turn) for column, value in given.items()}
        complete = _complete(moved, set(columns))
        clock = next((complete[column] for column in _CLOCKS if column in complete), None)
        if not isinstance(clock, datetime) or (low <= clock.hour < high and _on(clock, row.get("days", "all"))):
            yield complete


def _moved(value: object, by: timedelta) -> object:
    return value + by if isinstance(value, datetime) else value


def _on(clock: datetime, days: str) -> bool:
    return days == "all" or (clock.weekday() >= _SATURDAY) == (days == "weekend")


def _complete(row: dict[str, object], columns: set[str]) -> dict[str, object]:
    """The row with what it leaves out."""
    clock = next((row[column] for column in _CLOCKS if column in row), None)
    if clock is not None and "first_seen" in columns:
        row = {"first_seen": clock, "last_seen": clock, **row}
    if "requests" in columns and "requests" not in row:
        row["requests"] = sum(int(str(row.get(outcome, 0))) for outcome in _OUTCOMES)
    if "network" in columns and "network" not in row and isinstance(row.get("ip"), str):
        row["network"] = str(row["ip"]).rpartition(".")[0] + ".0/24"
    return row

"""What stored baselines cost: 10,000 keys, six weeks, 100 million events in the last four of them.

    python benchmarks/baselines.py [--keys 10000]

Events themselves are not made: baselines and key_hours read usage, which is as large for one call an hour as for many.
Prints JSON: seconds and the process's memory for making a day from nothing, for making the next one (what happens once
each midnight, and when late segments touch the past), and for a live cycle of the detectors of use.
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from detectors.engine import detect
from detectors.frames import FRAMES
from detectors.settings import DetectorsConfig
from keywatch.detecting.baselining import baseline_frame
from model.event import EVENT_COLUMNS
from model.segment import Segment, SegmentId
from model.window import Window
from store.events.files import path_of
from store.events.tables import facets
from store.handle import Store
from store.queries.frames import event_frame
from store.state import segments

NOON: Final = datetime(2026, 10, 5, 12, tzinfo=UTC)
DAYS: Final = 45
USE: Final = ["volume-spike", "flatline", "usage-drop", "bytes-out", "off-hours", "error-ratio"]


def fill(store: Store, keys: int) -> int:
    """Write six weeks of usage, a sealed segment a day; returns the number of calls."""
    rng = np.random.default_rng(1)
    level = rng.lognormal(1.2, 1.6, keys)
    level *= 100e6 / (28 * 24 * keys) / level.mean()
    office = rng.random(keys) < 0.4
    total = 0
    for before in range(DAYS, -1, -1):
        day = datetime(2026, 10, 5, tzinfo=UTC) - timedelta(days=before)
        hour = np.repeat(np.arange(24), keys)
        open_now = (hour >= 8) & (hour < 18) & (day.weekday() < 5)
        mean = np.tile(level, 24) * np.where(np.tile(office, 24) & ~open_now, 0.0, rng.gamma(6, 1 / 6, len(hour)))
        calls = rng.poisson(mean)
        keep = calls > 0
        moment = pd.Timestamp(day) + pd.to_timedelta(hour[keep], unit="h")
        ref = np.array([f"fp:1:{n:020x}" for n in range(keys)], dtype=object)
        rows = pd.DataFrame({"hour": moment.astype("datetime64[us, UTC]"), "key_ref": np.tile(ref, 24)[keep]})
        rows["host"], rows["outcome"], rows["requests"] = "api", "ok", calls[keep]
        rows["bytes_out"] = calls[keep] * 1500
        rows["duration_sum"], rows["duration_max"], rows["timed"] = 0.0, 0.0, 0
        _seal(store, day, rows.sort_values(["key_ref", "hour"]), int(calls.sum()))
        total += int(calls.sum()) if before < 28 else 0
    return total


def _seal(store: Store, day: datetime, usage: pd.DataFrame, calls: int) -> None:
    name = SegmentId(f"{day:%Y%m%d}-bench")
    path_of(store.files.scratch, name, "usage").parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pandas(usage, preserve_index=False), path_of(store.files.scratch, name, "usage"))
    kinds = {"TIMESTAMP WITH TIME ZONE": pa.timestamp("us", "UTC"), "VARCHAR": pa.string(), "DOUBLE": pa.float64()}
    events = {column: pa.array([], kinds.get(kind, pa.int64())) for column, kind in EVENT_COLUMNS.items()}
    pq.write_table(pa.table(events), path_of(store.files.scratch, name, "events"))
    empty = {column.name: pa.array([], _kind(column.name)) for column in facets.c}
    pq.write_table(pa.table(empty), path_of(store.files.scratch, name, "facets"))
    segment = Segment(
        id=name,
        source="edge",
        origin="bench",
        from_offset=0,
        to_offset=0,
        from_line=0,
        rows=calls,
        rejects=0,
        min_ts=day,
        max_ts=day + timedelta(hours=23, minutes=59),
        ingested_at=day + timedelta(days=1),
        sealed=True,
        bytes=0,
    )
    with store.transaction() as tx:
        segments.add_segment(tx, segment)


def _kind(column: str) -> pa.DataType:
    if column in ("day", "first_ts", "last_ts"):
        return pa.timestamp("us", "UTC")
    return pa.string() if column in ("key_ref", "kind", "value", "outcome") else pa.int64()


def cycle(store: Store, window: Window) -> int:
    """One live cycle of the detectors of use; returns the number of findings."""
    nobody = pd.DataFrame({column: [] for column in FRAMES["key_refs"].columns})
    frames = {"baselines": baseline_frame(store, window, nobody)}
    with store.reader(Window(since=window.since - FRAMES["key_hours"].reach(window), until=window.until)) as reader:
        frames["key_hours"] = event_frame("key_hours", reader, window, FRAMES["key_hours"].reach(window))
    config = DetectorsConfig()
    return len(detect(frames, window, known=[], config=config, now=window.until, detectors=USE).findings)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--keys", type=int, default=10_000)
    keys = parser.parse_args().keys
    told: dict[str, float] = {"keys": keys}

    @contextmanager
    def timed(name: str) -> Iterator[None]:
        begun = time.perf_counter()
        yield
        told[f"{name}_s"] = round(time.perf_counter() - begun, 2)
        told[f"{name}_cpu_s"] = round(time.process_time(), 2)
        told[f"{name}_peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(f"sqlite:///{folder}/state.db", Path(folder) / "events")
        told["events"] = fill(store, keys)
        nobody = pd.DataFrame({column: [] for column in FRAMES["key_refs"].columns})
        live = Window(since=NOON - timedelta(minutes=10), until=NOON)
        day = timedelta(days=1)
        with timed("before"):
            pass
        with timed("from_nothing"):
            baseline_frame(store, Window(since=live.since - day, until=live.until - day), nobody)
        with timed("next_day"):
            baseline_frame(store, live, nobody)
        with timed("live_cycle"):
            told["findings"] = cycle(store, live)
        store.close()
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()

"""The frames that detectors need, from the store: each read once, over no more than it must reach."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import pandas as pd

from detectors import engine
from keywatch.baselining import baseline_frame
from model.window import Window
from store.handle import Store, Transaction
from store.queries.frame_columns import EMPTY
from store.queries.frames import event_frame
from store.state import deliveries, exceptions, inventory, listings, segments, sources

NEAR: Final = timedelta(days=2)
"""A frame that reaches no further back is read by itself, so that it opens only the segments of those days."""


def read_frames(
    store: Store,
    window: Window,
    now: datetime,
    *,
    detectors: Collection[str] | None = None,
    touched: Sequence[str] | None = None,
    keep: bool = True,
) -> dict[str, pd.DataFrame]:
    """The frames of `detectors` (None: all) for a window, by name.

    Without `keep`, baselines that are made for it are not stored.

    With `touched`, frames that all those detectors take by key hold these key_refs alone.
    """
    needed = engine.required_frames(detectors)
    made = state_frames(store, now)
    by_key = _by_key(detectors) if touched is not None else set()
    for near in (True, False):
        for keyed in (True, False):
            group = {
                name: reach
                for name, reach in needed.items()
                if name in EMPTY and (reach <= NEAR) is near and (name in by_key) is keyed
            }
            made |= _events(store, window, group, touched if keyed else None)
    if "source_hours" in needed:
        span = Window(since=window.since - needed["source_hours"], until=window.until)
        with store.reading() as tx:
            made["source_hours"] = sources.source_hours(tx, span)
    if "baselines" in needed:
        made["baselines"] = baseline_frame(store, window, made["key_refs"], keep=keep)
    return made


def state_frames(store: Store, now: datetime) -> dict[str, pd.DataFrame]:
    """Those of the frames that come from the state, as of `now`."""
    with store.reading() as tx:
        return {
            "keys": inventory.key_frame(tx),
            "key_refs": inventory.ref_frame(tx),
            "sources": sources.source_frame(tx, now),
            "telemetry": _telemetry(tx, now),
            "outbox": deliveries.backlog(tx, now),
            "inventory": listings.inventory_frame(tx),
            "exceptions": exceptions.standing_frame(tx, now),
        }


def _by_key(detectors: Collection[str] | None) -> set[str]:
    """The frames that every one of the detectors that read them takes by key."""
    chosen = [engine.load(name) for name in (engine.names() if detectors is None else detectors)]
    read = {name for each in chosen for name in each.frames}
    return {name for name in read if all(name in each.by_key for each in chosen if name in each.frames)}


def _events(
    store: Store, window: Window, group: Mapping[str, timedelta], touched: Sequence[str] | None
) -> dict[str, pd.DataFrame]:
    if not group:
        return {}
    span = Window(since=window.since - max(group.values()), until=window.until)
    with store.reader(span, only=touched) as reader:
        return {name: event_frame(name, reader, window, reach) for name, reach in group.items()}


def _telemetry(tx: Transaction, now: datetime) -> pd.DataFrame:
    span = segments.span(tx)
    if span is None or span.since >= now:
        return pd.DataFrame({"since": [], "until": []}).astype("datetime64[us, UTC]")
    row = {"since": [span.since], "until": [min(span.until, now)]}
    return pd.DataFrame(row).astype("datetime64[us, UTC]")

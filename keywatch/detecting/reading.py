"""The frames that detectors need, from the store: each read once, over no more than it must reach."""

from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import pandas as pd

from detectors import engine
from detectors.columns import among
from detectors.declare import Detector
from detectors.frames import FRAMES, conform
from keywatch.detecting.baselining import baseline_frame
from keywatch.detecting.failing import failing_hours
from keywatch.detecting.narrowing import narrow_frames
from keywatch.process.memory import give_back
from model.window import Window
from store.handle import Store, Transaction
from store.queries.auth_frames import attacked_days
from store.queries.frame_columns import EMPTY, empty_frame
from store.queries.frames import DEEP, event_frame
from store.queries.spans import HOUR, floor
from store.state import deliveries, exceptions, inventory, listings, segments, sources

NEAR: Final = timedelta(days=3)
"""A frame that reaches no further back is read by itself, so that it opens only the segments of those days."""
_MONTH: Final = timedelta(days=40)
_APART: Final = ("auth_hours", "attacked_days")


def read_frames(
    store: Store,
    window: Window,
    now: datetime,
    *,
    detectors: Collection[str] | None = None,
    keep: bool = True,
    aside: Path | None = None,
    bait: str,
    state: Mapping[str, pd.DataFrame] | None = None,
) -> dict[str, pd.DataFrame]:
    """The frames of `detectors` (None: all) for a window, by name.

    Those that a detector takes by key are cut to the keys in question and stand under the name that `declare.narrow`
    gives. `keep` and `aside` as in `baseline_frame`; `bait` is the label of canary keys. `state` are frames that have
    been read already: those of `state_frames`, or more.
    """
    names = list(engine.names() if detectors is None else detectors)
    made = _whole(store, window, now, names, keep=keep, aside=aside, state=state)
    if narrow := narrow_frames(store, window, made, names, bait):
        give_back()
    return made | narrow


@contextmanager
def reading_frames(
    store: Store,
    window: Window,
    now: datetime,
    *,
    detectors: Collection[str],
    keep: bool,
    bait: str,
    state: Mapping[str, pd.DataFrame] | None,
) -> Iterator[tuple[dict[str, pd.DataFrame], Callable[[], dict[str, pd.DataFrame]]]]:
    """As `read_frames`, in two: the frames, and what waits for those that are cut to keys.

    These are read in a thread of their own, so that whoever has the others goes on meanwhile.
    """
    made = _whole(store, window, now, detectors, keep=keep, aside=None, state=state)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="frames") as pool:
        own = {name: _apart(frame) for name, frame in made.items()}
        yield made, pool.submit(narrow_frames, store, window, own, detectors, bait).result
    give_back()


def _apart(frame: pd.DataFrame) -> pd.DataFrame:
    """The same rows under indexes of its own: pandas fills an index's table when it is first asked, without a lock."""
    made = frame.copy(deep=False)
    made.columns, made.index = pd.Index(list(frame.columns)), frame.index.copy(deep=True)
    return made


def _whole(
    store: Store,
    window: Window,
    now: datetime,
    detectors: Collection[str],
    *,
    keep: bool,
    aside: Path | None,
    state: Mapping[str, pd.DataFrame] | None,
) -> dict[str, pd.DataFrame]:
    """Those that are not cut to keys."""
    chosen = [engine.load(name) for name in detectors]
    made = dict(state) if state is not None else state_frames(store, now)
    needed = engine.required_frames(window, detectors)
    if "baselines" in needed:  # first, for making them takes the most room, and nothing else is held yet
        made["baselines"] = baseline_frame(store, window, made["key_refs"], keep=keep, aside=aside)
    _read(store, window, made, {name for each in chosen for name in _at_once(each)}, keep=keep, aside=aside)
    asking = {name for each in chosen if each.asks is not None and each.asks(made) for name in each.later}
    _read(store, window, made, asking, keep=keep, aside=aside)
    if "source_hours" in needed and "source_hours" not in made:
        span = Window(since=window.since - needed["source_hours"], until=window.until)
        with store.reading() as tx:
            made["source_hours"] = sources.source_hours(tx, span)
    if "event_hours" in needed and "event_hours" not in made:
        span = Window(since=window.since - needed["event_hours"], until=window.until)
        with store.reading() as tx:
            made["event_hours"] = sources.event_hours(tx, span)
    return made


def state_frames(
    store: Store, now: datetime, *, keys: Mapping[str, pd.DataFrame] | None = None
) -> dict[str, pd.DataFrame]:
    """Those of the frames that come from the state, as of `now`; `keys` are those of `key_frames`, if read before."""
    with store.reading() as tx:
        others = {
            "sources": sources.source_frame(tx, now),
            "telemetry": _telemetry(tx, now),
            "outbox": deliveries.backlog(tx, now),
            "inventory": listings.inventory_frame(tx),
            "exceptions": exceptions.standing_frame(tx, now),
        }
    return {**(key_frames(store) if keys is None else keys), **others}


def key_frames(store: Store) -> dict[str, pd.DataFrame]:
    """The inventory's frames, which are of today whatever is judged."""
    with store.reading() as tx:
        return {"keys": inventory.key_frame(tx), "key_refs": inventory.ref_frame(tx)}


def _at_once(detector: Detector) -> set[str]:
    """The frames that are read for a detector whatever is in others."""
    return set(detector.frames) - set(detector.by_key) - set(detector.later)


def _read(
    store: Store,
    window: Window,
    made: dict[str, pd.DataFrame],
    names: Collection[str],
    *,
    keep: bool,
    aside: Path | None,
) -> None:
    """Add the frames of events that are not there yet."""
    wanted = [name for name in names if name in EMPTY and name not in made]
    needed = engine.reaches(wanted, window)
    for name in [name for name in needed if FRAMES[name].whole]:
        if floor(window.until, HOUR) <= window.since:  # no hour ends
            made[name], _ = conform(name, empty_frame(name)), needed.pop(name)
    for low, high in ((timedelta(0), NEAR), (NEAR, _MONTH), (_MONTH, timedelta.max)):
        group = {
            name: reach
            for name, reach in needed.items()
            if low <= max(reach, DEEP.get(name, reach)) < high and name not in _APART
        }
        made |= _events(store, window, group)
    if "auth_hours" in needed:
        span = Window(since=window.since - needed["auth_hours"], until=window.until)
        made["auth_hours"] = conform("auth_hours", failing_hours(store, span, keep=keep, aside=aside))
    if "attacked_days" in needed:
        made["attacked_days"] = _attacked_days(store, window, made, needed["attacked_days"])


def _events(store: Store, window: Window, group: Mapping[str, timedelta]) -> dict[str, pd.DataFrame]:
    if not group:
        return {}
    span = Window(since=window.since - max(max(r, DEEP.get(n, r)) for n, r in group.items()), until=window.until)
    with store.reading() as tx:
        if not segments.has_events(tx, span):  # as in most of a long silence
            return {name: conform(name, empty_frame(name)) for name in group}
    with store.reader(span) as reader:
        # As detectors will have them: texts as Python's own strings take three times the room.
        return {name: conform(name, event_frame(name, reader, window, reach)) for name, reach in group.items()}


def _attacked_days(store: Store, window: Window, made: Mapping[str, pd.DataFrame], reach: timedelta) -> pd.DataFrame:
    """Of the keys and networks that auth_hours and the failures of auth_minutes have."""
    rows = [made[name] for name in ("auth_hours", "auth_minutes") if name in made]
    failed = [each[each["unauthenticated"] + each["forbidden"] > 0] for each in rows]
    refs, networks = (
        {str(value) for each in failed for value in each[name].dropna().unique()} for name in ("key_ref", "network")
    )
    if "auth_hours" not in made:
        networks = set()
    if "network_days" in made:  # they are among its rows, which reach as far
        everywhere = made["network_days"]
        return everywhere[among(everywhere["key_ref"], refs) | among(everywhere["network"], networks)]
    span = Window(since=window.since - reach, until=window.until)
    with store.reader(span) as reader:
        return attacked_days(reader, span, refs=refs, networks=networks)


def _telemetry(tx: Transaction, now: datetime) -> pd.DataFrame:
    span = segments.span(tx)
    if span is None or span.since >= now:
        return pd.DataFrame({"since": [], "until": []}).astype("datetime64[us, UTC]")
    row = {"since": [span.since], "until": [min(span.until, now)]}
    return pd.DataFrame(row).astype("datetime64[us, UTC]")

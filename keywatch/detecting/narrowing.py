"""Which keys the detectors of novelty have to look at, and their history: nobody else's is read.

A key is looked at when it did what it had not done for two weeks, went to many places at once, is young, has ended, is
a bait, stands in no inventory, or has been named by a frame that is read already. With a key come all its references;
with a young or dormant one its owner's other keys; with a new network or route the others who were there.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import pandas as pd

from detectors import engine
from detectors.columns import among
from detectors.declare import DAY, NEWCOMERS, Detector, narrow
from detectors.frames import conform
from detectors.leaked_key_signs import marked
from model.window import Window
from store.handle import Store
from store.queries import newcomers
from store.queries.frame_columns import empty_frame
from store.queries.frames import event_frame

YOUNG: Final = timedelta(days=32)
"""A key that is no older is looked at."""
NEAR: Final = timedelta(days=3)
_MONTH: Final = timedelta(days=40)
_OF_OWNERS: Final = ("network_days", "client_days")
_OF_WALKERS: Final = "walked_hours"
"""Single events of a week: of the keys that walk in the hours that are judged, and of nobody else."""
_ALIVE: Final = ("active", "unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Whom to read."""

    refs: frozenset[str]
    owners: frozenset[str]
    """References of the other keys of owners of whom all places are read."""
    sharing: frozenset[str]
    """References of the other keys of all their owners, for a route that is theirs is no news."""
    walkers: frozenset[str]
    """Those of `refs` that walk."""
    networks: frozenset[str]
    routes: frozenset[str]
    """What was new to any of them."""
    odd: frozenset[str]
    """Those of `refs` that are young or have ended: all their networks are looked at."""


def narrow_frames(
    store: Store,
    window: Window,
    frames: Mapping[str, pd.DataFrame],
    detectors: Collection[str],
    bait: str,
) -> dict[str, pd.DataFrame]:
    """The frames that `detectors` take by key, cut to the keys in question; `frames` are those read before.

    `bait` is the label of canary keys.
    """
    taking = [engine.load(name) for name in detectors if engine.load(name).by_key]
    needed = engine.reaches({name for each in taking for name in each.by_key}, window)
    if not needed:
        return {}
    chosen = _chosen(store, window, frames, taking, bait)
    if not chosen.refs:
        return {narrow(name): empty_frame(name) for name in needed}
    made: dict[str, pd.DataFrame] = {}
    everywhere = frames.get("network_days")  # of all keys, where others asked for it
    asked = {name: reach for name, reach in needed.items() if name != "network_days" or everywhere is None}
    for group, refs in _groups(asked, chosen):
        if not refs:
            made |= {name: empty_frame(name) for name in group}
            continue
        near = Window(since=window.since - max(group.values()), until=window.until)
        with store.reader(near, only=sorted(refs)) as reader:
            # As in reading: texts as Python's own strings take three times the room.
            made |= {name: conform(name, event_frame(name, reader, window, reach)) for name, reach in group.items()}
    networks = chosen.networks | _networks({**frames, **made}, chosen.odd)
    if "network_days" in needed and everywhere is not None:
        of_keys = among(everywhere["key_ref"], chosen.refs | chosen.owners)
        made["network_days"] = everywhere[of_keys | among(everywhere["network"], networks)]
    elif "network_days" in made and networks:
        reach = Window(since=window.since - needed["network_days"], until=window.until)
        with store.reader(reach) as reader:
            there = newcomers.days_at(reader, "network_days", reach, at=networks, but=chosen.refs | chosen.owners)
        made["network_days"] = _with(made["network_days"], "network_days", there)
    if "route_days" in made and chosen.routes:
        reach = Window(since=window.since - needed["route_days"], until=window.until)
        with store.reader(reach) as reader:
            but = chosen.refs | chosen.sharing
            others = newcomers.users_of(reader, window, reach, routes=chosen.routes, but=but, most=newcomers.OTHERS)
        made["route_days"] = _with(made["route_days"], "route_days", others)
    if "route_days" in made and chosen.routes and chosen.sharing:
        with store.reader(reach, only=sorted(chosen.sharing)) as reader:
            theirs = newcomers.users_of(reader, window, reach, routes=chosen.routes)
        made["route_days"] = _with(made["route_days"], "route_days", theirs)
    return {narrow(name): frame for name, frame in made.items()}


def _with(frame: pd.DataFrame, name: str, more: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([frame, conform(name, more)], ignore_index=True)


def _groups(needed: Mapping[str, timedelta], chosen: Chosen) -> Iterator[tuple[dict[str, timedelta], frozenset[str]]]:
    """The frames that are read together, and of whom: hours open few segments, half a year many."""
    walked = {name: reach for name, reach in needed.items() if name == _OF_WALKERS}
    needed = {name: reach for name, reach in needed.items() if name not in walked}
    near = {name: reach for name, reach in needed.items() if reach <= NEAR}
    places = {name: reach for name, reach in needed.items() if name in _OF_OWNERS}
    rest = {name: reach for name, reach in needed.items() if name not in near and name not in places}
    month = {name: reach for name, reach in rest.items() if reach <= _MONTH}
    year = {name: reach for name, reach in rest.items() if name not in month}
    every = (
        (walked, chosen.walkers),
        (near, chosen.refs),
        (places, chosen.refs | chosen.owners),
        (month, chosen.refs),
        (year, chosen.refs),
    )
    yield from ((group, refs) for group, refs in every if group)


def _chosen(
    store: Store, window: Window, frames: Mapping[str, pd.DataFrame], taking: list[Detector], bait: str
) -> Chosen:
    naming = {name for each in taking for name in each.named_by}
    refs = {str(ref) for name in naming & frames.keys() for ref in frames[name]["key_ref"].dropna()}
    known = frames["key_refs"].dropna(subset=["key_ref"])
    odd: set[str] = set()
    new = pd.DataFrame(columns=[*newcomers.NEW_VALUES])
    if NEWCOMERS in naming:
        span = Window(since=window.since - newcomers.QUIET - 9 * DAY, until=window.until)
        with store.reader(span) as reader:
            new = newcomers.new_values(reader, window)
        with store.reader(Window(since=window.since - 2 * DAY, until=window.until)) as reader:
            refs |= newcomers.spread_refs(reader, window)
            used = newcomers.used_refs(reader, Window(since=window.since - 2 * DAY, until=window.until))
        refs |= set(new["key_ref"])
        if len(known):
            refs |= used - set(known["key_ref"])
        odd = _odd(frames, window, bait)
        refs |= odd
    walkers = frames["walk_hours"]["key_ref"].dropna() if "walk_hours" in naming else ()
    mine = known[known["key_ref"].isin(refs)]
    same = known[known["key_id"].isin(set(mine["key_id"].dropna()))]
    refs |= set(same["key_ref"])
    # Where an owner's other keys were is asked of the young and of the dormant, to whom every place is new.
    placed = odd | set(new.loc[new["kind"].isin(["network", "client"]), "key_ref"])
    asking = same[same["key_ref"].isin(placed)]
    owners = known[known["owner"].isin(set(asking["owner"].dropna()))]
    of_owners = known[known["owner"].isin(set(same["owner"].dropna()))]
    return Chosen(
        refs=frozenset(refs),
        owners=frozenset(owners["key_ref"]) - refs,
        sharing=frozenset(of_owners["key_ref"]) - refs,
        walkers=frozenset(map(str, walkers)),
        networks=frozenset(new.loc[new["kind"] == "network", "value"]),
        routes=frozenset(new.loc[new["kind"] == "route", "value"]),
        odd=frozenset(odd),
    )


def _odd(frames: Mapping[str, pd.DataFrame], window: Window, bait: str) -> set[str]:
    """The references of keys that are young, have ended or will within the window, or are baits."""
    keys, refs = frames["keys"], frames["key_refs"].dropna(subset=["key_ref"])
    young = keys["created_at"] > pd.Timestamp(window.since - YOUNG)
    ended = keys["status"].notna() & ~keys["status"].isin(_ALIVE)
    over = (keys["revoked_at"] < pd.Timestamp(window.until)) | (keys["expires_at"] < pd.Timestamp(window.until))
    baits = pd.Series([marked(labels, bait) for labels in keys["labels"]], index=keys.index, dtype=bool)
    chosen = set(keys.loc[young | ended | over | baits, "key_id"])
    return set(refs.loc[refs["key_id"].isin(chosen), "key_ref"])


def _networks(made: Mapping[str, pd.DataFrame], odd: Collection[str]) -> set[str]:
    """The networks that they were used from."""
    found: set[str] = set()
    for name in ("origin_hours", "network_days"):
        if name in made:
            rows = made[name]
            found |= set(rows.loc[rows["key_ref"].isin(odd), "network"].dropna())
    return found

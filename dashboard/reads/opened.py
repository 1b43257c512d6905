"""The store that the environment names, opened once for all sessions, and the inventory in it; nothing here writes.

All goes through `place`, which asks who is looking: whoever has no role gets nothing, not even what a cache holds.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import pandas as pd
import streamlit as st

from dashboard.environment import AUDIT_KEY, EVENTS, OBJECTS, STATE_URL
from dashboard.login import access
from dashboard.login.roles import Role
from model.errors import ConfigError
from model.window import Window
from store.events.interface import Events
from store.events.places import open_events
from store.events.reader import EventsReader
from store.events.segmented import SegmentedEvents
from store.handle import Store, Transaction
from store.state import inventory
from store.state.activity import activity_frame

AGE: Final = timedelta(seconds=30)
"""For so long the inventory is given again; reading 5,000 keys takes 0.2 s of processor time."""


@dataclass(frozen=True, slots=True)
class Place:
    """Which store; part of every cache's key."""

    state_url: str
    events: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """The keys; one for all sessions, so nobody may change it."""

    keys: pd.DataFrame
    """As `store.state.inventory.key_frame`."""
    activity: pd.DataFrame
    """When the logs saw each key_ref, as `store.state.activity.activity_frame`."""
    owner: Mapping[str, str]
    """key_ref to key id."""
    kept: Sequence[str]
    """The key_refs that are never folded."""


def place(role: Role = Role.VIEWER) -> Place:
    """The store that the environment names, for somebody of that role.

    Raises AccessDenied for anybody else, and ConfigError when the environment names none.
    """
    access.need(role)
    state_url, events = os.environ.get(STATE_URL), os.environ.get(EVENTS)
    if not state_url or not events:
        msg = f"{STATE_URL} and {EVENTS} do not say where the store is."
        raise ConfigError(msg, hint="Start the dashboard with `keywatch dashboard`, which sets both.")
    return Place(state_url, events)


def store(role: Role = Role.VIEWER) -> Store:
    """The same, opened. Raises AccessDenied and ConfigError."""
    return _store(place(role))


def close() -> None:
    """Close every store that was opened; they open again when somebody asks."""
    _store.clear()


@st.cache_resource(show_spinner=False, max_entries=4, on_release=Store.close)
def _store(where: Place) -> Store:
    key = bytes.fromhex(os.environ.get(AUDIT_KEY, ""))
    return Store.open(where.state_url, _events(Path(where.events)), audit_key=(lambda: key) if key else None)


def _events(folder: Path) -> Events:
    """The folder, or what lies elsewhere and is fetched into it."""
    given = json.loads(os.environ.get(OBJECTS, "null")) or {"url": str(folder), "options": {}}
    events = open_events(given["url"], root=folder, scratch=folder, options=given["options"])
    if isinstance(events, SegmentedEvents):
        events.share()
    return events


@st.cache_resource(show_spinner=False, max_entries=4)
def renewed(where: Place, erased: datetime | None) -> None:
    """Forget what was counted and opened before something was erased; once a moment of `people.last_erased`."""
    events = _store(where).events
    if erased is not None and isinstance(events, SegmentedEvents):
        events.forget()


@contextmanager
def reading(where: Place, window: Window, only: Sequence[str] | None = None) -> Iterator[EventsReader]:
    """A snapshot of the events of a store that can touch a window; with `only`, of these key_refs alone."""
    with _store(where).reader(window, only=only, kept=inventory_of(where).kept) as reader:
        yield reader


@st.cache_resource(show_spinner=False, ttl=AGE, refresh_mode="background", max_entries=4)
def inventory_of(where: Place) -> Inventory:
    """The same of a place that somebody was let in to; twice AGE old at most."""
    with state_of(where) as tx:
        frame, seen = inventory.key_frame(tx), activity_frame(tx)
    owner = {ref: key for key, refs in zip(frame["key_id"], frame["key_refs"], strict=True) for ref in refs}
    succeeded = seen["key_ref"][seen["last_success"].notna()]
    return Inventory(keys=frame, activity=seen, owner=owner, kept=sorted({*owner, *succeeded}))


@contextmanager
def state_of(where: Place) -> Iterator[Transaction]:
    """A transaction that reads the state of such a place."""
    with _store(where).reading() as tx:
        yield tx

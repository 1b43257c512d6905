"""Pulling the inventory's sources, and saving what they list; a pull that is not whole changes nothing and is told."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from ingest.inventory.interface import Connector
from ingest.inventory.pull import pull
from keywatch.config.inventories import KeySource
from keywatch.inventory.connecting import connect, ways
from keywatch.inventory.registering import register
from keywatch.workspace import Workspace
from model.clock import Clock
from model.errors import InventoryError, KeywatchError
from model.key import Key
from store.state import listings

_RETRY: Final = timedelta(minutes=5)
"""After a failure a source is asked again so soon, or by the interval if that is shorter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """What a pull of a source gave."""

    source: str
    at: datetime
    keys: Sequence[Key] = ()
    error: KeywatchError | None = None
    """Set when it is not whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Synced:
    """What became of it."""

    source: str
    keys: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    """added, changed, unchanged, removed, returned, linked."""
    error: KeywatchError | None = None

    def line(self) -> str:
        """In a sentence."""
        if self.error is not None:
            return str(self.error)
        told = [f"{count} {what}" for what, count in self.counts.items() if count and what != "unchanged"]
        return f"{self.source}: {self.keys} keys, {', '.join(told) or 'nothing changed'}."


def due(workspace: Workspace, now: datetime) -> list[KeySource]:
    """The sources whose time has come; one that failed is tried again sooner."""
    config = workspace.config.inventory
    if not config.sources:
        return []
    with workspace.store.reading() as tx:
        rows = listings.inventory_frame(tx).set_index("name")
    found = []
    for source in config.sources:
        if source.called not in rows.index:
            found.append(source)
            continue
        row = rows.loc[source.called]
        wait = min(config.every, _RETRY) if row["failures"] else config.every
        if now - row["tried_at"] >= wait or now < row["tried_at"]:
            found.append(source)
    return found


def pull_source(workspace: Workspace, source: KeySource, clock: Clock) -> Pulled:
    """Ask a source for all its keys; nothing is written, and no lock is needed.

    Where others' deletions shift what is on a page, a key can be missed: so keys that a list by pages lacks are asked
    for once more, and only those that both pulls lack count as gone.
    """
    now, name = clock.now(), source.called
    try:
        connector = connect(workspace, source, clock)
        try:
            found = _all(workspace, source, connector, now)
            with workspace.store.reading() as tx:
                before = listings.listed_by(tx, name)
            if before and not found and not source.may_be_empty:
                raise _empty(name, len(before))
            if connector.shifts and before - found.keys():
                found |= _all(workspace, source, connector, now)
        finally:
            connector.close()
    except KeywatchError as error:
        return Pulled(source=name, at=now, error=error)
    return Pulled(source=name, at=now, keys=list(found.values()))


def save_pull(workspace: Workspace, pulled: Pulled, now: datetime) -> Synced:
    """Save a pull, or its failure. The caller holds the workspace's lock."""
    if pulled.error is not None:
        with workspace.store.transaction() as tx:
            listings.note_failure(tx, pulled.source, pulled.error.what, now)
        return Synced(source=pulled.source, error=pulled.error)
    counts = register(workspace, pulled.keys, where=pulled.source, now=now, synced=True)
    return Synced(source=pulled.source, keys=len(pulled.keys), counts=counts)


def forget_others(workspace: Workspace) -> None:
    """Drop the state of sources that the config no longer has. The caller holds the workspace's lock."""
    configured = {source.called for source in workspace.config.inventory.sources}
    with workspace.store.reading() as tx:
        others = listings.last_tries(tx).keys() - configured
    if others:
        with workspace.store.transaction() as tx:
            listings.forget_sources(tx, configured)


def _all(workspace: Workspace, source: KeySource, connector: Connector, now: datetime) -> dict[str, Key]:
    found = pull(connector, source=source.called, ways=ways(workspace, source), pulled_at=now)
    return {key.key_id: key for key in found}


def _empty(name: str, before: int) -> InventoryError:
    msg = f"{name}: it lists no key, and listed {before} before."
    hint = "Check its token and filters. If all keys are gone indeed, set may_be_empty = true."
    return InventoryError(msg, hint=hint)

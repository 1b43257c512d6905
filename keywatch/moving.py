"""A workspace's store to other engines: what `--to` names, in which order, and what to write into the config then."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from keywatch.config.references import resolve
from keywatch.process import work
from keywatch.workspace import Workspace
from model.actor import actor
from model.errors import StoreError, UsageError
from store.handle import Store
from store.moving.alone import require_alone
from store.moving.events import move_events
from store.moving.state import move_state
from store.state import audit, segments

_STATES: Final = ("sqlite:", "postgresql")
Counting = Callable[[str], AbstractContextManager[Callable[[int, int], None] | None]]
"""A progress bar of something that is counted."""


@dataclass(slots=True, kw_only=True)
class Moved:
    """What was moved."""

    segments: int = 0
    events: int = 0
    found: int = 0
    """Segments that an earlier try had copied."""
    rows: int = 0
    """Of the state."""
    config: list[str] = field(default_factory=list)
    """The lines of [store] that name the new place, as they were given."""


def migrate(workspace: Workspace, to: list[str], *, now: datetime, counting: Counting) -> Moved:
    """Copy events, state or both to where `to` says; the old store stays as it is. The caller holds all work.

    A target may be a reference (`env:NAME`), so that no password stands on a command line. Raises UsageError for two
    targets of one kind and for one that is not empty, StoreError when something cannot be copied.
    """
    state, events = _kinds(workspace, to)
    moved, store = Moved(), workspace.store
    require_alone(store, work.SEGMENTS)
    with store.reading() as tx:
        before = segments.version(tx)
    sizes: dict[str, int] = {}
    place = None if events is None else workspace.events_at(events)
    try:
        if place is not None and events is not None:
            with counting("segments") as told:
                done = move_events(store, place, told)
            moved.segments, moved.events, moved.found, sizes = done.segments, done.events, done.found, done.bytes
            moved.config.append(f'events = "{events}"')
        with store.reading() as tx:
            if segments.version(tx) != before:
                msg = "Somebody ingested while the events were copied."
                raise StoreError(msg, hint="Stop all workers, and call it again: what was copied stays.")
        # The state comes last: without it, nothing of the events counts.
        url = store.state.url.render_as_string(hide_password=False)
        if state is not None:
            url = workspace.state_url_of(state)
            with counting("rows") as told:
                moved.rows = sum(move_state(store, url, told).values())
            moved.config.append(f'state = "{state}"')
        _sign(Store.open(url, place or store.events, lambda: workspace.audit_key), to, moved, sizes, now=now)
    finally:
        if place is not None:
            place.close()
    return moved


def _sign(store: Store, to: list[str], moved: Moved, sizes: dict[str, int], *, now: datetime) -> None:
    """Say so in the audit log that goes on from here, and how large the segments are there."""
    try:
        with store.transaction() as tx:
            segments.resize(tx, sizes)
            audit.record(
                tx,
                at=now,
                actor=actor(),
                action="store migrated",
                subject=" and ".join(sorted({_scheme(one) for one in to})),
                detail={"segments": moved.segments, "events": moved.events, "rows": moved.rows},
            )
    finally:
        store.state.dispose()


def _kinds(workspace: Workspace, to: list[str]) -> tuple[str | None, str | None]:
    """The target of the state and that of the events."""
    found: dict[bool, str] = {}
    for one in to:
        is_state = resolve(one, root=workspace.root, what="--to").startswith(_STATES)
        if is_state in found:
            msg = f"Both {_scheme(found[is_state])} and {_scheme(one)} are for the {'state' if is_state else 'events'}."
            raise UsageError(msg, hint="Name one target for the state and one for the events.")
        found[is_state] = one
    return found.get(True), found.get(False)


def _scheme(target: str) -> str:
    return target.partition(":")[0]

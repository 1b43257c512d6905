"""A snapshot: everything that a report says, read from the store in one pass and frozen. The rest is pure.

More than 150 lines: the snapshot is the contract of this room, and `take` stands beside it.
"""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import pandas as pd

from model.errors import ReportError
from model.finding import Finding
from model.window import Window
from reports import changed, coverage, excused, roster, told
from reports.reading import Events, State, read_events, read_state
from reports.records import (
    Bar,
    Counts,
    Cover,
    DeliveryEntry,
    FindingEntry,
    IncidentEntry,
    InventorySource,
    KeyEntry,
    LogSource,
    Stranger,
    Totals,
)
from reports.texts import iso
from reports.thresholds import DAY, HOUR, HOURLY_UP_TO
from reports.trail import ChangeEntry, ExceptionEntry, Mark, Previous, RotationEntry, SinceLast
from reports.values import number
from store.handle import Store

_NAMESPACE: Final = uuid.UUID("5d0f5a3e-5c1f-5f0a-9a57-6b6579776174")
"""Ours, for ids of reports."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What a report says. Files are made of it alone, and the same snapshot makes the same bytes."""

    cover: Cover
    thresholds: tuple[tuple[str, str], ...]
    """(setting, value) of the configuration in force, by name."""
    telemetry_since: datetime | None
    """The first event of all; None when there is none."""
    telemetry_until: datetime | None
    """Just after the last event of all."""
    judged_until: datetime | None
    """How far all detectors have judged; None when none ever did."""
    inventory_sources: tuple[InventorySource, ...]
    log_sources: tuple[LogSource, ...]
    keys: tuple[KeyEntry, ...]
    keys_later: int
    """Keys that were created after `as_of`; left out."""
    strangers: tuple[Stranger, ...]
    without_credential: Counts
    unknown_credentials: Counts
    """Of credentials that no inventory row knows and that never succeeded: guesses, and keys long gone."""
    totals: Totals
    before: Totals | None
    """The previous period; None when the telemetry does not reach to its beginning."""
    bar_length: timedelta
    bars: tuple[Bar, ...]
    findings: tuple[FindingEntry, ...]
    incidents: tuple[IncidentEntry, ...]
    deliveries: tuple[DeliveryEntry, ...]
    changes: tuple[ChangeEntry, ...] = ()
    exceptions: tuple[ExceptionEntry, ...] = ()
    rotations: tuple[RotationEntry, ...] = ()
    """Those that began, were under way or ended in the period; those that are not completed first."""
    mark: Mark | None = None
    """Where the audit log stood."""
    previous: Previous | None = None
    since_last: SinceLast | None = None
    """What changed since `previous`; None without one."""


Rotations = Callable[[pd.DataFrame, Window], tuple[RotationEntry, ...]]
"""Finds the rotations of the keys of a `key_frame` in a window, as of its end."""


def _no_rotations(_keys: pd.DataFrame, _judged: Window) -> tuple[RotationEntry, ...]:
    return ()


def take(
    store: Store,
    window: Window,
    *,
    period: str,
    now: datetime,
    generated_by: str,
    tool_version: str,
    config_hash: str,
    thresholds: Mapping[str, object],
    stage: str = "rendered",
    organisation: str | None = None,
    classification: str | None = None,
    exceptions: tuple[ExceptionEntry, ...] = (),
    rotations: Rotations = _no_rotations,
) -> Snapshot:
    """Freeze what the store knows of the period `window`, as of the earlier of its end and `now`.

    `thresholds` are settings in force, as values or tables of values (`{"unused-key": {"after": "45d"}}`), `exceptions`
    those of the config.
    Raises ReportError for a period that has not begun.
    """
    if window.since >= now or not window.length:
        what = "has not begun" if window.length else "is empty"
        span = f"it goes from {iso(window.since)} to {iso(window.until)}, and it is {iso(now)}"
        msg = f"The period {period} {what}: {span}."
        raise ReportError(msg, hint="Name a period that has begun: last-7d, 2026-10, 2026-Q4.")
    cover = Cover(
        report_id=_report_id(window, now, generated_by, tool_version, config_hash, stage),
        period=period,
        since=window.since,
        until=window.until,
        as_of=min(window.until, now),
        generated_at=now,
        generated_by=generated_by,
        tool_version=tool_version,
        config_hash=config_hash,
        stage=stage,
        organisation=organisation,
        classification=classification,
    )
    judged = Window(since=window.since, until=cover.as_of)
    with store.reading() as tx:
        state = read_state(tx, judged, now=now)
    events = read_events(store, judged, state)
    turned = rotations(state.keys, judged)
    frozen = _frozen(cover, judged, state, events, tuple(_flat(thresholds)), turned=turned)
    listed = {key.key_id for key in frozen.keys}
    labels = {
        str(key_id): mine or {}
        for key_id, mine in zip(state.keys["key_id"], state.keys["labels"], strict=True)
        if key_id in listed
    }
    return replace(frozen, exceptions=excused.exceptions(state, labels, exceptions, cover.as_of), rotations=turned)


def _frozen(
    cover: Cover,
    judged: Window,
    state: State,
    events: Events,
    thresholds: tuple[tuple[str, str], ...],
    *,
    turned: tuple[RotationEntry, ...],
) -> Snapshot:
    keys = roster.entries(state, events, cover, turned)
    none, guessed = coverage.keyless(events)
    return Snapshot(
        cover=cover,
        thresholds=thresholds,
        telemetry_since=state.span.since if state.span else None,
        telemetry_until=state.span.until if state.span else None,
        judged_until=state.judged_until,
        inventory_sources=coverage.inventory_sources(keys),
        log_sources=coverage.log_sources(state, events, judged),
        keys=keys,
        keys_later=len(state.keys) - len(keys),
        strangers=coverage.strangers(state, events),
        without_credential=none,
        unknown_credentials=guessed,
        totals=_totals(events.totals, judged, state.findings),
        before=_before(events, judged.previous(), state),
        bar_length=HOUR if judged.length <= HOURLY_UP_TO else DAY,
        bars=coverage.bars(events),
        findings=told.finding_entries(state),
        incidents=told.incident_entries(state),
        deliveries=told.delivery_entries(state),
        changes=changed.changes(state),
        mark=Mark(seq=state.newest.seq, hash=state.newest.hash) if state.newest else None,
    )


def _totals(frame: pd.DataFrame, judged: Window, findings: Sequence[Finding]) -> Totals:
    row = frame.iloc[0]
    names = ("requests", "successes", "unauthorized", "forbidden", "throttled", "errors", "keys", "addresses")
    opened = sum(judged.since <= finding.opened < judged.until for finding in findings)
    counted = {name: number(row[name]) for name in names}
    return Totals(since=judged.since, until=judged.until, findings_opened=opened, **counted)


def _before(events: Events, before: Window, state: State) -> Totals | None:
    if state.span is None or state.span.since > before.since:
        return None
    return _totals(events.totals_before, before, state.findings_before)


def _flat(table: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Settings by name, tables within tables joined by dots."""
    for name in sorted(table):
        value = table[name]
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", str(value)


def _report_id(window: Window, now: datetime, *words: str) -> str:
    parts = [moment.isoformat() for moment in (window.since, window.until, now)]
    return str(uuid.uuid5(_NAMESPACE, "\x1f".join([*parts, *words])))

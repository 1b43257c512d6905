"""One pass over the store: what a report needs of the state, and what it needs of the events.

A little more than 150 lines, since the frames and what fills them are read together.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import pandas as pd

from model.event import UNKNOWN_PREFIX
from model.finding import Finding, FindingStatus
from model.incident import Alert, Delivery, Incident, IncidentStatus, Silence
from model.window import Window
from reports.changed import of_key
from reports.thresholds import DAY, HOUR, HOURLY_UP_TO
from reports.trail import ChangeEntry
from store.events.reader import EventsReader
from store.handle import Store, Transaction
from store.queries.activity import last_use
from store.queries.coverage import source_hours
from store.queries.origins import Origin, origins_by_key
from store.queries.outcomes import outcomes_by_key
from store.queries.traffic import over_time, totals
from store.queries.unfolded import unfolded_minutes, unfolded_origins
from store.state import (
    activity,
    audit,
    deliveries,
    findings,
    history,
    incidents,
    inventory,
    segments,
    silences,
    sources,
)
from store.state.exceptions import KeyException, list_exceptions
from store.state.verdicts import Verdict, expected_patterns

RecordT = TypeVar("RecordT", Finding, Incident)

_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What the state knows; frames as `store.state` gives them."""

    keys: pd.DataFrame
    refs: Mapping[str, str]
    """key_ref to key_id."""
    activity: pd.DataFrame
    sources: pd.DataFrame
    span: Window | None
    """From the first event to just after the last."""
    findings: list[Finding]
    """Seen in the period, or not resolved; no evidence."""
    findings_before: list[Finding]
    """Seen in the previous period."""
    judged_until: datetime | None
    """How far all detectors have judged; None when none ever did."""
    incidents: list[Incident]
    alerts: list[Alert]
    """Written in the period."""
    deliveries: list[Delivery]
    """Of those alerts."""
    history: list[ChangeEntry]
    """What changed about keys in the period."""
    log: list[Mapping[str, object]]
    """The audit log's rows of the period."""
    acknowledged: Mapping[str, datetime]
    """Incident to when somebody first acknowledged it."""
    silences: list[Silence]
    """Those that muted something in the period."""
    exceptions: list[KeyException]
    """Those that held in the period, and those that ran out before and that nobody ended."""
    expected: list[Verdict]
    """Patterns that people called expected: nobody is told of them."""
    newest: audit.Checkpoint | None
    """The audit log's newest row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """What the events say of the judged part of the period; frames as the queries give them."""

    outcomes: pd.DataFrame
    addresses: pd.DataFrame
    clients: pd.DataFrame
    countries: pd.DataFrame
    hours: pd.DataFrame
    """Of each source, from the beginning of telemetry if the period is older."""
    days: pd.DataFrame
    """Requests by day (or hour) and outcome."""
    totals: pd.DataFrame
    totals_before: pd.DataFrame
    """Of the previous period, which is as long."""
    seen: pd.DataFrame
    """First and last use of each key_ref in the period."""
    life: pd.DataFrame | None
    """The same from the beginning up to `as_of`; None when `activity` says it all, since nothing is later."""
    late: pd.DataFrame
    """Requests up to `as_of`, by minute, of keys that were registered after these had been read."""


def read_state(tx: Transaction, judged: Window, *, now: datetime) -> State:
    """Read the state for a period that is judged over `judged`."""
    # An alert written at this very moment belongs to a period that is still running.
    told_until = judged.until + _TICK if judged.until == now else judged.until
    alerts = deliveries.list_alerts(tx, since=judged.since, until=told_until)
    written = {alert.id for alert in alerts}
    keys = inventory.key_frame(tx)
    names = dict(zip(keys["key_id"], keys["name"], strict=True))
    return State(
        keys=keys,
        refs=inventory.key_ids(tx),
        activity=activity.activity_frame(tx),
        sources=sources.source_frame(tx, now),
        span=segments.span(tx),
        findings=_findings(tx, judged),
        findings_before=findings.list_findings(tx, window=judged.previous(), evidence=False),
        judged_until=min((one.until for one in findings.judged(tx).values()), default=None),
        incidents=_incidents(tx, judged),
        alerts=alerts,
        deliveries=[d for d in deliveries.list_deliveries(tx) if d.alert.id in written],
        history=[of_key(row, names) for row in history.changes(tx, since=judged.since, until=told_until)],
        log=list(audit.entries(tx, since=judged.since, until=told_until)),
        acknowledged=history.acknowledged(tx),
        silences=[one for one in silences.list_silences(tx) if one.since < told_until and one.until > judged.since],
        exceptions=[one for one in list_exceptions(tx) if _matters(one, judged.since, told_until)],
        expected=[one for one in expected_patterns(tx) if one.at < told_until],
        newest=audit.checkpoint(tx),
    )


def read_events(store: Store, judged: Window, state: State) -> Events:
    """Read the events; an empty store gives empty frames."""
    span = state.span or judged
    late = sorted(set(state.refs) - set(state.activity["key_ref"]))
    earlier = judged.until < span.until
    since = min(judged.previous().since, span.since)
    whole = Window(since=since, until=judged.until)
    with store.reader(whole, only=late) as reader:
        minutes = unfolded_minutes(reader, whole)
    with store.reader(whole if earlier else Window(since=judged.previous().since, until=judged.until)) as reader:
        life = last_use(reader, whole) if earlier else None
        return _events(reader, judged, life, minutes, sorted(set(minutes["key_ref"])))


def _events(
    reader: EventsReader, judged: Window, life: pd.DataFrame | None, minutes: pd.DataFrame, late: list[str]
) -> Events:
    return Events(
        outcomes=_unfolded(outcomes_by_key(reader, judged), minutes[minutes["minute"] >= judged.since]),
        addresses=_origins(reader, judged, "ip", late),
        clients=_origins(reader, judged, "client", late),
        countries=_origins(reader, judged, "country", late),
        late=minutes,
        hours=source_hours(reader, judged),
        days=over_time(reader, judged, bucket=HOUR if judged.length <= HOURLY_UP_TO else DAY),
        totals=totals(reader, judged),
        totals_before=totals(reader, judged.previous()),
        seen=last_use(reader, judged),
        life=life,
    )


def _matters(one: KeyException, since: datetime, until: datetime) -> bool:
    return one.since < until and (one.ended_at is None or min(one.ended_at, one.until) > since)


def _origins(reader: EventsReader, judged: Window, origin: Origin, late: list[str]) -> pd.DataFrame:
    usual = origins_by_key(reader, judged, origin)
    return pd.concat([usual, unfolded_origins(reader, judged, origin, key_refs=late)], ignore_index=True)


def _unfolded(outcomes: pd.DataFrame, minutes: pd.DataFrame) -> pd.DataFrame:
    """The outcomes with the requests of `minutes` given to their keys and taken from the unknown credentials.

    Usage of unsealed segments knows a key as soon as it is registered; what it has is not taken twice.
    """
    mine = minutes[["key_ref", "outcome", "requests"]]
    had = outcomes[outcomes["key_ref"].isin(set(mine["key_ref"]))]
    moved = pd.concat([had, mine.assign(requests=-mine["requests"])]).assign(key_ref=UNKNOWN_PREFIX)
    return pd.concat([outcomes.drop(had.index), mine, moved], ignore_index=True)


def _findings(tx: Transaction, judged: Window) -> list[Finding]:
    unresolved = (status for status in FindingStatus if status is not FindingStatus.RESOLVED)
    lists = [findings.list_findings(tx, window=judged, evidence=False)]
    lists += [findings.list_findings(tx, status=status, evidence=False) for status in unresolved]
    return [finding for finding in _once(lists) if finding.opened < judged.until]


def _incidents(tx: Transaction, judged: Window) -> list[Incident]:
    unresolved = (status for status in IncidentStatus if status is not IncidentStatus.RESOLVED)
    lists = [incidents.list_incidents(tx, window=judged)]
    lists += [incidents.list_incidents(tx, status=status) for status in unresolved]
    return [incident for incident in _once(lists) if incident.opened_at < judged.until]


def _once(lists: Iterable[list[RecordT]]) -> list[RecordT]:
    return list({record.id: record for records in lists for record in records}.values())

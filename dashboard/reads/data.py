"""What the pages read of the state, by functions of the store; nothing here writes.

Where they ask stands in `dashboard.reads.opened`, what they ask of the events beside this. Answers about events are
cached by the manifest's version and the window: they change when events come in, not when somebody looks. Of the
state, the inventory is `opened.AGE` old at most; the rest is small and read afresh.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import pandas as pd
import streamlit as st

from dashboard.reads.opened import Place, inventory_of, place, renewed, state_of, store
from model.clock import SystemClock
from model.finding import Finding, FindingStatus
from model.incident import Incident, IncidentStatus
from model.window import Window
from store.state import findings, incidents, people, segments, sources
from store.state.reject_reasons import Reason, reasons

TICK: Final = timedelta(seconds=30)
"""As often as `keywatch run` looks for lines by default, and tiles look again."""
LATELY: Final = timedelta(seconds=10)
"""For so long all sessions see one moment of the store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """How the store fares."""

    at: datetime
    version: str
    span: Window | None
    """From the first event to just after the newest; None for an empty store."""
    sources: pd.DataFrame


def known() -> Known:
    """The manifest's version and span, and the sources; LATELY old at most."""
    return _known(place())


def known_for_tiles() -> Known:
    """The same, `TICK` old at most: what refreshes by itself shares its answers with all other sessions."""
    return _known_for_tiles(place())


def forget() -> None:
    """Ask the store anew, whatever was known a moment ago."""
    for cached in (_known, _known_for_tiles, inventory_of):
        cached.clear()


@st.cache_resource(show_spinner=False, ttl=LATELY, max_entries=4)
def _known(where: Place) -> Known:
    now = SystemClock().now()
    with state_of(where) as tx:
        frame = sources.source_frame(tx, now)
        renewed(where, people.last_erased(tx))
        return Known(at=now, version=segments.version(tx), span=segments.span(tx), sources=frame)


@st.cache_resource(show_spinner=False, ttl=TICK, max_entries=4)
def _known_for_tiles(where: Place) -> Known:
    return _known(where)


def keys() -> pd.DataFrame:
    """The inventory's keys."""
    return inventory_of(place()).keys


def rejects(limit: int = 50, *, source: str | None = None) -> pd.DataFrame:
    """Samples of lines that no event could be made of, the latest first."""
    with store().reading() as tx:
        return sources.reject_frame(tx, source, limit=limit)


def reject_reasons(source: str | None = None) -> list[Reason]:
    """Why lines were rejected, of one source or of all; the most frequent first."""
    with store().reading() as tx:
        found = [one for one in reasons(tx) if source in {None, one.source}]
    return sorted(found, key=lambda one: -one.rejects)


def files() -> pd.DataFrame:
    """The sources' files and how far they were read, as `store.state.sources.file_frame`."""
    with store().reading() as tx:
        return sources.file_frame(tx)


def all_incidents(window: Window) -> list[Incident]:
    """The incidents that are not resolved, whenever they began, and those that touch the window; without evidence."""
    with store().reading() as tx:
        standing = [
            incident
            for status in (IncidentStatus.OPEN, IncidentStatus.ACKNOWLEDGED)
            for incident in incidents.list_incidents(tx, status=status)
        ]
        return standing + incidents.list_incidents(tx, status=IncidentStatus.RESOLVED, window=window)


def has_incidents() -> bool:
    """Whether there is any."""
    with store().reading() as tx:
        return bool(incidents.list_incidents(tx, limit=1))


def incident(identity: str) -> Incident | None:
    """One incident with its findings and their evidence."""
    with store().reading() as tx:
        return incidents.get_incident(tx, identity)


def findings_of(identity: str) -> list[Finding]:
    """The findings about a key, the latest seen first, without evidence."""
    with store().reading() as tx:
        return findings.list_findings(tx, key_id=identity, evidence=False)


def standing_findings() -> dict[str, list[Finding]]:
    """Open and acknowledged findings by key_id, or key_ref where no inventory row knows it; without evidence."""
    return standing_of(place())


def standing_of(where: Place) -> dict[str, list[Finding]]:
    """The same of a place that somebody was let in to."""
    found: dict[str, list[Finding]] = {}
    with state_of(where) as tx:
        for status in (FindingStatus.OPEN, FindingStatus.ACKNOWLEDGED):
            for finding in findings.list_findings(tx, status=status, evidence=False):
                if finding.key_id:
                    found.setdefault(finding.key_id, []).append(finding)
    return found


def mark(where: Place, window: Window) -> str:
    """What a window's answers hang on: it stays while what comes in is of other days."""
    with state_of(where) as tx:
        return segments.version(tx, window)


def totals(frames: Mapping[str, pd.DataFrame], *, compares: bool) -> tuple[dict[str, int], dict[str, int] | None]:
    """The totals of the window and, when it `compares`, of the one before."""
    now, before = ({str(k): int(v) for k, v in frames[name].iloc[0].items()} for name in ("totals", "before"))
    return now, before if compares else None

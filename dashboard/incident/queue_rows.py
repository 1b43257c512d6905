"""Incidents as rows of a table."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import pandas as pd

from alerts.muting import Mute
from alerts.risk import risk
from dashboard import words, zones
from dashboard.elements import tables
from dashboard.palette import severity_word, status_word
from model.incident import Incident, IncidentStatus

PROGRESS: Final = {
    IncidentStatus.OPEN: "open",
    IncidentStatus.ACKNOWLEDGED: "in progress",
    IncidentStatus.RESOLVED: "closed",
}
"""What the queue calls a status: acknowledged is "I am on it"."""


def brief() -> dict[str, Any]:
    """The columns for the overview."""
    return {
        "severity": tables.severity(),
        "status": tables.status(width=125),
        "headline": tables.text("What happened", 390),
        "key": tables.text("Key", 150),
        "owner": tables.text("Owner", 195),
        "ip": tables.text("Address", 110),
        "since": tables.text(zones.chosen().headed("Since"), 125),
        "seen": tables.text("Last seen", 90),
    }


def full() -> dict[str, Any]:
    """The columns for the queue."""
    return {
        "severity": tables.severity(),
        "status": tables.status(width=125),
        "risk": tables.number(
            "Risk", 50, "The weights of its findings added up: info 1, low 5, medium 20, high 50, critical 100."
        ),
        "headline": tables.text("What happened", 470),
        "key": tables.text("Key", 125),
        "ip": tables.text("Address", 110),
        "assignee": tables.text("Assigned to", 90),
        "since": tables.text(zones.chosen().headed("Since"), 125),
        "seen": tables.text("Last seen", 80),
    }


def graver_first(incidents: Iterable[Incident]) -> list[Incident]:
    """The gravest first, then the one seen last."""
    return sorted(incidents, key=lambda incident: (incident.severity.rank, incident.last_seen), reverse=True)


def table(incidents: Sequence[Incident], now: datetime, mutes: Mapping[str, Mute] | None = None) -> pd.DataFrame:
    """One row an incident: id and the columns of `brief` and `full`; severity and status are lists of words.

    `mutes` say by id what keeps an incident back; its status tells that too.
    """
    held, zone = mutes or {}, zones.chosen()
    rows = [
        {
            "id": str(incident.id),
            "severity": [severity_word(incident.severity)],
            "status": [
                status_word(PROGRESS[incident.status]),
                *([status_word(held[incident.id].kind)] if incident.id in held else []),
            ],
            "headline": words.text(incident.headline),
            "key": key(incident),
            "owner": words.text(incident.owner),
            "ip": words.text(incident.ip),
            "since": zone.minute(began(incident)),
            "seen": words.ago(incident.last_seen, now),
            "assignee": words.text(incident.assignee),
            "risk": risk(incident.findings),
        }
        for incident in incidents
    ]
    return pd.DataFrame(rows)


def began(incident: Incident) -> datetime:
    """When what it tells of began: the first thing that any of its findings saw."""
    return min((finding.first_seen for finding in incident.findings), default=incident.opened_at)


def key(incident: Incident) -> str:
    """What to call its key."""
    if incident.key_id is None:
        return words.NOTHING
    return words.key_name(incident.key_name, None, incident.key_id)

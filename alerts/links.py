"""The addresses of the dashboard's pages that an alert leads to."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from model.incident import Incident

_SHOWN: Final = timedelta(days=7)
"""What the dashboard shows where a link names no window."""
_AROUND: Final = timedelta(minutes=10)
"""What is shown before and after an incident."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Where to look; None where nothing says where the dashboard is, or for an incident that is about no key."""

    incident: str | None = None
    key: str | None = None


NOWHERE: Final = Links()
"""Of alerts of a keywatch that does not know where its dashboard is."""


def links(base: str | None, incident: Incident, now: datetime) -> Links:
    """The pages of an incident and of its key; `base` is where the dashboard is.

    The key's page has the incident's own time in its address when it would show it no more without.
    """
    if not base:
        return NOWHERE
    root = base.rstrip("/")
    key = None
    if incident.key_id is not None:
        asked = {"key": incident.key_id}
        began = min((finding.first_seen for finding in incident.findings), default=incident.opened_at)
        if began < now - _SHOWN:
            until = incident.last_seen + _AROUND
            asked |= {"window": "custom", "from": _minute(began - _AROUND), "to": _minute(until)}
        key = f"{root}/key?{urlencode(asked)}"
    return Links(incident=f"{root}/incidents?incident={incident.id}", key=key)


def _minute(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%MZ}"

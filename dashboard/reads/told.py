"""What was told, kept back and silenced, and what people did: read from the state."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import pandas as pd

from alerts.muting import Mute, mute_of
from dashboard.reads.opened import store
from model.incident import Comment, Delivery, Incident, Silence
from store.state import audit, comments, deliveries, delivery_search, exceptions, health, silences, verdicts
from store.state.delivery_search import Sought
from store.state.exceptions import KeyException
from store.state.health import Health
from store.state.incidents import KeyFacts, key_facts
from store.state.verdicts import Verdict

LISTED: Final = 200
"""Deliveries of a page, and of one incident; the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """How the targets fare."""

    counts: dict[str, dict[str, int]]
    """Target to status to deliveries."""
    health: dict[str, Health]
    backlog: pd.DataFrame
    """As `store.state.deliveries.backlog`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What people muted and nobody lifted yet, the newest first."""

    verdicts: list[Verdict]
    """What was called expected, or a false alarm."""
    exceptions: list[KeyException]
    """Those that are over too, as long as nobody ended them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What was done about an incident and told of it."""

    comments: list[Comment]
    acts: pd.DataFrame
    """As `store.state.audit.audit_frame`."""
    deliveries: list[Delivery]
    """The newest first."""
    mute: Mute | None
    """What keeps it back now."""


def targets(now: datetime) -> Targets:
    """How each target fares that a delivery was ever written for."""
    with store().reading() as tx:
        return Targets(counts=deliveries.counts(tx), health=health.healths(tx), backlog=deliveries.backlog(tx, now))


def count(sought: Sought) -> int:
    """How many deliveries match."""
    with store().reading() as tx:
        return delivery_search.count(tx, sought)


def found(sought: Sought, *, offset: int) -> list[Delivery]:
    """LISTED of those that match, as `store.state.delivery_search.found`."""
    with store().reading() as tx:
        return delivery_search.found(tx, sought, limit=LISTED, offset=offset)


def all_silences() -> list[Silence]:
    """All silences, the newest first."""
    with store().reading() as tx:
        return silences.list_silences(tx)


def standing(now: datetime) -> Standing:
    """What people muted and nobody lifted yet."""
    with store().reading() as tx:
        said = (*verdicts.expected_patterns(tx), *verdicts.false_alarms(tx))
        excused = exceptions.list_exceptions(tx)
    return Standing(
        verdicts=sorted(said, key=lambda one: one.id, reverse=True),
        exceptions=[one for one in excused if one.ended_at is None and one.since <= now],
    )


def mutes(incidents: Sequence[Incident], now: datetime) -> dict[str, Mute]:
    """What keeps incidents back now, by id; those of which things are told are left out."""
    with store().reading() as tx:
        facts = key_facts(tx, [incident.key_id for incident in incidents if incident.key_id])
        standing = silences.active(tx, now)
    found = ((i, mute_of(i, standing, facts.get(i.key_id or "", KeyFacts()), now)) for i in incidents)
    return {str(incident.id): mute for incident, mute in found if mute is not None}


def past(incident: Incident, now: datetime) -> Past:
    """What was done about an incident and told of it, and what keeps it back."""
    with store().reading() as tx:
        facts = key_facts(tx, [incident.key_id]) if incident.key_id else {}
        return Past(
            comments=comments.list_comments(tx, [incident.id]),
            acts=audit.audit_frame(tx, subject=str(incident.id)),
            deliveries=deliveries.list_deliveries(tx, incident_id=str(incident.id), limit=LISTED),
            mute=mute_of(incident, silences.active(tx, now), facts.get(incident.key_id or "", KeyFacts()), now),
        )

"""What keeps an incident back: a silence that matches it, or somebody who snoozed it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.matching import matcher_of, misses
from model.incident import Incident, Silence
from store.state.incidents import KeyFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """Why nothing is told."""

    kind: str
    """silenced or snoozed."""
    reason: str


def mute_of(incident: Incident, silences: Sequence[Silence], facts: KeyFacts, now: datetime) -> Mute | None:
    """The first that mutes it now, or None."""
    if incident.snoozed_until is not None and now < incident.snoozed_until:
        return Mute(kind="snoozed", reason=f"Snoozed until {incident.snoozed_until:%Y-%m-%d %H:%M} UTC.")
    for silence in silences:
        where = f"Silence {silence.id}"
        if not any(misses(incident, matcher_of(silence.when, where=where), facts, now)):
            said = f"{where} by {silence.author} until {silence.until:%Y-%m-%d %H:%M} UTC: {silence.reason}"
            return Mute(kind="silenced", reason=said)
    return None

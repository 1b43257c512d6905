"""The result in a sentence, and what waits for somebody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from model.finding import Severity
from reports.hygiene import ALIVE
from reports.records import KeyEntry
from reports.snapshot import Snapshot
from reports.texts import counted
from reports.thresholds import AGE_DAYS, IDLE_DAYS
from reports.told import is_open

DECIDE: Final = frozenset(
    {"never-used", f"idle-{IDLE_DAYS[0]}", f"age-{AGE_DAYS[1]}", "no-owner", "used-after-end"},
)
"""Flags that ask for a decision: keep, rotate, revoke or name an owner. A key without an expiry is common and no flaw
by itself, and one over the lower line of age is due but not overdue."""
_ENDED: Final = frozenset({"revoked", "expired", "removed"})
SHOWN: Final = 8
"""Open items on the first page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenItem:
    """Something that waits for somebody."""

    severity: str
    title: str
    owner: str | None
    since: datetime
    status: str


def needing(keys: Sequence[KeyEntry]) -> list[KeyEntry]:
    """The keys that somebody must decide about; `DECIDE` says which flags ask for it."""
    return [key for key in keys if DECIDE & set(key.flags)]


def to_decide(keys: Sequence[KeyEntry]) -> list[KeyEntry]:
    """The keys that a review decides about: all that can be used or made usable again, and those used after their end.

    What is revoked, expired or removed and was left alone asks for nothing.
    """
    return [key for key in keys if key.state not in _ENDED or key.after_end]


def result(snapshot: Snapshot) -> str:
    """The result in a sentence or two."""
    if not snapshot.keys and not snapshot.log_sources:
        return (
            "The store is empty: no log has been read and no inventory was imported. This report holds no evidence,"
            " and none that nothing happened."
        )
    return " ".join(part for part in (_open_sentence(snapshot), _keys_sentence(snapshot)) if part)


def open_items(snapshot: Snapshot) -> list[OpenItem]:
    """What waits for somebody, the gravest first: incidents, and findings that are in none."""
    incidents = [
        OpenItem(severity=i.severity, title=i.headline, owner=i.assignee or i.owner, since=i.opened_at, status=i.status)
        for i in snapshot.incidents
        if is_open(i.status)
    ]
    findings = [
        OpenItem(severity=f.severity, title=f.title, owner=f.owner, since=f.opened, status=f.status)
        for f in snapshot.findings
        if is_open(f.status) and f.incident_id is None
    ]
    return sorted(incidents + findings, key=lambda item: -Severity(item.severity).rank)


def _open_sentence(snapshot: Snapshot) -> str:
    waiting = open_items(snapshot)
    if not waiting:
        return "Nothing is open."
    unresolved = sum(is_open(finding.status) for finding in snapshot.findings)
    incidents = sum(is_open(incident.status) for incident in snapshot.incidents)
    gathered = f" in {counted(incidents, 'incident')}" if incidents else ""
    return f"{counted(unresolved, 'finding is', 'findings are')} open{gathered}, the gravest {waiting[0].severity}."


def _keys_sentence(snapshot: Snapshot) -> str:
    if not snapshot.keys:
        return "No inventory was imported, so which keys exist is not known."
    count = len(needing(snapshot.keys))
    alive = sum(key.state in ALIVE for key in snapshot.keys)
    verb = "needs" if count == 1 else "need"
    if snapshot.cover.stage == "open":
        waiting = len(to_decide(snapshot.keys))
        return f"{waiting:,} of {counted(len(snapshot.keys), 'key')} wait for the review, {count:,} of them flagged."
    return f"{count:,} of {counted(len(snapshot.keys), 'key')} {verb} a decision; {alive:,} can be used."

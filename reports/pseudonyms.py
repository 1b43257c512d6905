"""People and addresses in a snapshot, put in other words; used for sealed reports, which are never changed again.

Columns that hold a person or an address are replaced whole; in sentences, addresses, mail addresses and the names of
known people are.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Final

from reports.records import DeliveryEntry, FindingEntry, IncidentEntry
from reports.snapshot import Snapshot
from reports.trail import ChangeEntry, ExceptionEntry, KeyChange, RotationEntry, SinceLast

Word = Callable[[str], str]
"""Gives the word that stands for a person, or for an address."""

_MAIL: Final = r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
_IPV4: Final = r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.]\d)"
_IPV6: Final = r"(?<![0-9A-Fa-f:])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![0-9A-Fa-f:])"
_ADDRESS: Final = re.compile(f"{_IPV4}|{_IPV6}")
_HEXES: Final = 3
"""`::` and the time of a day are no addresses: one has so many digits at least, and no two-digit groups alone."""
_CLOCK: Final = re.compile(r"\d{1,2}(?::\d{2}){1,2}")
_NAMES: Final = 500
"""So many names are looked for in sentences; a longer list would cost more than it finds."""
_SHORT: Final = 3
"""A name of fewer letters is not looked for in sentences."""
_PEOPLE_FIELDS: Final = frozenset({"owner", "assignee"})


class Mask:
    """Replaces people by `person` and addresses by `address`; `names` are looked for in sentences."""

    def __init__(self, person: Word, address: Word, names: Collection[str] = ()) -> None:
        self._person, self._address = person, address
        known = sorted((name for name in names if len(name) >= _SHORT), key=len, reverse=True)[:_NAMES]
        one_of = "|".join([_MAIL, *(rf"(?<![\w@.-]){re.escape(name)}(?![\w@-])" for name in known)])
        self._people = re.compile(one_of)

    def person(self, name: str | None) -> str | None:
        """A column that holds a person."""
        return self._person(name) if name else name

    def address(self, ip: str | None) -> str | None:
        """A column that holds an address, or a network: `192.0.2.0/24` keeps its length."""
        if not ip:
            return ip
        bare, slash, length = ip.partition("/")
        return self._address(bare) + slash + length

    def text(self, text: str | None) -> str | None:
        """A sentence."""
        return self.words(text) if text else text

    def words(self, text: str) -> str:
        """The same for a text that is there."""
        masked = self._people.sub(lambda found: self._person(found[0]), text)
        return _ADDRESS.sub(lambda found: self._address(found[0]) if _is_address(found[0]) else found[0], masked)


def masked(snapshot: Snapshot, mask: Mask) -> Snapshot:
    """The snapshot with people and addresses replaced."""
    return replace(
        snapshot,
        cover=replace(snapshot.cover, generated_by=mask.person(snapshot.cover.generated_by) or ""),
        keys=tuple(replace(key, owner=mask.person(key.owner)) if key.owner else key for key in snapshot.keys),
        log_sources=tuple(replace(one, last_error=mask.text(one.last_error)) for one in snapshot.log_sources),
        findings=tuple(_finding(one, mask) for one in snapshot.findings),
        incidents=tuple(_incident(one, mask) for one in snapshot.incidents),
        deliveries=tuple(_delivery(one, mask) for one in snapshot.deliveries),
        changes=tuple(change(one, mask) for one in snapshot.changes),
        exceptions=tuple(_exception(one, mask) for one in snapshot.exceptions),
        rotations=tuple(_rotation(one, mask) for one in snapshot.rotations),
        since_last=_since(snapshot.since_last, mask) if snapshot.since_last else None,
    )


def scan(snapshot: Snapshot, mask: Mask) -> None:
    """Ask the mask about everything but the people of `people`; makes nothing."""
    for one in snapshot.log_sources:
        mask.text(one.last_error)
    for finding in snapshot.findings:
        _finding(finding, mask)
    for incident in snapshot.incidents:
        _incident(incident, mask)
    for delivery in snapshot.deliveries:
        _delivery(delivery, mask)
    for each in snapshot.changes:
        change(each, mask)
    for exception in snapshot.exceptions:
        _exception(exception, mask)
    for rotation in snapshot.rotations:
        _rotation(rotation, mask)


def people(snapshot: Snapshot) -> set[str]:
    """The people that stand in columns of their own."""
    found = {snapshot.cover.generated_by, *(key.owner for key in snapshot.keys)}
    found |= {one.owner for one in snapshot.findings}
    found |= {name for one in snapshot.incidents for name in (one.owner, one.assignee)}
    found |= {name for one in snapshot.exceptions for name in (one.approver, one.author, one.ended_by)}
    found |= {one.owner for one in snapshot.rotations}
    found |= {name for one in snapshot.changes for name in (one.actor, *_changed_people(one.field, one))}
    keys = snapshot.since_last.keys if snapshot.since_last else ()
    found |= {name for one in keys for name in _changed_people(one.what, one)}
    return {name for name in found if name}


def _changed_people(field: str | None, one: ChangeEntry | KeyChange) -> tuple[str | None, ...]:
    return (one.before, one.after) if field in _PEOPLE_FIELDS else ()


def _finding(one: FindingEntry, mask: Mask) -> FindingEntry:
    kind, colon, value = one.subject.partition(":")
    subject = f"{kind}{colon}{mask.address(value)}" if kind in {"ip", "network"} else mask.words(one.subject)
    return replace(
        one,
        subject=subject,
        owner=mask.person(one.owner),
        ip=mask.address(one.ip),
        title=mask.words(one.title),
        summary=mask.words(one.summary),
    )


def _incident(one: IncidentEntry, mask: Mask) -> IncidentEntry:
    return replace(
        one, headline=mask.words(one.headline), owner=mask.person(one.owner), assignee=mask.person(one.assignee)
    )


def _delivery(one: DeliveryEntry, mask: Mask) -> DeliveryEntry:
    return replace(one, title=mask.words(one.title), last_error=mask.text(one.last_error))


def change(one: ChangeEntry, mask: Mask) -> ChangeEntry:
    """One change with its people and addresses replaced."""
    if one.actor is None and one.field not in _PEOPLE_FIELDS:
        return one  # of a key's history: its other columns hold nobody
    of = mask.person if one.field in _PEOPLE_FIELDS else mask.text
    return replace(
        one,
        actor=mask.person(one.actor),
        subject=mask.words(one.subject),
        before=of(one.before),
        after=of(one.after),
    )


def _exception(one: ExceptionEntry, mask: Mask) -> ExceptionEntry:
    return replace(
        one,
        about=mask.words(one.about),
        reason=mask.words(one.reason),
        control=mask.text(one.control),
        approver=mask.person(one.approver),
        author=mask.person(one.author),
        ended_by=mask.person(one.ended_by),
    )


def _rotation(one: RotationEntry, mask: Mask) -> RotationEntry:
    return replace(
        one,
        owner=mask.person(one.owner),
        clients_say=mask.words(one.clients_say),
        test_says=mask.words(one.test_says),
        revoke_says=mask.words(one.revoke_says),
    )


def _since(one: SinceLast, mask: Mask) -> SinceLast:
    return replace(one, keys=tuple(_key_change(key, mask) for key in one.keys))


def _key_change(one: KeyChange, mask: Mask) -> KeyChange:
    if one.what not in _PEOPLE_FIELDS:
        return one
    return replace(one, before=mask.person(one.before), after=mask.person(one.after))


def _is_address(text: str) -> bool:
    if ":" not in text:
        return all(int(part) < 256 for part in text.split("."))  # noqa: PLR2004 (an octet)
    return not _CLOCK.fullmatch(text) and sum(c in "0123456789abcdefABCDEF" for c in text) >= _HEXES

"""Pseudonyms of the state for a report that is sealed, and the table that says whom they stand for."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from reports.parts import Part
from reports.pseudonyms import Mask, scan
from reports.pseudonyms import people as people_of
from reports.sheets import sheet
from reports.snapshot import Snapshot
from store.handle import Transaction
from store.state import people

TABLE = "people.csv"
_COLUMNS = ("pseudonym", "kind", "value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A mask, and the pseudonyms that it uses."""

    mask: Mask
    used: frozenset[str]


def mask_for(tx: Transaction, snapshot: Snapshot, now: datetime) -> Known:
    """The mask of everybody in a snapshot; whoever has no pseudonym yet gets one."""
    known = people_of(snapshot)
    seen: set[str] = set(known)
    addresses: set[str] = set()
    scan(snapshot, Mask(_into(seen), _into(addresses), known))
    return _mask(tx, seen, addresses, known, now)


def mask_of(tx: Transaction, names: Iterable[str], texts: Iterable[str], now: datetime) -> Known:
    """The mask of some people, and of whoever stands in some sentences."""
    known = {name for name in names if name}
    seen: set[str] = set(known)
    addresses: set[str] = set()
    noting = Mask(_into(seen), _into(addresses), known)
    for text in texts:
        noting.words(text)
    return _mask(tx, seen, addresses, known, now)


def key_table(tx: Transaction, known: Known) -> Part:
    """people.csv: whom the pseudonyms of a report stand for."""
    stands = people.stands_for(tx)
    rows = [
        (name, name.partition("-")[0], stands[name])
        for name in sorted(known.used, key=lambda name: (name.partition("-")[0], int(name.partition("-")[2])))
        if name in stands
    ]
    return Part(name=TABLE, pieces=sheet(_COLUMNS, rows), rows=len(rows))


def _mask(tx: Transaction, persons: set[str], addresses: set[str], known: set[str], now: datetime) -> Known:
    of_person = people.pseudonyms(tx, "person", persons, now)
    of_address = people.pseudonyms(tx, "address", addresses, now)
    mask = Mask(of_person.__getitem__, of_address.__getitem__, known)
    return Known(mask=mask, used=frozenset((*of_person.values(), *of_address.values())))


def _into(seen: set[str]) -> Callable[[str], str]:
    """Notes every word and changes none."""

    def note(word: str) -> str:
        seen.add(word)
        return word

    return note

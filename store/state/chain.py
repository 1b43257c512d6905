"""Whether the audit log is whole: rows that were changed, taken out, put in, moved or cut off."""

import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import permutations
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.state import audit
from store.state.audit import Checkpoint
from store.state.schema import AuditHeadRow, AuditRow

_COMPARED: Final = 40
"""Changed rows that are compared with each other to tell the moved ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong, and at which row."""

    seq: int
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A checkpoint and where it was kept."""

    checkpoint: Checkpoint
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was read, and what is wrong with it."""

    rows: int
    first_at: datetime | None
    last: Checkpoint | None
    without_key: int
    """Rows from before the log had a key: their chain is checked, but whoever can write it can also make it anew."""
    faults: tuple[Fault, ...]
    """By row; none when the log is whole."""


def check(tx: Session, known: Iterable[Known] = ()) -> Verdict:
    """Read the whole log. `known` are checkpoints that were kept elsewhere."""
    walk = _Walk(audit.key_of(tx), {one.checkpoint.seq: one for one in known})
    for row in tx.scalars(select(AuditRow).order_by(AuditRow.seq).execution_options(yield_per=1000)):
        walk.step(row)
    return Verdict(
        rows=walk.rows,
        first_at=walk.first_at,
        last=Checkpoint(seq=walk.seq, hash=walk.hash) if walk.rows else None,
        without_key=walk.without_key,
        faults=tuple(sorted((*walk.faults, *walk.moved(), *walk.end(_head(tx))), key=lambda fault: fault.seq)),
    )


class _Walk:
    """Along the log, row by row."""

    def __init__(self, key: bytes, known: dict[int, Known]) -> None:
        self.key, self.name, self.known = key, audit.name_of(key), known
        self.seq, self.hash = 0, audit.GENESIS
        self.rows = self.without_key = 0
        self.keyed = False
        self.first_at: datetime | None = None
        self.faults: list[Fault] = []
        self.changed: list[AuditRow] = []
        self.seen: set[int] = set()

    def step(self, row: AuditRow) -> None:
        """Judge one row after the one before."""
        self.rows += 1
        self.first_at = self.first_at or row.at
        gap = row.seq - self.seq - 1
        if gap:
            what = (
                f"Row {row.seq - 1} is missing." if gap == 1 else f"Rows {self.seq + 1} to {row.seq - 1} are missing."
            )
            self.faults.append(Fault(seq=row.seq - gap, what=what))
        if row.mac_key not in {"", self.name}:
            self._fault(row, f"was written with the key {row.mac_key}, and this workspace has {self.name}")
        elif not row.mac_key and self.keyed:
            self._fault(row, "has no key, although rows before it have one: keywatch did not write it")
        elif row.hash != self._digest(row):
            self.changed.append(row)
        elif row.previous != self.hash and not gap:
            self._fault(row, f"does not follow row {self.seq}: one of them was replaced")
        self._compare(row)
        self.keyed = self.keyed or bool(row.mac_key)
        self.without_key += not row.mac_key
        self.seq, self.hash = row.seq, row.hash

    def moved(self) -> Iterator[Fault]:
        """The rows whose hash is wrong: some of them stood elsewhere, the others were changed."""
        at = {row.seq: row for row in self.changed}
        stood = {}
        if len(at) <= _COMPARED:
            pairs = permutations(at.values(), 2)
            stood = {row.seq: other.seq for row, other in pairs if row.hash == self._digest(row, other.seq)}
        for seq in at:
            what = f"is out of order: it was written as row {stood[seq]}" if seq in stood else "was changed"
            yield Fault(seq=seq, what=f"Row {seq} {what}.")

    def end(self, head: AuditHeadRow | None) -> Iterator[Fault]:
        """What the end of the log says, and the checkpoints whose rows never came."""
        for seq, one in self.known.items():
            if seq not in self.seen:
                yield Fault(seq=seq, what=f"Row {seq} is missing: {one.where} knows it.")
        if not self.key or not (self.rows or head):
            return
        if head is None:
            yield Fault(seq=self.seq, what="Nothing says where the log ends: its end was taken away with its mark.")
        elif not hmac.compare_digest(head.mac, audit.head_mac(self.key, head.seq, head.hash)):
            yield Fault(seq=head.seq, what="The mark of the log's end was changed.")
        elif head.seq > self.seq:
            yield Fault(seq=self.seq + 1, what=f"The log was cut off after row {self.seq}: it had {head.seq}.")
        elif head.seq < self.seq or head.hash != self.hash:
            yield Fault(seq=head.seq, what=f"The log ended with row {head.seq}; the rest is not keywatch's.")

    def _compare(self, row: AuditRow) -> None:
        one = self.known.get(row.seq)
        self.seen.add(row.seq)
        if one is not None and one.checkpoint.hash != row.hash:
            self._fault(row, f"is another one than {one.where} knows: the log was written anew")

    def _digest(self, row: AuditRow, seq: int | None = None) -> str:
        return audit.digest(self.key if row.mac_key else b"", row.previous, audit.body(row, seq=seq))

    def _fault(self, row: AuditRow, what: str) -> None:
        self.faults.append(Fault(seq=row.seq, what=f"Row {row.seq} {what}."))


def _head(tx: Session) -> AuditHeadRow | None:
    return tx.get(AuditHeadRow, 1, populate_existing=True)

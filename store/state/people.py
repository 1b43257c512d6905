"""Pseudonyms: what stands for people and addresses in sealed reports, and for whatever was erased."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from store.state.schema import PersonRow
from store.state.writing import insert_all_new

Kind = Literal["person", "address", "key"]
KINDS: Final = ("person", "address", "key")


def pseudonyms(tx: Session, kind: Kind, values: Iterable[str], now: datetime) -> dict[str, str]:
    """Value to its pseudonym (`person-7`); new ones get the next numbers, in the order of their names."""
    wanted = sorted(set(values))
    rows: list[dict[str, object]] = [
        {"kind": kind, "value": value, "made_at": now, "erased_at": None} for value in wanted
    ]
    known = _known(tx, kind)
    insert_all_new(tx, PersonRow, [row for row in rows if row["value"] not in known])
    known = _known(tx, kind)
    return {value: known[value] for value in wanted}


def stands_for(tx: Session) -> dict[str, str]:
    """Pseudonym to whom or what it stands for; those that were erased are not in it."""
    return {name: value for kind in KINDS for value, name in _known(tx, kind).items()}


def erase(tx: Session, value: str, now: datetime) -> list[str]:
    """Forget what pseudonyms stand for; returns those of the value, whose numbers are never given again."""
    rows = list(tx.scalars(select(PersonRow).where(PersonRow.value == value).order_by(PersonRow.id)))
    for row in rows:
        row.value, row.erased_at = None, now
    tx.flush()
    return [f"{row.kind}-{row.id}" for row in rows]


def last_erased(tx: Session) -> datetime | None:
    """When something was erased last, of what bore a pseudonym; None when nothing ever was."""
    found: datetime | None = tx.scalar(select(func.max(PersonRow.erased_at)))
    return found


def give_back(tx: Session, pseudonym: str) -> None:
    """Forget a pseudonym that nothing bears."""
    tx.execute(delete(PersonRow).where(PersonRow.id == int(pseudonym.rpartition("-")[2])))


def _known(tx: Session, kind: str) -> Mapping[str, str]:
    query = select(PersonRow.value, PersonRow.id).where(PersonRow.kind == kind, PersonRow.value.is_not(None))
    return {value: f"{kind}-{number}" for value, number in tx.execute(query) if value is not None}

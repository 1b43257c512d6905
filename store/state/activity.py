"""When the logs saw each key_ref: widened with every segment, never pruned, for last use must outlive retention."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import String, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.orm import Session

from store.state.schema import Base, KeyActivityRow

if TYPE_CHECKING:
    import pandas as pd

Activity = tuple[str, str | None, datetime, datetime, datetime | None]
"""(key_ref, hint, first seen, last seen, last success)."""


def save_activity(tx: Session, activity: Sequence[Activity]) -> None:
    """Widen first and last use of key_refs; part of the transaction that makes their segment visible."""
    if not activity:
        return
    sqlite = tx.get_bind().dialect.name == "sqlite"
    # SQLite's two-argument min and max are null when either side is; PostgreSQL's least and greatest pass nulls over.
    least, greatest = (func.min, func.max) if sqlite else (func.least, func.greatest)
    table = Base.metadata.tables[KeyActivityRow.__tablename__]
    adding = (insert_sqlite if sqlite else insert_postgresql)(table)
    kept, new = table.c, adding.excluded
    success = greatest(func.coalesce(kept.last_success, new.last_success), new.last_success)
    widened = {
        "hint": func.coalesce(kept.hint, new.hint),
        "first_seen": least(kept.first_seen, new.first_seen),
        "last_seen": greatest(kept.last_seen, new.last_seen),
        "last_success": func.coalesce(success, kept.last_success),
    }
    names = ("key_ref", "hint", "first_seen", "last_seen", "last_success")
    rows: Sequence[tuple[object, ...]] = activity
    if sqlite:
        # As SQLite keeps moments: thousands of rows a block are spared the way through Python's types.
        adding = adding.values({name: bindparam(name, type_=String()) for name in names})
        rows = [(ref, hint, *map(_as_kept, moments)) for ref, hint, *moments in activity]
    tx.connection().execute(
        adding.on_conflict_do_update(index_elements=["key_ref"], set_=widened),
        [dict(zip(names, row, strict=True)) for row in rows],
    )


def count_seen(tx: Session) -> int:
    """How many key_refs the logs ever saw."""
    return tx.scalar(select(func.count()).select_from(KeyActivityRow)) or 0


def _as_kept(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    text = moment.isoformat(" ", "microseconds")
    return text[:-6] if text.endswith("+00:00") else moment.astimezone(UTC).isoformat(" ", "microseconds")[:-6]


def activity_frame(tx: Session) -> "pd.DataFrame":
    """One row a key_ref seen in the logs: key_ref, hint, first_seen, last_seen, last_success."""
    import pandas as pd

    columns = ("key_ref", "hint", "first_seen", "last_seen", "last_success")
    wanted = select(*(getattr(KeyActivityRow, name) for name in columns)).order_by(KeyActivityRow.key_ref)
    rows = [tuple(row) for row in tx.execute(wanted)]
    frame = pd.DataFrame(rows, columns=list(columns)).astype(object)
    for name in columns[2:]:
        frame[name] = pd.to_datetime(frame[name], utc=True).astype("datetime64[us, UTC]")
    return frame

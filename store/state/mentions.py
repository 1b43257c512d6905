"""Where the state mentions a person, an address or a key, in whatever table; and how it is taken out of there.

All tables are looked through, so one that is added later is too. What is looked for stands alone: `ada` is not found in
`nevada`, nor `a@corp.example` in `ana@corp.example`.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from sqlalchemy import JSON, RowMapping, String, Table, Text, cast, or_, select, update
from sqlalchemy.orm import Session

from store.state.schema import Base

_KEPT: Final = frozenset(
    {"audit_log", "audit_head", "people", "reports", "alembic_version"}
    | {"cursors", "pulls", "pulled_ids", "backfills", "segments", "merged_segments", "schedules"}
)
"""The audit log cannot be changed without breaking its chain; `store.state.people` forgets by itself; and the rest says
how far which file was read: a cursor whose path is another one would read its file again."""
_WORDS: Final = frozenset(
    {"source", "origin", "path", "target", "detector", "kind", "severity", "status", "format", "field", "verdict"}
    | {"successor_by", "environment", "timezone", "runbook", "error_class", "idempotency_key"}
)
"""Columns that hold our own words, or names of the config: a key that is called `open` is not a status."""
_CHUNK: Final = 500


def mentions(tx: Session, values: Sequence[str]) -> Iterator[tuple[str, dict[str, object]]]:
    """(table, row) of every row that mentions one of the values, the audit log's and those of pseudonyms too."""
    found = standing_alone(*values)
    for table in Base.metadata.sorted_tables:
        for row in _rows(tx, table, *values):
            if any(found.search(text) for name in row for text in _texts(row[name])):
                yield table.name, dict(row)


def replace(tx: Session, value: str, stand_in: str) -> dict[str, int]:
    """Put `stand_in` wherever the state mentions the value, but in the audit log; table to how many rows changed.

    A row whose primary key is the value itself keeps it: it would be another row.
    """
    found = standing_alone(value)
    counts: dict[str, int] = {}
    for table in Base.metadata.sorted_tables:
        if table.name in _KEPT:
            continue
        keys = [column.name for column in table.primary_key]
        for row in list(_rows(tx, table, value)):
            changed = {
                name: _put(old, lambda text: found.sub(stand_in, text))
                for name, old in row.items()
                if name not in keys and name not in _WORDS
            }
            changed = {name: new for name, new in changed.items() if new != row[name]}
            if changed:
                where = [table.c[name] == row[name] for name in keys]
                tx.execute(update(table).where(*where).values(changed))
                counts[table.name] = counts.get(table.name, 0) + 1
    return counts


def _rows(tx: Session, table: Table, *values: str) -> Iterator[RowMapping]:
    columns = [column for column in table.columns if isinstance(column.type, String | Text | JSON)]
    if not columns:
        return
    # JSON stands in the database as ASCII.
    needles = {*values, *(value.encode("unicode_escape").decode().replace("\\x", "\\u00") for value in values)}
    likes = [cast(column, Text).contains(one, autoescape=True) for column in columns for one in needles]
    for row in tx.execute(select(table).where(or_(*likes)).execution_options(yield_per=_CHUNK)):
        yield row._mapping  # noqa: SLF001 (SQLAlchemy's public name for a row by column)


def standing_alone(*values: str) -> re.Pattern[str]:
    """Finds any of the values where it is no part of a longer word, name or address."""
    return re.compile(rf"(?<![\w.@+-])(?:{'|'.join(map(re.escape, values))})(?!\.?[\w@-])")


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield str(name)
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _put(value: object, by: Callable[[str], str]) -> object:
    if isinstance(value, str):
        return by(value)
    if isinstance(value, Mapping):
        return {by(str(name)): _put(inner, by) for name, inner in value.items()}
    if isinstance(value, list):
        return [_put(inner, by) for inner in value]
    return value

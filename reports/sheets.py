"""The CSV files, one row a record. Cells are data to a spreadsheet, never formulas."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import datetime
from itertools import islice
from typing import Final

from model.spreadsheet import inert
from reports.parts import Part
from reports.records import Counts, KeyEntry
from reports.snapshot import Snapshot
from reports.texts import iso

_COUNTED: Final = frozenset(field.name for field in fields(Counts))

KEY_COLUMNS: Final = (
    *("key_id", "name", "hint", "source", "owner", "team", "environment", "scopes", "status", "state"),
    *("created_at", "rotated_at", "age_days", "expires_at", "revoked_at", "removed_at", "successor", "rotation"),
    *("first_seen", "last_seen", "last_success", "source_last_used_at", "telemetry_since", "last_use", "last_use_from"),
    "basis",
    "idle_days",
    *("requests", "successes", "unauthorized", "forbidden", "throttled", "client_errors", "server_errors"),
    *("addresses", "clients", "countries", "after_end", "flags", "findings", "excused", "pulled_at"),
)
FINDING_COLUMNS: Final = (
    *("id", "severity", "status", "detector", "title", "summary", "subject", "key_id", "key_name", "owner"),
    *("environment", "ip", "opened", "first_seen", "last_seen", "detected_at", "resolved_at", "count", "score"),
    *("controls", "attack", "incident_id"),
)
DELIVERY_COLUMNS: Final = (
    *("alert_id", "incident_id", "kind", "severity", "title", "created_at", "target", "status", "attempts"),
    *("sent_at", "error_class", "last_error"),
)


CHANGE_COLUMNS: Final = ("at", "actor", "what", "subject", "name", "field", "before", "after")
EXCEPTION_COLUMNS: Final = (
    *("id", "kind", "about", "key_id", "label", "keys", "rules", "reason", "control", "approver", "author"),
    *("granted", "expires", "ended_at", "ended_by", "state"),
)
ROTATION_COLUMNS: Final = (
    *("old", "old_name", "new", "new_name", "owner", "environment", "linked_by", "state", "issued_at", "days"),
    *("clients", "clients_say", "test", "test_says", "revoke", "revoke_says", "revoked_at"),
)
_TOGETHER: Final = 500
"""Rows that are handed on in one piece."""


def sheets(snapshot: Snapshot) -> Iterator[Part]:
    """One file a table."""
    for name, columns, rows in (
        ("keys.csv", KEY_COLUMNS, snapshot.keys),
        ("findings.csv", FINDING_COLUMNS, snapshot.findings),
        ("alerts.csv", DELIVERY_COLUMNS, snapshot.deliveries),
        ("changes.csv", CHANGE_COLUMNS, snapshot.changes),
        ("exceptions.csv", EXCEPTION_COLUMNS, snapshot.exceptions),
        ("rotations.csv", ROTATION_COLUMNS, snapshot.rotations),
    ):
        yield Part(name=name, pieces=sheet(columns, (_row(columns, one) for one in rows)), rows=len(rows))


def sheet(columns: Sequence[str], rows: Iterable[Iterable[object]]) -> Iterator[bytes]:
    """A header and rows as CSV, a few hundred rows a piece."""
    yield _encoded([columns])
    cells = ([cell(value) for value in row] for row in rows)
    while some := list(islice(cells, _TOGETHER)):
        yield _encoded(some)


def cell(value: object) -> object:
    """A value as a cell: a number stays one, a text that a spreadsheet would compute gets a leading apostrophe.

    See `model.spreadsheet`. Control characters become visible escapes, lists are joined by spaces; of words with spaces
    in them (`exception 3`) by commas.
    """
    if value is None:
        return ""
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, int | float):
        return value
    raw = (", " if any(" " in one for one in value) else " ").join(value) if isinstance(value, tuple) else str(value)
    return inert(raw)


def text_of(written: str) -> str:
    """A cell without the apostrophe that `cell` put before it."""
    return written[1:] if written[:1] == "'" and str(cell(written[1:])) == written else written


def _row(columns: Sequence[str], record: object) -> list[object]:
    counts = record.counts if isinstance(record, KeyEntry) else None
    return [getattr(counts if counts is not None and name in _COUNTED else record, name) for name in columns]


def _encoded(rows: Iterable[Iterable[object]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()

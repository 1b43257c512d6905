"""The CSV files: one row a key, a finding, a delivery. Cells are data to a spreadsheet, never formulas."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Final

from model.plain import plain
from reports.records import DeliveryEntry, FindingEntry, KeyEntry
from reports.snapshot import Snapshot
from reports.texts import iso

_FORMULA: Final = frozenset("=+-@＝＋－＠")  # noqa: RUF001 (spreadsheets read the full-width forms too)
_BLANK: Final = frozenset("\t\r\n")

KEY_COLUMNS: Final = (
    *("key_id", "name", "hint", "source", "owner", "team", "environment", "scopes", "status", "state"),
    *("created_at", "rotated_at", "age_days", "expires_at", "revoked_at", "successor"),
    *("first_seen", "last_seen", "last_success", "source_last_used_at", "last_use", "last_use_from", "basis"),
    "idle_days",
    *("requests", "successes", "unauthorized", "forbidden", "throttled", "client_errors", "server_errors"),
    *("addresses", "clients", "after_end", "flags", "findings", "pulled_at"),
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


def sheets(snapshot: Snapshot) -> dict[str, tuple[bytes, int]]:
    """File name to its bytes and its rows, the header not counted."""
    return {
        "keys.csv": (_sheet(KEY_COLUMNS, map(_key, snapshot.keys)), len(snapshot.keys)),
        "findings.csv": (_sheet(FINDING_COLUMNS, map(_record, snapshot.findings)), len(snapshot.findings)),
        "alerts.csv": (_sheet(DELIVERY_COLUMNS, map(_record, snapshot.deliveries)), len(snapshot.deliveries)),
    }


def cell(value: object) -> object:
    """A value as a cell: a number stays one, a text that a spreadsheet would compute gets a leading apostrophe.

    OWASP, CSV injection. Control characters become visible escapes, lists are joined by spaces.
    """
    if value is None:
        return ""
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, int | float):
        return value
    raw = " ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    dangerous = raw[:1] in _BLANK or raw.lstrip()[:1] in _FORMULA if raw else False
    return f"'{plain(raw)}" if dangerous else plain(raw)


def _key(key: KeyEntry) -> dict[str, object]:
    return _record(key) | asdict(key.counts)


def _record(record: KeyEntry | FindingEntry | DeliveryEntry) -> dict[str, object]:
    return {name: getattr(record, name) for name in type(record).__slots__}


def _sheet(columns: Sequence[str], rows: Iterable[dict[str, object]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([cell(row[name]) for name in columns])
    return text.getvalue().encode()

"""report.json: everything that the snapshot holds, for machines."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from reports.controls import control_map
from reports.hygiene import cards
from reports.snapshot import Snapshot
from reports.texts import iso
from reports.thresholds import AGE_DAYS, GAP_HOURS, IDLE_DAYS
from reports.words import LIMITS

SCHEMA: Final = "keywatch.report/1"


def document(snapshot: Snapshot) -> dict[str, object]:
    """The document as JSON values; times are ISO 8601 in UTC, lengths are seconds."""
    whole = {field.name: _value(getattr(snapshot, field.name)) for field in fields(snapshot)}
    controls = [
        {
            "framework": mapped.control.framework,
            "id": mapped.control.id,
            "title": mapped.control.title,
            "evidence": mapped.control.evidence,
            "findings": [finding.id for finding in mapped.findings],
            "open": mapped.open,
        }
        for mapped in control_map(snapshot.findings)
    ]
    return {
        "schema": SCHEMA,
        **whole,
        "thresholds": dict(snapshot.thresholds),
        "report_thresholds": {"idle_days": IDLE_DAYS, "age_days": AGE_DAYS, "gap_hours": GAP_HOURS},
        "hygiene": [_value(card) for card in cards(snapshot.keys)],
        "keys_by_state": dict(sorted(Counter(key.state for key in snapshot.keys).items())),
        "controls": controls,
        "limits": list(LIMITS),
    }


def encode(record: object) -> bytes:
    """JSON in UTF-8, two spaces deep, with a line's end at the end."""
    return (json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _value(value: object) -> object:
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, timedelta):
        return int(value.total_seconds())
    if isinstance(value, Enum):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _value(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_value(item) for item in value]
    return value

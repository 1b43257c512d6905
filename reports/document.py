"""report.json: everything that the snapshot holds, for machines."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Final

from reports.controls import Mapped, control_map
from reports.hygiene import cards
from reports.snapshot import Snapshot
from reports.texts import iso
from reports.thresholds import AGE_DAYS, GAP_HOURS, IDLE_DAYS
from reports.words import LIMITS, NOT_PROVEN

SCHEMA: Final = "keywatch.report/3"


def pieces(snapshot: Snapshot) -> Iterator[bytes]:
    """The document, a line a member and a line a record of a list; times are ISO 8601 in UTC, lengths are seconds."""
    separator = "{"
    for name, value in _members(snapshot):
        yield f"{separator}\n{json.dumps(name)}: ".encode()
        if isinstance(value, tuple) and value and is_dataclass(value[0]):
            yield from _records(value)
        else:
            yield _line(value)
        separator = ","
    yield b"\n}\n"


def _members(snapshot: Snapshot) -> Iterator[tuple[str, object]]:
    yield "schema", SCHEMA
    for field in fields(snapshot):
        value = getattr(snapshot, field.name)
        yield field.name, dict(value) if field.name == "thresholds" else value
    yield "report_thresholds", {"idle_days": IDLE_DAYS, "age_days": AGE_DAYS, "gap_hours": GAP_HOURS}
    yield "hygiene", cards(snapshot.keys)
    yield "keys_by_state", dict(sorted(Counter(key.state for key in snapshot.keys).items()))
    yield "controls", [_control(mapped) for mapped in control_map(snapshot.findings)]
    yield "limits", LIMITS
    yield "does_not_prove", NOT_PROVEN


def _control(mapped: Mapped) -> dict[str, object]:
    control = mapped.control
    return {
        "framework": control.framework,
        "version": control.version,
        "id": control.id,
        "title": control.title,
        "evidence": control.evidence,
        "findings": [finding.id for finding in mapped.findings],
        "open": mapped.open,
    }


def _records(records: Iterable[object]) -> Iterator[bytes]:
    separator = b"[\n"
    for record in records:
        yield separator + _line(record)
        separator = b",\n"
    yield b"\n]"


def _line(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, default=_value).encode()


def encode(record: object) -> bytes:
    """JSON in UTF-8, two spaces deep, with a line's end at the end."""
    return (json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _value(value: object) -> object:
    """What JSON has no word for."""
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, timedelta):
        return int(value.total_seconds())
    if is_dataclass(value) and not isinstance(value, type):
        return {name: getattr(value, name) for name in _names(type(value))}
    raise TypeError(value)


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))

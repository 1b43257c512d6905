"""Values of a database: as JSON, as text with their type, and in order."""

import math
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from ingest.sources.fields import moment_ns
from model.errors import ConfigError

Value = int | float | Decimal | datetime | str
"""What a cursor may be."""

_READ: Final = {"int": int, "float": float, "Decimal": Decimal, "datetime": datetime.fromisoformat, "str": str}


def written(value: Value) -> dict[str, str]:
    """A cursor as JSON, with its type."""
    kind = next(name for name, known in _TYPES.items() if isinstance(value, known))
    return {"type": kind, "value": value.isoformat() if isinstance(value, datetime) else str(value)}


_TYPES: Final[dict[str, type]] = {"int": int, "float": float, "Decimal": Decimal, "datetime": datetime, "str": str}


def read_back(text: dict[str, str]) -> Value:
    """What `written` wrote."""
    found: Value = _READ[text["type"]](text["value"])  # type: ignore[operator]
    return found


def earlier(value: Value, overlap: timedelta | float | None) -> Value:
    """The cursor less the overlap. Raises ConfigError when the two do not go together."""
    if not overlap:
        return value
    if isinstance(value, datetime) and isinstance(overlap, timedelta):
        return value - overlap
    if isinstance(value, (int, float)) and isinstance(overlap, (int, float)):
        return value - int(overlap) if isinstance(value, int) else value - overlap
    if isinstance(value, Decimal) and isinstance(overlap, (int, float)):
        return value - Decimal(overlap)
    msg = f"The overlap of [sources.sql] does not go with a cursor like {value!s:.40}."
    raise ConfigError(msg, hint="Write 10m where the cursor is a time, a number where it is one, nothing for a text.")


def number(value: Value, otherwise: int) -> int:
    """The cursor as a whole number that grows with it; a text has none."""
    if isinstance(value, datetime):
        return moment_ns(value) or 0
    return otherwise if isinstance(value, str) else math.floor(value)


def plain(value: Any) -> object:  # noqa: ANN401 (whatever a driver gives)
    """A column's value as JSON has it; times without a zone are taken as UTC."""
    match value:
        case None | bool() | int() | float() | str() | dict() | list():
            return value
        case datetime():
            return value.isoformat() + ("" if value.tzinfo else "+00:00")
        case date():
            return value.isoformat()
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case bytes() | bytearray() | memoryview():
            return bytes(value).decode("utf-8", "replace")
        case _:
            return str(value)

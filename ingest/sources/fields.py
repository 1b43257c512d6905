"""A value inside nested JSON, by a path with dots; and the ways servers write times."""

from datetime import UTC, datetime
from typing import Any

from ingest.sources.records import nanoseconds

_SCALES = ((1e17, 1), (1e14, 1_000), (1e11, 1_000_000), (0.0, 1_000_000_000))
"""From which size on an epoch counts in ns, µs, ms, s; and the nanoseconds of one."""


def reach(value: Any, path: str) -> Any:  # noqa: ANN401 (JSON)
    """The value at `path`, or None; a name that holds dots itself is found too."""
    if not path:
        return value
    if isinstance(value, list):
        head, _, rest = path.partition(".")
        inside = int(head) if head.lstrip("-").isdigit() else None
        if inside is None or not -len(value) <= inside < len(value):
            return None
        return reach(value[inside], rest)
    if not isinstance(value, dict):
        return None
    if path in value:
        return value[path]
    head, _, rest = path.partition(".")
    return reach(value[head], rest) if rest and head in value else None


def moment_ns(value: object) -> int | None:
    """A time in nanoseconds since 1970: ISO 8601 (UTC where it names no zone), or an epoch by its size."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, datetime):
        return nanoseconds(value if value.tzinfo else value.replace(tzinfo=UTC))
    text = str(value).strip()
    try:
        number = int(text)
    except ValueError:
        return _written(text)
    scale = next(ns for size, ns in _SCALES if abs(number) >= size)
    return number * scale


def _written(text: str) -> int | None:
    try:
        return round(float(text) * 1_000_000) * 1000
    except (ValueError, OverflowError):
        pass
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment_ns(found)

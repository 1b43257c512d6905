"""What a finding is a pattern of, beside its key: the clients, the tool, or the two countries that it names.

Who calls a finding expected means this, and not whatever else its detector may notice of the key one day.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from detectors.shared.clients import product

Pattern = Mapping[str, tuple[str, ...]]
"""Field to values, both from the detail of evidence; clients without their versions."""

FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "new-client": ("client",),
    "client-switching": ("clients",),
    "impossible-travel": ("home", "country"),
    "scanner-client": ("tools",),
    "leaked-key-signs": ("tool",),
}
"""Detector to the fields that make its pattern; others have none."""
_CLIENTS: Final = ("client", "clients")


def pattern_of(detector: str, details: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    """The pattern in the details of a finding's evidence; empty for a detector that has none."""
    found: dict[str, set[str]] = {}
    for detail in details:
        for name in FIELDS.get(detector, ()):
            value = detail.get(name)
            values = value if isinstance(value, (list, tuple)) else [value]
            found.setdefault(name, set()).update(_text(name, one) for one in values if one is not None)
    return {name: tuple(sorted(values)) for name, values in found.items() if values}


def covers(expected: Pattern, given: Pattern) -> bool:
    """Whether each field of the expected pattern is given, and holds nothing else than it."""
    return all(given.get(name) and set(given[name]) <= set(values) for name, values in expected.items())


def told(pattern: Pattern) -> str:
    """A pattern in words; empty for none."""
    return " and ".join(f"{name} {' or '.join(values)}" for name, values in pattern.items())


def _text(name: str, value: object) -> str:
    return product(value) if name in _CLIENTS else str(value)

"""Durations as loggers write them: numbers of a known unit, or texts that name it."""

_UNITS = (("ns", 1e-6), ("µs", 1e-3), ("us", 1e-3), ("ms", 1.0), ("s", 1e3))
"""Longer ones first: `ms` ends with `s` too."""


def milliseconds(expression: str, unit: float) -> str:
    """A number of `unit` milliseconds each, or a text with its unit (`0.123s`, `12ms`), in milliseconds; or null."""
    own = " ".join(
        f"WHEN ends_with({expression}, '{name}') THEN TRY_CAST(left({expression}, -{len(name)}) AS DOUBLE) * {factor}"
        for name, factor in _UNITS
    )
    return f"coalesce(TRY_CAST({expression} AS DOUBLE) * {unit}, CASE {own} END)"

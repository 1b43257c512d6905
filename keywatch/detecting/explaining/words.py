"""How the sentences of an explanation write counts and moments."""

from datetime import datetime


def number(count: int, what: str) -> str:
    """`1 bucket`, `2 buckets`."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def ordinal(place: int) -> str:
    """`1st`, `12th`."""
    last = "th" if place % 100 in range(11, 14) else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place:,}{last}"


def at(moment: datetime) -> str:
    """To the minute, in UTC."""
    return f"{moment:%Y-%m-%d %H:%M}Z"

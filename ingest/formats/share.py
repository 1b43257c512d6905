"""How much of a sample some patterns read."""

from collections.abc import Sequence

from ingest.formats import text


def share(sample: Sequence[str], *patterns: str) -> float:
    """The share of lines that any of the patterns finds, 0 for no lines. In RE2: a line of a megabyte costs no more."""
    found = [text.matches(pattern, sample) for pattern in patterns]
    return sum(map(any, zip(*found, strict=True))) / len(sample) if sample else 0.0

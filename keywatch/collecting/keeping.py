"""Which of a block's events are stored."""

from dataclasses import dataclass, replace

from duckdb import DuckDBPyConnection

from ingest.parse import Parsed


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """Which events of a block are stored."""

    condition: str
    """SQL over the columns of an event; `line` counts within the block."""
    only_events: bool
    """Whether lines without a time are left to the ingest of the whole."""


def kept(duck: DuckDBPyConnection, parsed: Parsed, keep: Keep | None) -> tuple[Parsed, int]:
    """What is left of a block's events, and how many are not stored."""
    if keep is None:
        return parsed, 0
    duck.execute(f"DELETE FROM events WHERE NOT ({keep.condition})")
    left = int(duck.execute("SELECT count(*) FROM events").fetchall()[0][0])
    outside = parsed.events - left
    if keep.only_events:
        return replace(parsed, lines=left, events=left, skipped=0, rejected=0, rejects=()), outside
    return replace(parsed, lines=parsed.lines - outside, events=left), outside

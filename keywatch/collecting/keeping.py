"""Which of a block's events are stored."""

from dataclasses import dataclass, replace

from ingest.parse import Parsed, Parser


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """Which events of a block are stored."""

    condition: str
    """SQL over the columns of an event; `line` counts within the block."""
    only_events: bool
    """Whether lines without a time are left to the ingest of the whole."""


def kept(parser: Parser, parsed: Parsed, keep: Keep | None) -> tuple[Parsed, int]:
    """What is left of a block's events, and how many are not stored."""
    if keep is None:
        return parsed, 0
    parser.keep(parser.duck.sql(f"SELECT * FROM events WHERE ({keep.condition}) IS NOT FALSE").to_arrow_table())
    left = len(parser.events)
    outside = parsed.events - left
    if keep.only_events:
        return replace(parsed, lines=left, events=left, skipped=0, reasons={}, rejects=()), outside
    return replace(parsed, lines=parsed.lines - outside, events=left), outside

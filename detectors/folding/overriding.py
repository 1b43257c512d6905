"""Overrides: other thresholds for some subjects. The detector is run once more with them, and its rows are taken there.

So a detector knows nothing of overrides, and what it pools over all keys stays the same.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from detectors.folding.matching import About, Matcher, addresses_of
from model.finding import Subject

if TYPE_CHECKING:
    from detectors.folding.wording import Names
    from detectors.scores import Scored

_EVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Other settings of one detector for the subjects that a matcher is about."""

    detector: str
    settings: Mapping[str, str | int | float]
    when: Matcher = field(default_factory=Matcher)
    reason: str = ""
    until: datetime = _EVER
    """It holds for buckets that begin before."""

    def takes(self, row: "Scored", names: "Names") -> bool:
        """Whether a row is judged by it."""
        return row.bucket < self.until and self.when.matches(about_row(row, names))


def about_row(row: "Scored", names: "Names") -> About:
    """What is known of a row's subject."""
    key = row.key_ref or row.key_id
    known = names.of(key)
    keys = (row.key_ref, row.key_id, *((known.key_id, known.name) if known else ()))
    return About(
        keys=tuple(dict.fromkeys(text for text in keys if text)),
        owner=known.owner if known else None,
        environment=known.environment if known else None,
        labels=known.labels if known else {},
        addresses=addresses_of(Subject.parse(row.subject), row.ip),
    )


def overridden(
    base: "Sequence[Scored]", others: "Sequence[tuple[Override, Sequence[Scored]]]", names: "Names"
) -> "list[Scored]":
    """The rows of `base`, and where an override takes a subject, its rows instead; the last one that does wins.

    `others` are overrides in the order of the config, each with the rows that the detector gave with its settings.
    Such a row's detail says so: `override`.
    """
    overrides = [override for override, _ in others]

    def taker(row: "Scored") -> int | None:
        return next((n for n in reversed(range(len(overrides))) if overrides[n].takes(row, names)), None)

    kept = [row for row in base if taker(row) is None]
    for place, (override, rows) in enumerate(others):
        note = {"override": {"set": dict(override.settings), "when": override.when.words(), "reason": override.reason}}
        kept += [dataclasses.replace(row, detail={**row.detail, **note}) for row in rows if taker(row) == place]
    return kept

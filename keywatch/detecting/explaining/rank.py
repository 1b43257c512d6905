"""Where a finding stands among all that its detector looked at that day, and against the line."""

from collections.abc import Iterator

from detectors.calibration import threshold
from detectors.engine import statistical
from detectors.scores import Scored
from detectors.settings import DetectorsConfig
from keywatch.detecting.explaining.seen import Seen
from keywatch.detecting.explaining.words import at, number, ordinal


def ranked(seen: Seen, config: DetectorsConfig) -> Iterator[str]:
    """The sentences about it."""
    row = seen.row
    if row is None:
        yield (
            "Rank: judged again now, its gravest bucket says nothing: the settings, the inventory or the log of that"
            " day have changed since."
        )
    elif seen.detector.kind == "statistical":
        yield from _of_p(seen, row, config)
    elif seen.detector.kind == "standing":
        yield f"Rank: one of {len(seen.rows):,} conditions of this kind that hold as of {at(seen.window.until)}."
    else:
        yield from _of_score(seen, row)


def _of_p(seen: Seen, row: Scored, config: DetectorsConfig) -> Iterator[str]:
    p, tests, detectors = row.p if row.p is not None else 1.0, row.tests or 1.0, statistical()
    place = 1 + sum(other.p is not None and other.p < p for other in seen.rows)
    yield (
        f"Rank: {ordinal(place)} lowest p of {tests:,.0f} tests on {_day(seen)}; {len(seen.rows):,} of them had the"
        f" minimum effect, {len(seen.fired):,} crossed the line."
    )
    line = threshold(budget=config.budget, tests=tests, detectors=detectors)
    yield f"Line: {config.budget:g} a day / ({detectors} statistical detectors x {tests:,.0f} tests) = {line:.2g}."


def _of_score(seen: Seen, row: Scored) -> Iterator[str]:
    place = 1 + sum(other.score > row.score for other in seen.fired)
    subjects = len({other.subject for other in seen.fired})
    yield (
        f"Rank: {row.score:.2f} times its line, the {ordinal(place)} highest of {number(len(seen.fired), 'bucket')}"
        f" over the line on {_day(seen)}, of {number(subjects, 'subject')}."
    )


def _day(seen: Seen) -> str:
    return f"{seen.window.since:%Y-%m-%d}"

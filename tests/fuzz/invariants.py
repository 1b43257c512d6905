"""What must hold for any block of lines: every line is counted once, no secret stays, and good lines are unharmed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from lines import CANARIES, OWN, OWN_PREFIX

from ingest.fingerprint import Pepper
from ingest.formats.interface import Options, Plan
from ingest.formats.quick import quick_way
from ingest.framing.interface import Records
from ingest.lines import readable
from ingest.parse import Other, Parser, no_other
from ingest.redact import issued
from ingest.second import Seconds
from ingest.treatment import Treatment

Row = Mapping[str, Any]
_SECRETS: Final = (*CANARIES, OWN)
_KNOWN: Final = tuple(secret for secret in _SECRETS if issued(secret, (OWN_PREFIX,)) and not secret.startswith("AKIA"))
"""Those that tell themselves even where an id should stand, which may be a random text."""
_OF_IDS: Final = frozenset(("request_id", "key_ref", "key_hint"))
_OF_NAMES: Final = frozenset(("path", "route"))
"""Where the path is the name of an operation."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a block became."""

    rows: list[Row]
    rejected: list[tuple[int, str]]
    skipped: list[tuple[int, str]]
    samples: list[str]
    counts: tuple[int, int, int, int]
    """Lines, events, rejects, skipped."""


class Reader:
    """Parses blocks, with the formats' quick ways or without. Close it."""

    def __init__(self) -> None:
        treatment = Treatment(
            source="fuzz", pepper=Pepper(b"pepper of the tests"), prefixes=(OWN_PREFIX,), request_id=True
        )
        self._parser = Parser(treatment)

    def close(self) -> None:
        """Close the parser."""
        self._parser.close()

    def read(self, lines: Sequence[bytes], plan: Plan, other: Other = no_other) -> Outcome:
        """The block of these lines, each with its end."""
        data = readable(b"".join(line + b"\n" for line in lines), at_start=False)
        parsed = self._parser.parse(Records(data), plan, other=other)
        return Outcome(
            rows=self._parser.rows(),
            rejected=self._parser.rejected(),
            skipped=self._parser.skipped(),
            samples=[f"{reject.reason}: {reject.sample}" for reject in parsed.rejects],
            counts=(parsed.lines, parsed.events, parsed.rejected, parsed.skipped),
        )


def broken(reader: Reader, lines: Sequence[bytes], good: set[int], plan: Plan) -> Iterator[str]:
    """What does not hold for a block; `good` are the places of lines that must come out as they do alone."""
    found = reader.read(lines, plan)
    yield from _sound(found, lines, plan)
    if found.rejected:
        both = reader.read(lines, plan, partial(Seconds(Options()).plan, plan.format))
        yield from _sound(both, lines, plan)
        own = {row["line"] for row in found.rows}
        yield from _differences(
            "with and without a second format", found.rows, [r for r in both.rows if r["line"] in own], lines
        )
    alone = reader.read([lines[place] for place in sorted(good)], plan)
    among = [row for row in found.rows if row["line"] - 1 in good]
    yield from _differences("good lines alone and among hostile ones", alone.rows, among, lines)
    if quick_way(plan) is None:
        return
    slowly = reader.read(lines, replace(plan, quick=None, leaves=()))
    yield from _differences("quick way and plan", found.rows, slowly.rows, lines)
    for name in ("rejected", "skipped"):
        unlike = sorted(set(getattr(found, name)) ^ set(getattr(slowly, name)))
        yield from (f"{name} by one way only: {n} {lines[n[0] - 1]!r}" for n in unlike[:2])


def _sound(found: Outcome, lines: Sequence[bytes], plan: Plan) -> Iterator[str]:
    """Each line counts once, and no secret is shown."""
    total, events, rejects, skipped = found.counts
    if not (len(lines) == total == events + rejects + skipped):
        yield f"counts {found.counts} of {len(lines)} lines"
    numbers = [*(row["line"] for row in found.rows), *(n for n, _ in found.rejected), *(n for n, _ in found.skipped)]
    if sorted(numbers) != list(range(1, len(lines) + 1)):
        yield f"line numbers {sorted(set(range(1, len(lines) + 1)) ^ set(numbers))[:5]}, {len(numbers)} of {len(lines)}"
    yield from _leaks(found, lines, _OF_IDS | _OF_NAMES if plan.path_is_name else _OF_IDS)


def _leaks(found: Outcome, lines: Sequence[bytes], lenient: frozenset[str]) -> Iterator[str]:
    for row in found.rows:
        for column, value in row.items():
            for secret in _KNOWN if column in lenient else _SECRETS:
                if isinstance(value, str) and secret in value:
                    yield f"leak of {secret} in {column}: {value!r} of {lines[row['line'] - 1]!r}"
    for sample in found.samples:
        for secret in _SECRETS:
            if secret in sample:
                yield f"leak of {secret} in a reject: {sample!r}"


def _differences(what: str, first: Sequence[Row], second: Sequence[Row], lines: Sequence[bytes]) -> Iterator[str]:
    if len(first) != len(second):
        yield f"{what}: {len(first)} and {len(second)} events"
    for one, other in zip(first, second, strict=False):
        unlike = {name for name in one if name != "line" and one[name] != other[name]}
        if unlike:
            pairs = {name: (one[name], other[name]) for name in sorted(unlike)}
            yield f"{what}: {pairs} of {lines[other['line'] - 1]!r}"
            return

"""Formats that a regular expression with named groups describes: shared by common, combined and pasted ones."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from ingest.formats.interface import Credential, Plan
from ingest.formats.sql import present
from ingest.redact import quoted
from model.arrow import strings

GROUP = re.compile(r"\(\?P<(\w+)>")

_LONGEST = 16_384
"""Characters of a sample's line that are looked at."""

Quickly = tuple[tuple[str, ...], str, Mapping[str, str]]
"""Steps that split the line; the condition under which the pieces are what the pattern would find; the piece for each
group."""

Variant = tuple[str, str]
"""(condition over `text`, pattern): lines of another shape that hold the same things."""


def confidence(pattern: re.Pattern[str], sample: Sequence[str]) -> float:
    """The share of the sample that the pattern matches."""
    return sum(1 for line in sample if pattern.match(line)) / len(sample) if sample else 0.0


def found(pattern: str, sample: Sequence[str]) -> list[dict[str, str] | None]:
    """The named groups of each line, None for a line that the pattern does not match. In RE2, whose time is linear."""
    return list(pc.extract_regex(_array(sample), pattern).to_pylist())


def matches(pattern: str, sample: Sequence[str]) -> list[bool]:
    """Whether the pattern (without groups, if need be) is found in each line; in RE2."""
    return list(pc.match_substring_regex(_array(sample), pattern).to_pylist())


def plan(
    name: str,
    pattern: str,
    columns: Mapping[str, str],
    *,
    credentials: tuple[Credential, ...],
    quickly: Quickly | None = None,
    variants: Sequence[Variant] = (),
    skips: tuple[tuple[str, str], ...] = (),
) -> Plan:
    """A plan from a pattern; `columns` are expressions in which `{group}` stands for a named group of it.

    `quickly` is a way around the pattern for the lines that it fits. `variants` are tried before the pattern; a group
    that one of them lacks is empty. `skips` are looked at in lines that no pattern matches.
    """
    shapes = [pattern, *(other for _, other in variants)]
    groups = list(dict.fromkeys(group for shape in shapes for group in GROUP.findall(shape)))
    found = _extracted(pattern, groups)
    for condition, other in reversed(variants):
        found = f"CASE WHEN {condition} THEN {_extracted(other, groups)} ELSE {found} END"
    steps: tuple[str, ...] = (f"{found} AS r",)
    if quickly is not None:
        splits, fits, pieces = quickly
        packed = ", ".join(f"{quoted(group)}: {pieces.get(group, quoted(''))}" for group in groups)
        steps = (*splits, f"CASE WHEN {fits} THEN {{{packed}}} ELSE {found} END AS r")
    filled = {column: _fill(expression, groups) for column, expression in columns.items()}
    # A pattern that does not match gives empty groups, and no log writes an empty time.
    unread = "r." + _time_group(columns["ts"]) + " = ''"
    return Plan(
        format=name,
        prepare=steps,
        columns=filled,
        skips=tuple((f"CASE WHEN {unread} THEN {condition} ELSE false END", kind) for condition, kind in skips),
        unread=unread,
        unread_reason=f"does not match {name}",
        credentials=tuple(
            c if c.of_target else replace(c, expression=_fill(c.expression, groups)) for c in credentials
        ),
    )


def field(group: str) -> str:
    """A named group, null where the log wrote nothing or a dash."""
    return present(f"{{{group}}}")


def _array(sample: Sequence[str]) -> pa.LargeStringArray:
    return strings([line[:_LONGEST] for line in sample])


def _extracted(pattern: str, groups: Sequence[str]) -> str:
    own = GROUP.findall(pattern)
    lacking = [group for group in groups if group not in own]
    bare = GROUP.sub("(", pattern) + "()" * len(lacking)
    return f"regexp_extract(text, {quoted(bare)}, [{', '.join(quoted(group) for group in (*own, *lacking))}])"


def _time_group(expression: str) -> str:
    found = re.search(r"\{(\w+)\}", expression)
    return found[1] if found else ""


def _fill(expression: str, groups: Sequence[str]) -> str:
    for group in groups:
        expression = expression.replace(f"{{{group}}}", f"r.{group}")
    return expression

"""Formats that a regular expression with named groups describes: shared by common, combined and pasted ones."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ingest.formats.interface import Credential, Plan
from ingest.formats.sql import present
from ingest.redact import quoted

GROUP = re.compile(r"\(\?P<(\w+)>")


def confidence(pattern: re.Pattern[str], sample: Sequence[str]) -> float:
    """The share of the sample that the pattern matches."""
    return sum(1 for line in sample if pattern.match(line)) / len(sample) if sample else 0.0


def plan(
    name: str,
    pattern: str,
    columns: Mapping[str, str],
    *,
    credentials: tuple[Credential, ...],
    quickly: tuple[tuple[str, ...], str, Mapping[str, str]] | None = None,
) -> Plan:
    """A plan from a pattern; `columns` are expressions in which `{group}` stands for a named group of it.

    `quickly` is a way around the pattern for the lines that it fits: steps that split the line, the condition under
    which the pieces are what the pattern would find, and the piece for each group.
    """
    groups = GROUP.findall(pattern)
    bare = GROUP.sub("(", pattern)
    matched = f"regexp_extract(text, {quoted(bare)}, [{', '.join(quoted(group) for group in groups)}])"
    steps: tuple[str, ...] = (f"{matched} AS r",)
    if quickly is not None:
        splits, fits, pieces = quickly
        packed = ", ".join(f"{quoted(group)}: {pieces.get(group, quoted(''))}" for group in groups)
        steps = (*splits, f"CASE WHEN {fits} THEN {{{packed}}} ELSE {matched} END AS r")
    filled = {column: _fill(expression, groups) for column, expression in columns.items()}
    return Plan(
        format=name,
        prepare=steps,
        columns=filled,
        # A pattern that does not match gives empty groups, and no log writes an empty time.
        unread="r." + _time_group(columns["ts"]) + " = ''",
        unread_reason=f"does not match {name}",
        credentials=tuple(replace(c, expression=_fill(c.expression, groups)) for c in credentials),
    )


def field(group: str) -> str:
    """A named group, null where the log wrote nothing or a dash."""
    return present(f"{{{group}}}")


def _time_group(expression: str) -> str:
    found = re.search(r"\{(\w+)\}", expression)
    return found[1] if found else ""


def _fill(expression: str, groups: Sequence[str]) -> str:
    for group in groups:
        expression = expression.replace(f"{{{group}}}", f"r.{group}")
    return expression

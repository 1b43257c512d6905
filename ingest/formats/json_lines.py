"""JSON lines of any logger: well-known field names, or the config's own `fields`; one level or nested."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from ingest.formats import json_plan
from ingest.formats.interface import Format, Options, Plan
from ingest.formats.json_layout import Layout
from ingest.formats.json_leaves import leaves
from ingest.formats.json_names import FIELDS, QUERIES
from ingest.formats.json_sample import look

__all__ = ["ANY", "FORMAT", "format_of", "leaves", "names", "plan_of"]

ANY: Final = Layout(name="json", title="JSON lines", fields=FIELDS, query=QUERIES, known=False)
"""Whatever names the sample shows."""


def names(sample: Sequence[str]) -> list[str]:
    """The names of all fields in the sample's objects, nested ones with dots, in order of appearance."""
    return list(look(sample).leaves)


def plan_of(name: str, sample: Sequence[str], options: Options) -> Plan:
    """The plan for JSON lines whose fields are those of the sample.

    Raises FormatError when nothing in it can be the time of a request.
    """
    return json_plan.plan(replace(ANY, name=name), sample, options)


def format_of(layout: Layout) -> Format:
    """The format that a layout describes; it claims the lines that have its marks, and their kin beside them."""

    def confidence(sample: Sequence[str], options: Options) -> float:
        del options
        held = list(zip(sample, look(sample).records, strict=True))
        marked = [_is_marked(layout, line, fields) for line, fields in held]
        if not any(marked):
            return 0.0
        kin = [bool(layout.kin) and layout.kin <= fields for _, fields in held]
        return sum(map(max, marked, kin)) / len(held)

    def plan(sample: Sequence[str], options: Options) -> Plan:
        return json_plan.plan(layout, sample, options)

    return Format(name=layout.name, title=layout.title, confidence=confidence, plan=plan)


def _is_marked(layout: Layout, line: str, held: frozenset[str]) -> bool:
    return any(marks <= held for marks in layout.marks) or any(word in line for word in layout.words)


def _confidence(sample: Sequence[str], options: Options) -> float:
    seen = look(sample)
    if not seen.lines or not json_plan.has_time(sample, ANY, options) or not json_plan.tells(sample, ANY, options):
        return 0.0
    return 0.8 * seen.bare / seen.lines


def _plan(sample: Sequence[str], options: Options) -> Plan:
    return plan_of("json", sample, options)


FORMAT: Final = Format(name="json", title="JSON lines", confidence=_confidence, plan=_plan)

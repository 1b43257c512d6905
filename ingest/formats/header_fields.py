"""Columns that a directive line names (`#Fields: date time c-ip …`), and that may change within a file."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from ingest.formats.sql import present
from ingest.redact import quoted

_SPACE: Final = re.compile(r"[ \t\n\f\r]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The lists of column names in order of appearance; each line is split into the list `v` of its values."""

    directive: str
    lines: tuple[str, ...]
    """The directive lines, each once, with single spaces."""
    names: tuple[tuple[str, ...], ...]
    """The names of each, in small letters."""

    def steps(self) -> tuple[str, ...]:
        """The step that tells which list holds for a line, as `layout`; none where there is only one list."""
        if len(self.lines) < 2:  # noqa: PLR2004 (nothing to tell apart)
            return ()
        listed = ", ".join(quoted(line) for line in self.lines)
        line = r"regexp_replace(trim(text, E' \t\r\n'), '[ \t\n\f\r]+', ' ', 'g')"
        place = f"coalesce(list_position([{listed}], {line}), 0)"
        own = f"CASE WHEN starts_with(text, {quoted(self.directive)}) THEN {place} END"
        return (f"coalesce(last_value({own} IGNORE NULLS) OVER (ORDER BY n), 1) AS layout",)

    def raw(self, name: str) -> str | None:
        """The expression of a column as it stands, by its name in small letters; None where no list has it."""
        places = [(at, names.index(name) + 1) for at, names in enumerate(self.names, start=1) if name in names]
        if not places:
            return None
        if len(self.names) == 1:
            return f"v[{places[0][1]}]"
        return "CASE layout " + " ".join(f"WHEN {layout} THEN v[{place}]" for layout, place in places) + " END"

    def first(self, names: Sequence[str], change: Callable[[str], str] = str) -> str | None:
        """The first of the columns that a line has; `change` decodes a value."""
        found = [expression for name in names if (expression := self.raw(name)) is not None]
        if not found:
            return None
        options = [change(present(expression)) for expression in found]
        return options[0] if len(options) == 1 else f"coalesce({', '.join(options)})"

    @property
    def every(self) -> frozenset[str]:
        """The names of all lists."""
        return frozenset(name for names in self.names for name in names)


def columns_of(sample: Sequence[str], directive: str) -> Columns | None:
    """What the directive lines of the sample name; None when it holds none."""
    lines = [line for line in (single_spaced(text) for text in sample) if line.startswith(directive)]
    return of_lines(directive, lines) if lines else None


def of_lines(directive: str, lines: Sequence[str]) -> Columns:
    """The columns of these directive lines."""
    once = tuple(dict.fromkeys(lines))
    names = tuple(tuple(line[len(directive) :].lower().split()) for line in once)
    return Columns(directive=directive, lines=once, names=names)


def single_spaced(line: str) -> str:
    """The line with one space between its words."""
    return _SPACE.sub(" ", line.strip())

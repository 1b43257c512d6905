r"""The one way from JSON text to values: the leaves that a plan needs, and the steps that take them out of a line.

All leaves of a line are extracted by one parse; a line that is no JSON gives null instead of a list. Measured on
300,000 lines with 12 leaves (1 thread): this 0.78 µs a line; `json_valid` and then extraction 0.79; TRY around the
extraction 1.2, and 3.9 where a quarter of the lines is broken, since one bad line makes it go row by row;
`json_transform` 0.8 to 1.5.
"""

import json
import re
from collections.abc import Sequence
from typing import Final

from ingest.redact import quoted

Leaf = tuple[str, ...]
"""The names that lead to a value, from the outermost object inwards."""

REPAIRS: Final = (
    (r",\s*\}\s*$", r"}"),
    (r"(\":\s*)(?:-\s*)?([,}])", r"\1null\2"),
    (r"(\":\s*)0+([0-9])", r"\1\2"),
    (r"\\x22", r'\\"'),
    (r"\\x5[cC]", r"\\\\"),
    (r"\\x([0-9A-Fa-f]{2})", r"\\\\x\1"),
)
"""What makes lines of a hand-written template invalid, and what stands there instead: a comma before the last brace, an
unquoted dash or nothing as a value, a status of 000, and nginx's own escapes, which are none of JSON's."""


def leaves(wanted: Sequence[Leaf], *, prefixed: bool = False) -> tuple[str, ...]:
    """Steps that make `r`: the texts of the wanted leaves in their order, null for JSON that cannot be read.

    A leaf that a line lacks, or whose value is null, is null; a list or an object is its JSON text. Of a name that
    stands twice in an object the first counts. With `prefixed`, words before the first brace are passed over.
    """
    listed = ", ".join(quoted(pointer(leaf)) for leaf in wanted)
    whole = r"regexp_replace(text, '^[^{]*', '')" if prefixed else "text"
    # The second text is looked at only where the first is no JSON.
    return (f"coalesce({_extracted('text', listed)}, {_extracted(_repaired(whole), listed)}) AS r",)


def top_level(wanted: Sequence[Leaf]) -> tuple[str, ...]:
    """The names of the leaves when all of them stand at the top of their object, else none."""
    return tuple(leaf[0] for leaf in wanted) if all(len(leaf) == 1 for leaf in wanted) else ()


def pointer(leaf: Leaf) -> str:
    """RFC 6901: unlike a JSON path it may hold any name, `*` and quotes too."""
    return "".join("/" + name.replace("~", "~0").replace("/", "~1") for name in leaf)


def first_of(expression: str) -> str:
    """The first element of a list of texts (Caddy's headers), from the list's JSON text; other text is itself."""
    one = f"ends_with({expression}, '\"]') AND NOT contains({expression}, '\",\"') AND NOT contains({expression}, '\\')"
    found = rf"""regexp_extract({expression}, '^\[\s*"((?:[^"\\]|\\.)*)"', 1)"""
    plain = rf"""replace(replace({found}, '\"', '"'), '\\', '\')"""
    return (
        f"CASE WHEN starts_with({expression}, '[\"') THEN CASE WHEN {one} THEN {expression}[3:-3] ELSE {plain} END"
        f" WHEN {expression} IN ('[]', '[null]') THEN NULL ELSE {expression} END"
    )


def loaded(line: str) -> dict[str, object] | None:
    """The object of a line, repaired where it needs it and without words before it; None where there is none."""
    start = line.find("{")
    if start < 0:
        return None
    for text in (line, _mended(line[start:])):
        try:
            record = json.loads(text)
        except (ValueError, RecursionError):
            continue
        return record if isinstance(record, dict) else None
    return None


def _extracted(text: str, listed: str) -> str:
    return f"json_extract_string(TRY_CAST({text} AS JSON), [{listed}])"


def _repaired(text: str) -> str:
    for pattern, replacement in REPAIRS:
        text = f"regexp_replace({text}, {quoted(pattern)}, {quoted(replacement)}, 'g')"
    return text


def _mended(text: str) -> str:
    for pattern, replacement in REPAIRS:
        text = re.sub(pattern, replacement, text)
    return text

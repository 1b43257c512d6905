"""The quick ways: DuckDB's CSV reader splits lines at their quotes, its JSON reader finds the fields of objects."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from ingest.formats.interface import Credential, Plan, Quick, Shaped
from ingest.redact import quoted

_PIECES: Final = 16
"""A line of more quotes is refused by the reader, and its block is read line by line. Each costs 0.3 ms of planning."""
_NAMES: Final = ", ".join(f"'q{i + 1}': 'VARCHAR'" for i in range(_PIECES))
_OBJECT_BYTES: Final = 1_100_000

BY_QUOTES: Final = (
    "read_csv('{path}', delim = '\"', quote = '', escape = '', comment = '', nullstr = '\\x01', header = false,"
    " auto_detect = false, null_padding = true, strict_mode = false, new_line = '\\n', compression = 'none',"
    " max_line_size = 1100000, buffer_size = 4400000,"
    f" columns = {{{{{_NAMES}}}}})"
)
"""q1, q2 …: what stands before, between and behind the quotes of a line; null from its last quote on."""

_NO_JSON: Final = "r IS NULL AND "
_LEAF: Final = re.compile(r"\br\[(\d+)\]")


def quick_way(plan: Plan) -> Quick | None:
    """The plan's own quick way, or DuckDB's JSON reader where its expressions are over the texts of `leaves`."""
    if plan.quick is not None or not plan.leaves:
        return plan.quick
    if len({leaf.lower() for leaf in plan.leaves}) < len(plan.leaves):
        return None  # the reader takes names that differ in case only for one

    shaped = plan.shaped or Shaped(types={}, prepare=plan.prepare[1:], columns={})

    def named(expression: str) -> str:
        """Over the reader's columns, all of them texts."""

        def leaf(found: re.Match[str]) -> str:
            return f"CAST(leaf_{found[1]} AS VARCHAR)" if found[0] in shaped.types else f"leaf_{found[1]}"

        return _LEAF.sub(leaf, expression)

    kinds = [shaped.types.get(f"r[{i + 1}]", "VARCHAR") for i in range(len(plan.leaves))]
    columns = ", ".join(f"{quoted(leaf)}: '{kind}'" for leaf, kind in zip(plan.leaves, kinds, strict=True))
    renamed = ", ".join(f"{_identifier(leaf)} AS leaf_{i + 1}" for i, leaf in enumerate(plan.leaves))

    def column(expression: str) -> str:
        typed = shaped.columns.get(expression)
        return named(expression) if typed is None else _LEAF.sub(r"leaf_\1", typed)

    # Of a line that is no JSON every leaf is null, so it has no time and is odd anyway.
    odd = [f"({named(condition)}) IS NOT TRUE" for condition, _ in plan.skips if not condition.startswith(_NO_JSON)]
    return Quick(
        reader=(
            f"(SELECT {_escaped(renamed)} FROM read_json('{{path}}', format = 'newline_delimited',"
            " ignore_errors = true, auto_detect = false, compression = 'none',"
            f" maximum_object_size = {_OBJECT_BYTES},"
            f" columns = {{{{{_escaped(columns)}}}}}))"
        ),
        prepare=tuple(named(step) for step in shaped.prepare),
        columns={name: column(expression) for name, expression in plan.columns.items()},
        credentials=tuple(_renamed(credential, named(credential.expression)) for credential in plan.credentials),
        # A line that is no JSON gives a row of nulls, which has no time.
        usual=" AND ".join(odd) or "true",
    )


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _renamed(credential: Credential, expression: str) -> Credential:
    return credential if credential.of_target else replace(credential, expression=expression)


def by_quotes(
    plan: Plan, columns: Mapping[str, str], pieces: Mapping[str, str], usual: str, prepare: tuple[str, ...] = ()
) -> Plan:
    """The plan with the CSV reader as its quick way; `pieces` fill the groups of `columns`, as in `text.plan`."""
    filled = dict(columns)
    for group, piece in pieces.items():
        filled = {name: expression.replace(f"{{{group}}}", piece) for name, expression in filled.items()}
    if any(not credential.of_target for credential in plan.credentials):
        return plan
    quick = Quick(reader=BY_QUOTES, prepare=prepare, columns=filled, credentials=plan.credentials, usual=usual)
    return replace(plan, quick=quick)

"""Values between commas, tabs, semicolons or bars, and a first line that names them; quotes may hold any of these."""

import csv
import re
from collections.abc import Sequence
from typing import Final

from ingest.formats.interface import Format, Options, Plan
from ingest.formats.named_fields import Named
from ingest.redact import quoted
from model.errors import FormatError

_SEPARATORS: Final = "\t,;|"
_NAME = re.compile(r"[A-Za-z_@$:][\w .@$:()/%-]*")
_FEWEST: Final = 3
_ENDS: Final = r"E'\r\n'"


def _confidence(sample: Sequence[str], options: Options) -> float:
    separator, names = header(sample)
    if len(names) < _FEWEST or not all(map(_NAME.fullmatch, names)) or len(set(names)) < len(names):
        return 0.0
    if not Named(names=names, options=options, read=str).is_log():
        return 0.0
    rows = [line for line in sample if line != sample[0]]
    fits = sum(1 for line in rows if len(_split(line, separator)) == len(names))
    return 0.95 * fits / len(rows) if rows else 0.95


def _plan(sample: Sequence[str], options: Options) -> Plan:
    separator, names = header(sample)
    if not Named(names=names, options=options, read=str).is_log():
        msg = f"The first line names no time of a request; the columns are: {', '.join(names[:20]) or 'none'}."
        raise FormatError(msg, hint='Name them in the source: fields = { ts = "…", status = "…" }.')
    fields = Named(names=names, options=options, read=lambda name: _value(names, name))
    one = rf'[{separator}]("(?:[^"\\]|\\.|"")*"|[^"{separator}]*)'
    pieces = (
        f"CASE WHEN contains(line, '\"') THEN regexp_extract_all({quoted(separator)} || line, {quoted(one)}, 1)"
        f" ELSE string_split(line, {quoted(separator)}) END AS r"
    )
    count = f"len(r) = {len(names)} OR (len(r) = {len(names) + 1} AND r[{len(names) + 1}] = '')"
    return Plan(
        format="csv",
        prepare=(f"rtrim(text, {_ENDS}) AS line", pieces, f"{fields.moment()} AS moment"),
        columns={"ts": "moment"} | fields.columns(),
        credentials=fields.credentials(),
        skips=((f"line = {quoted(sample[0])}", "header"),),
        unread=f"NOT ({count})",
        unread_reason=f"does not have the {len(names)} values of the header",
        time_reason=f"no time in {(fields.of('ts') or ['the line'])[0]}",
    )


def header(sample: Sequence[str]) -> tuple[str, list[str]]:
    """The separator that the first line has most of, and its names."""
    head = sample[0] if sample else ""
    separator = max(_SEPARATORS, key=head.count)
    return separator, [name.strip() for name in _split(head, separator)]


def _split(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return []


def _value(names: Sequence[str], name: str) -> str:
    if name not in names:
        msg = f"The header has no column {name!r}; the columns are: {', '.join(names[:20])}."
        raise FormatError(msg, hint="Spell it as the first line of the file does.")
    piece = f"r[{names.index(name) + 1}]"
    bare = f"replace(substr({piece}, 2, length({piece}) - 2), '\"\"', '\"')"
    return f"CASE WHEN starts_with({piece}, '\"') THEN {bare} ELSE trim({piece}) END"


FORMAT: Final = Format(name="csv", title="CSV or TSV with a header line", confidence=_confidence, plan=_plan)

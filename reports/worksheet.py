"""The worksheet of a review: the frozen roster with empty columns for the decisions, and how it is read back."""

import csv
import io
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from model.errors import ReportError
from reports.parts import Part
from reports.sheets import sheet, text_of
from reports.snapshot import Snapshot
from reports.standing import to_decide

ROSTER: Final = (
    "key_id",
    "name",
    "hint",
    "environment",
    "owner",
    "state",
    "last_use",
    "idle_days",
    "flags",
    "findings",
    "rotation",
    "excused",
)
"""What is known; for the reader only, the sealed keys.csv counts."""
DECISION: Final = ("decision", "rationale", "reviewer", "reviewed_on", "new_owner", "due")
"""What the reviewer writes."""
NAME: Final = "worksheet.csv"
_NEEDED: Final = ("key_id", *DECISION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a worksheet as it was handed in."""

    line: int
    """Of the file, the header being line 1."""
    values: Mapping[str, str]
    """Column to its text, without spaces around it."""


def worksheet(snapshot: Snapshot) -> Part:
    """The worksheet of the keys that a review decides about."""
    keys = to_decide(snapshot.keys)
    empty = [None] * len(DECISION)
    rows = ([*(getattr(key, name) for name in ROSTER), *empty] for key in keys)
    return Part(name=NAME, pieces=sheet((*ROSTER, *DECISION), rows), rows=len(keys))


def read(path: Path) -> list[Row]:
    """The rows of a worksheet; commas, semicolons and tabs separate, as spreadsheets write them.

    Raises ReportError when it cannot be read or lacks a column.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        msg = f"The worksheet {path} cannot be read: {error.strerror}."
        raise ReportError(
            msg, hint="Name it with --worksheet; `report open` wrote it into the report's folder."
        ) from None
    except UnicodeError:
        msg = f"The worksheet {path} is not UTF-8."
        raise ReportError(msg, hint="Save it as CSV UTF-8.") from None
    header = text.partition("\n")[0]
    separator = max(",;\t", key=header.count)
    try:
        return list(_rows(text, separator, path))
    except csv.Error as error:
        msg = f"The worksheet {path} is no CSV: {error}."
        raise ReportError(msg, hint="Save it as CSV again.") from None


def _rows(text: str, separator: str, path: Path) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    columns = [name.strip().lower() for name in next(reader, [])]
    missing = [name for name in _NEEDED if name not in columns]
    if missing:
        msg = f"The worksheet {path} has no column {', '.join(missing)}."
        raise ReportError(msg, hint="Keep the header that `report open` wrote.")
    line = reader.line_num
    for cells in reader:
        begin, line = line + 1, reader.line_num
        if any(cell.strip() for cell in cells):
            values = {name: text_of(value.strip()) for name, value in zip(columns, cells, strict=False)}
            yield Row(line=begin, values={name: values.get(name, "") for name in columns})


def write(path: Path, rows: Sequence[Row]) -> None:
    """Put the rows into the place of the worksheet, in one step. Raises ReportError."""
    columns = list(dict.fromkeys((*ROSTER, *DECISION, *(name for row in rows for name in row.values))))
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    pieces = sheet(columns, ([row.values.get(name, "") for name in columns] for row in rows))
    try:
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        msg = f"The worksheet {path} cannot be written: {error.strerror}."
        raise ReportError(msg, hint="Make room, or give this user the right to write there.") from None

"""Decisions that are written into a worksheet key by key, checked as the closing of a review checks them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from dashboard.services import Change
from model.errors import ReportError
from reports import closing, manifest
from reports.decisions import Listed, Problem, check
from reports.worksheet import DECISION, Row

_WRITTEN: Final = ("decision", "rationale", "new_owner", "due")
"""What a reviewer writes; who it was and when is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """The keys that a review decides about."""

    keys: Mapping[str, Listed]
    opened: date


def roster(folder: Path, names: Mapping[str, str]) -> Roster:
    """The sealed roster of a folder; `names` say whom pseudonyms stand for. Raises ReportError."""
    head = manifest.read(folder)
    if manifest.stage(folder) != "open":
        msg = f"{folder} holds no open review."
        raise ReportError(msg, hint="A closed review is never changed; open the next one.")
    try:
        return Roster(keys=closing.roster(folder, names), opened=closing.opened_on(head))
    except (OSError, ValueError, KeyError) as error:
        msg = f"The sealed roster in {folder} cannot be read: {error}."
        raise ReportError(msg, hint="Take the folder from a copy, and verify it.") from None


def problems(rows: Sequence[Row], known: Roster, *, now: datetime | None) -> dict[str, str]:
    """Key to what is wrong with its row; rows that nobody wrote into have nothing wrong yet."""
    written = [row for row in rows if any(row.values.get(name) for name in DECISION)]
    found: dict[str, str] = {}
    for key_id, problem in _wrong(written, known, now):
        found[key_id] = f"{found[key_id]} {problem}" if key_id in found else problem
    return found


def cells(row: Row, columns: Sequence[str], wrong: Mapping[str, str]) -> list[str]:
    """A row of the worksheet for a table, with what is wrong with it under `problem`."""
    told = {**row.values, "problem": wrong.get(row.values["key_id"], "")}
    return [told.get(name, "") for name in columns]


def merged(rows: Sequence[Row], changes: Sequence[Change], known: Roster, *, by: str, now: datetime) -> list[Row]:
    """The rows with the changes in them. Raises ReportError that names every change that cannot be accepted."""
    wanted = {change.key_id: change for change in changes}
    wrong = [f"{key_id}: The review has no such key." for key_id in wanted.keys() - {r.values["key_id"] for r in rows}]
    new: list[Row] = []
    for row in rows:
        change = wanted.get(row.values["key_id"])
        if change is None:
            new.append(row)
        elif any(row.values.get(name, "") != change.before[name] for name in _WRITTEN):
            wrong.append(f"{_name(row)}: Somebody decided about it meanwhile. Load the page anew and look at it again.")
        else:
            new.append(_decided(row, change, by, now))
    touched = [row for row in new if row.values["key_id"] in wanted and any(row.values[name] for name in _WRITTEN)]
    wrong += [f"{_name_of(key_id, known)}: {what}" for key_id, what in _wrong(touched, known, now)]
    if wrong:
        msg = "\n".join(["Nothing was saved.", *wrong])
        raise ReportError(msg, hint="Mend these rows and save again.")
    return new


def _decided(row: Row, change: Change, by: str, now: datetime) -> Row:
    written = {name: " ".join(change.after[name].split()) for name in _WRITTEN}
    anything = any(written.values())
    signed = {
        "reviewer": by if anything else "",
        "reviewed_on": now.astimezone(UTC).date().isoformat() if anything else "",
    }
    return Row(line=row.line, values={**row.values, **written, **signed})


def _wrong(rows: Sequence[Row], known: Roster, now: datetime | None) -> list[tuple[str, str]]:
    """Pairs of key and problem; each row is judged by itself. Without `now` no day is in the future."""
    keys = {row.line: row.values["key_id"] for row in rows}
    mine = {key_id: known.keys[key_id] for key_id in keys.values() if key_id in known.keys}
    today = date.max if now is None else now.astimezone(UTC).date()
    _, found = check(rows, mine, opened=known.opened, today=today)
    return [(keys[problem.line], _said(problem)) for problem in found if problem.line is not None]


def _said(problem: Problem) -> str:
    return f"{problem.what} {problem.hint}"


def _name(row: Row) -> str:
    return row.values.get("name") or row.values["key_id"]


def _name_of(key_id: str, known: Roster) -> str:
    listed = known.keys.get(key_id)
    return (listed.name if listed else None) or key_id

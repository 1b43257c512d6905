"""Decisions of a review, checked strictly: each problem says the row, what is wrong and what to do."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Final

from reports.worksheet import DECISION, Row

DECISIONS: Final = ("keep", "rotate", "revoke", "reassign")
_OPEN: Final = frozenset({"rotate", "revoke", "reassign"})
"""Decisions that leave something to be done, by a date."""
_EMPTY: Final = frozenset({"", "-", "--", ".", "n/a", "na", "none", "tbd", "todo", "ok", "x", "?"})
"""What people write in place of a rationale."""
_ADDRESS: Final = re.compile(r"<([^<>]+@[^<>]+)>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A key that the review decides about, as the sealed roster has it."""

    key_id: str
    name: str | None
    owner: str | None
    """None when it has none, or when the owner was erased meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided about one key."""

    key_id: str
    name: str | None
    owner: str | None
    decision: str
    """One of DECISIONS."""
    rationale: str
    reviewer: str
    reviewed_on: date
    new_owner: str | None
    due: date | None
    """By when it is to be done; None for `keep`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a row cannot be accepted."""

    line: int | None
    """Of the worksheet; None for a key that has no row."""
    key: str
    what: str
    hint: str

    def __str__(self) -> str:
        where = f"Row {self.line} ({self.key})" if self.line is not None else f"Key {self.key}"
        return f"{where}: {self.what} {self.hint}"


def check(
    rows: Sequence[Row], roster: Mapping[str, Listed], *, opened: date, today: date
) -> tuple[list[Decision], list[Problem]]:
    """The decisions by the roster's order, and everything that is wrong; with a problem the decisions do not count.

    Each key of the roster needs one row with a decision; the reviewer is not the key's owner.
    """
    found: dict[str, Decision] = {}
    problems: list[Problem] = []
    lines: dict[str, int] = {}
    for row in rows:
        key_id = row.values["key_id"]
        listed = roster.get(key_id)
        if listed is None or key_id in lines:
            problems.append(_misplaced(row, lines.get(key_id), roster))
            continue
        lines[key_id] = row.line
        wrong = list(_problems(row, listed, opened, today))
        problems += wrong
        reviewed = _date(row.values["reviewed_on"])
        if not wrong and reviewed is not None:
            found[key_id] = _decision(row, listed, reviewed)
    problems += [
        Problem(line=None, key=_name(one), what="It has no row.", hint="Put its row back, and decide about it.")
        for one in roster.values()
        if one.key_id not in lines
    ]
    return [found[key_id] for key_id in roster if key_id in found], problems


def same_person(one: str, other: str) -> bool:
    """Whether two ways to write a person mean the same one: by address, or by the part before the at sign."""
    first, second = _normal(one), _normal(other)
    if first == second:
        return True
    if ("@" in first) == ("@" in second):
        return False
    return first.partition("@")[0] == second.partition("@")[0]


def _problems(row: Row, listed: Listed, opened: date, today: date) -> Iterator[Problem]:
    values = row.values

    def problem(what: str, hint: str) -> Problem:
        return Problem(line=row.line, key=_name(listed), what=what, hint=hint)

    decision = values["decision"].lower()
    if not any(values[name] for name in DECISION):
        yield problem("Nothing was decided.", "Fill in decision, rationale, reviewer and reviewed_on.")
        return
    if decision not in DECISIONS:
        near = get_close_matches(decision, DECISIONS, n=1)
        said = f"{values['decision']!r} is no decision." if decision else "The decision is blank."
        yield problem(said, f"Did you mean {near[0]}?" if near else f"Write one of {', '.join(DECISIONS)}.")
    if values["rationale"].strip().lower() in _EMPTY:
        yield problem("The rationale is blank.", "Say in a few words why; an auditor will ask.")
    yield from (problem(*wrong) for wrong in _reviewer(values["reviewer"], listed))
    yield from (problem(*wrong) for wrong in _dates(values, decision, opened, today))
    owner = values["new_owner"]
    if decision == "reassign" and not owner:
        yield problem("A key that is reassigned needs its new owner.", "Fill in new_owner.")
    elif decision == "reassign" and listed.owner and same_person(owner, listed.owner):
        yield problem(f"The new owner {owner} is the owner already.", "Name another one, or decide otherwise.")
    elif owner and decision in DECISIONS and decision != "reassign":
        yield problem(f"It names a new owner, and the decision is {decision}.", "Write reassign, or clear new_owner.")


def _reviewer(reviewer: str, listed: Listed) -> Iterator[tuple[str, str]]:
    if reviewer.lower() in _EMPTY:
        yield "The reviewer is blank.", "Name the person who decided."
    elif listed.owner and same_person(reviewer, listed.owner):
        yield f"The reviewer {reviewer} is the key's owner.", "Nobody reviews a key of their own: let another decide."


def _dates(values: Mapping[str, str], decision: str, opened: date, today: date) -> Iterator[tuple[str, str]]:
    reviewed, due = _date(values["reviewed_on"]), _date(values["due"])
    if reviewed is None:
        said = f"{values['reviewed_on']!r} is no date." if values["reviewed_on"] else "The date of the review is blank."
        yield f"{said}", "Write reviewed_on as 2026-12-31."
    elif not opened <= reviewed <= today:
        when = "before the review was opened" if reviewed < opened else "in the future"
        yield f"It was reviewed on {reviewed}, {when}.", f"Write a day from {opened} to {today}."
    if values["due"] and due is None:
        yield f"{values['due']!r} is no date.", "Write due as 2026-12-31."
    elif decision in _OPEN and due is None:
        yield f"Nothing says by when to {decision} it.", "Fill in due, as 2026-12-31."
    elif decision == "keep" and due is not None:
        yield "It is kept, and has a due date.", "Clear due, or decide otherwise."
    elif due is not None and reviewed is not None and due < reviewed:
        yield f"It is due on {due}, before it was reviewed.", "Write a later day."


def _misplaced(row: Row, first: int | None, roster: Mapping[str, Listed]) -> Problem:
    key_id = row.values["key_id"]
    if first is not None:
        return Problem(
            line=row.line, key=key_id, what=f"Row {first} decides about it already.", hint="Keep one of them."
        )
    if not key_id:
        return Problem(
            line=row.line, key="no key_id", what="It names no key.", hint="Put the key_id back, or clear it."
        )
    near = get_close_matches(key_id, roster, n=1)
    hint = f"Did you mean {near[0]}?" if near else "Take the row out."
    return Problem(line=row.line, key=key_id, what="The sealed roster has no such key to decide about.", hint=hint)


def _decision(row: Row, listed: Listed, reviewed: date) -> Decision:
    values = row.values
    return Decision(
        key_id=listed.key_id,
        name=listed.name,
        owner=listed.owner,
        decision=values["decision"].lower(),
        rationale=values["rationale"],
        reviewer=values["reviewer"],
        reviewed_on=reviewed,
        new_owner=values["new_owner"] or None,
        due=_date(values["due"]),
    )


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _normal(person: str) -> str:
    inner = _ADDRESS.search(person)
    return " ".join((inner[1] if inner else person).casefold().removeprefix("mailto:").split())


def _name(listed: Listed) -> str:
    return listed.name or listed.key_id

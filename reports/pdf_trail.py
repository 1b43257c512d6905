"""Sections of the PDF about what led to the report: changes, rotations, exceptions."""

from collections.abc import Iterator
from typing import Final

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph

from reports.pdf_parts import BODY, H2, NONE, head, more, not_proven
from reports.pdf_style import CELL, WIDTH, table, text
from reports.pdf_style import words as cell
from reports.snapshot import Snapshot
from reports.standing import to_decide
from reports.texts import clock, counted, day
from reports.trail import ExceptionEntry, RotationEntry

_SOME: Final = 200
"""Rows of these tables."""


def changes(s: Snapshot) -> Iterator[Flowable]:
    """What people and keywatch did."""
    done = [one for one in s.changes if one.actor is not None]
    yield from head("Changes", H2)
    keys = counted(len(s.changes) - len(done), "change")
    yield cell(f"{keys} of keys, and what people and keywatch did; changes.csv has all of it.", BODY)
    if done:
        yield table(
            ("When", "Who", "What", "Subject"),
            ([clock(one.at), one.actor or NONE, one.what, one.subject] for one in done[-100:]),
            [28 * mm, 48 * mm, 40 * mm, WIDTH - 116 * mm],
        )
    yield from not_proven("changes")


def review(s: Snapshot) -> Iterator[Flowable]:
    """Whether and how the keys are reviewed."""
    yield from head("Review and sign-off", H2)
    if s.cover.stage != "open":
        yield cell("This report was rendered without a review: nobody signed it off.", BODY)
        return
    waiting = counted(len(to_decide(s.keys)), "key waits", "keys wait")
    yield cell(
        f"{waiting} for a decision in worksheet.csv: keep, rotate, revoke or reassign, with a rationale and a reviewer"
        " who is not the owner. When the review is closed, review.html, review.csv and closing.json lie in this folder,"
        " and this page stays as it is.",
        BODY,
    )
    yield from not_proven("review")


def rotations(s: Snapshot) -> Iterator[Flowable]:
    """Rotations with the state of their steps."""
    yield from head("Rotations", H2)
    if not s.rotations:
        yield cell("None: no key was replaced in the period, and no replacement is under way.", BODY)
        return
    yield table(
        ("Old key, new key", "State", "Issued", "Clients updated", "New key works", "Old key revoked"),
        (_rotation(one) for one in s.rotations[:_SOME]),
        [38 * mm, 18 * mm, 20 * mm, WIDTH - 150 * mm, 37 * mm, 37 * mm],
    )
    yield from more(len(s.rotations), "rotations.csv", _SOME)
    yield from not_proven("rotations")


def exceptions(s: Snapshot) -> Iterator[Flowable]:
    """What was excused, silenced or muted."""
    yield from head("Exceptions and ignored keys", H2)
    if not s.exceptions:
        yield cell("None: no key was excused, no silence and no mute was in force.", BODY)
        return
    yield cell("What is excused stays in every count and table of this report.", BODY)
    yield table(
        ("About", "Rules", "Reason", "Approver", "Expires", "State"),
        (_exception(one) for one in s.exceptions[:_SOME]),
        [34 * mm, 26 * mm, WIDTH - 130 * mm, 35 * mm, 19 * mm, 16 * mm],
    )
    yield from more(len(s.exceptions), "exceptions.csv", _SOME)
    yield from not_proven("exceptions")


def _rotation(one: RotationEntry) -> list[object]:
    under = f"{one.old}, in place" if one.linked_by == "in place" else f"{one.old} \u2192 {one.new}"
    name = Paragraph(f"<b>{text(one.old_name or one.old)}</b><br/>{text(under)}", CELL)
    steps = ((one.clients, one.clients_say), (one.test, one.test_says), (one.revoke, one.revoke_says))
    said = [Paragraph(f"<b>{state}</b><br/>{text(says)}", CELL) for state, says in steps]
    return [name, one.state, day(one.issued_at), *said]


def _exception(one: ExceptionEntry) -> list[object]:
    keys = f", {counted(one.keys, 'key')}" if one.keys is not None else ""
    about = Paragraph(f"{text(one.about)}<br/>{text((one.id if one.kind == 'ignored' else one.kind) + keys)}", CELL)
    why = text(one.reason or NONE) + (f"<br/>Control: {text(one.control)}" if one.control else "")
    ends = day(one.expires) if one.expires else "never"
    rules = ", ".join(one.rules) or "all"
    return [about, rules, Paragraph(why, CELL), one.approver or "keywatch.toml", ends, one.state]

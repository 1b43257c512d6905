"""Sections of the PDF about what the report rests on: sources of keys and logs, and the method."""

from collections.abc import Iterator
from typing import Final

from reportlab.lib.units import mm
from reportlab.platypus import Flowable

from reports import words
from reports.pdf_parts import BODY, H2, H3, NONE, head, not_proven
from reports.pdf_style import WIDTH, table
from reports.pdf_style import words as cell
from reports.remarks import remarks
from reports.snapshot import Snapshot
from reports.texts import clock, iso
from reports.thresholds import AGE_DAYS, GAP_HOURS, IDLE_DAYS

_YES: Final = {True: "yes", False: "no"}


def scope(s: Snapshot) -> Iterator[Flowable]:
    """Where keys and logs came from, and the traffic that no key explains."""
    yield from head("Scope and completeness", H2)
    for remark in remarks(s):
        yield cell(remark, BODY)
    if s.inventory_sources:
        yield from head("Where keys came from", H3)
        yield table(
            ("Inventory source", "Pulled at", "Keys", "Can be used", "Tells last uses"),
            (
                [
                    i.name,
                    clock(i.pulled_at) if i.pulled_at else NONE,
                    i.keys,
                    i.alive,
                    "yes" if i.tells_last_use else "no",
                ]
                for i in s.inventory_sources
            ),
            [WIDTH - 112 * mm, 30 * mm, 22 * mm, 26 * mm, 34 * mm],
            numbers={2, 3},
        )
    if s.log_sources:
        yield from head("Where logs came from", H3)
        yield table(
            ("Log source", "First event", "Last event", "Lines", "Events", "Rejects", "Carries keys", "Gaps"),
            (
                [
                    one.name,
                    clock(one.first_event_at) if one.first_event_at else NONE,
                    clock(one.last_event_at) if one.last_event_at else NONE,
                    *(one.lines, one.events, one.rejects, _YES[one.reads_keys], len(one.gaps)),
                ]
                for one in s.log_sources
            ),
            [WIDTH - 146 * mm, 27 * mm, 27 * mm, 21 * mm, 21 * mm, 16 * mm, 20 * mm, 14 * mm],
            numbers={3, 4, 5, 7},
        )
        yield cell(f"A gap is {GAP_HOURS} hours or more without any event of the source.", BODY)
    traffic = (("None presented", s.without_credential), ("Not registered, never accepted", s.unknown_credentials))
    strangers = ((f"Not registered, accepted: {one.hint or one.key_ref}", one.counts) for one in s.strangers[:20])
    yield from head("Traffic that no key of the inventory explains", H3)
    yield table(
        ("Credential", "Requests", "OK", "401", "403", "429", "5xx"),
        (
            [name, n.requests, n.successes, n.unauthorized, n.forbidden, n.throttled, n.server_errors]
            for name, n in (*traffic, *strangers)
        ),
        [WIDTH - 108 * mm, *[18 * mm] * 6],
        numbers=range(1, 7),
    )
    yield from not_proven("scope")


def method(s: Snapshot) -> Iterator[Flowable]:
    """What the words mean, and by which thresholds it was judged."""
    yield from head("Method", H2)
    since = f"Telemetry began at {iso(s.telemetry_since)}." if s.telemetry_since else "There is no telemetry."
    said = (
        f"Idle days, ages and expiries are judged as of {iso(s.cover.as_of)}. {words.STATES} {since} Hygiene: idle for"
        f" more than {IDLE_DAYS[0]} and {IDLE_DAYS[1]} days, not rotated for more than {AGE_DAYS[0]} and {AGE_DAYS[1]}"
        " days. report.html and report.json have the thresholds of all detectors."
    )
    yield cell(said, BODY)
    yield table(("Last use", "What it means"), words.BASES, [40 * mm, WIDTH - 40 * mm])
    yield from not_proven("method")

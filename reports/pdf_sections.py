"""The sections of the PDF: what an auditor reads first, with the tables cut where the CSV files go on."""

from collections.abc import Iterator, Sequence
from typing import Final

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, Paragraph, Spacer, Table

from reports import pdf_chart, standing, words
from reports import summary as numbers_of
from reports.controls import control_map
from reports.hygiene import cards
from reports.parts import Written
from reports.pdf_parts import BODY, H2, H3, NONE, ROWS, head, more, not_proven
from reports.pdf_style import (
    ACCENT,
    CELL,
    LINE,
    SMALL,
    SOFT,
    WASH,
    WIDTH,
    bare_table,
    bullets,
    padding,
    severity,
    style,
    table,
    text,
)
from reports.pdf_style import words as cell
from reports.records import KeyEntry
from reports.remarks import remarks
from reports.snapshot import Snapshot
from reports.texts import clock, counted, day, grouped, iso, span

_DIGEST: Final = style(6.6)
"""64 digits on one line."""


def first(s: Snapshot) -> Iterator[Flowable]:
    """The first page: scope, result, completeness and what is open."""
    c = s.cover
    yield cell("API key audit report", style(21, bold=True, after=2))
    if c.organisation:
        yield cell(c.organisation, style(11, bold=True, colour=ACCENT, after=2))
    length = span(c.until - c.since)
    period = f"{clock(c.since)} to {clock(c.until)} UTC, the end excluded ({length})"
    yield cell(period, style(10.5, colour=SOFT, after=8))
    before = (
        f"{s.previous.period}, {s.previous.manifest_sha256[:16]}…" if s.previous else "none: the first of its chain"
    )
    facts = [
        ("Report", c.report_id, "Judged as of", iso(c.as_of)),
        ("Generated", f"{iso(c.generated_at)} by {c.generated_by}", "Made with", f"keywatch {c.tool_version}"),
        ("Stage", words.STAGES.get(c.stage, c.stage), "Configuration", f"{c.config_hash[:16]}…"),
        ("Report before", before, "Telemetry since", clock(s.telemetry_since) if s.telemetry_since else "none"),
    ]
    rows = [[cell(a, SMALL), cell(b, CELL), cell(x, SMALL), cell(y, CELL)] for a, b, x, y in facts]
    yield bare_table(rows, [24 * mm, 76 * mm, 26 * mm, WIDTH - 126 * mm])
    yield Spacer(0, 6)
    result = Table([[cell(standing.result(s), style(12, bold=True))]], colWidths=[WIDTH])
    result.setStyle([("BACKGROUND", (0, 0), (-1, -1), WASH), ("LINEBEFORE", (0, 0), (0, -1), 3, ACCENT), *padding(8)])
    yield result
    yield Spacer(0, 8)
    tiles = [
        [cell(t.title, SMALL), cell(t.value, style(13, bold=True)), cell(t.note, style(6.6, colour=SOFT))]
        for t in numbers_of.tiles(s)
    ]
    boxes = Table([tiles], colWidths=[WIDTH / len(tiles)] * len(tiles))
    boxes.setStyle(
        [("BOX", (n, 0), (n, 0), 0.5, LINE) for n in range(len(tiles))] + [("VALIGN", (0, 0), (-1, -1), "TOP")]
    )
    yield boxes
    yield Spacer(0, 8)
    yield from head("Scope", H3)
    yield from bullets(
        [
            f"{counted(len(s.keys), 'key')} from {counted(len(s.inventory_sources), 'inventory source')}.",
            f"{counted(s.totals.requests, 'request')} from {counted(len(s.log_sources), 'log source')}.",
            f"{counted(len(s.strangers), 'working credential')} that no inventory row knows.",
            *numbers_of.excused(s),
        ]
    )
    yield from head("Completeness", H3)
    yield from bullets(remarks(s) or ("Nothing is known to be missing.",))
    items = standing.open_items(s)
    yield from head(f"What is open: the gravest {min(standing.SHOWN, len(items))} of {len(items)}", H3)
    if not items:
        yield cell("Nothing waits for anybody." if s.judged_until else "Not known: no detector has judged yet.", BODY)
        return
    yield table(
        ("Severity", "What", "Owner", "Since", "Status"),
        ([severity(i.severity), i.title, i.owner or NONE, day(i.since), i.status] for i in items[: standing.SHOWN]),
        [18 * mm, WIDTH - 106 * mm, 48 * mm, 20 * mm, 20 * mm],
    )


def summary(s: Snapshot) -> Iterator[Flowable]:
    """Hygiene, requests by outcome, and what changed."""
    yield from head("Summary", H2)
    if s.keys:
        rows = ([c.title, f"{c.count:,} of {c.of:,}", c.meaning] for c in cards(s.keys))
        yield table(("Hygiene", "Keys", "Meaning"), rows, [36 * mm, 26 * mm, WIDTH - 62 * mm])
    if any(number for bar in s.bars for _, number in bar.outcomes):
        yield KeepTogether([cell("Requests by outcome", H3), pdf_chart.chart(s), pdf_chart.legend(s)])
    rows_before = numbers_of.changes(s)
    if rows_before:
        yield from head("Change since the period before", H3)
        yield table(
            ("", "This period", "Before", "Change"),
            ([r.title, grouped(r.now), grouped(r.before), r.text] for r in rows_before),
            [50 * mm, 30 * mm, 30 * mm, WIDTH - 110 * mm],
        )
    if s.since_last and s.since_last.unreadable is None and s.previous:
        since = s.since_last
        said = (
            f"Since {s.previous.period}: {counted(len(since.keys), 'change')} of keys, {since.findings_new} findings"
            f" open that were not, {since.findings_gone} not any more, {since.findings_standing} still;"
            f" {counted(since.exceptions_new, 'exception')} new and {since.exceptions_over} over;"
            f" {counted(since.rotations_begun, 'rotation')} begun and {since.rotations_completed} completed."
        )
        left = sum(not one.done for one in since.promises)
        said += (
            f" Of {counted(len(since.promises), 'decision')} of its review that asked for work, {left} are not done."
        )
        yield cell(said, BODY)
    yield from not_proven("summary")


def inventory(s: Snapshot) -> Iterator[Flowable]:
    """One row a key."""
    yield from head("Inventory", H2)
    if not s.keys:
        yield cell("No inventory was imported.", BODY)
        return
    yield table(
        (
            "Key",
            "Owner, environment",
            "State",
            "Age",
            "Expires",
            "Last use",
            "Idle",
            "Requests",
            "Flags",
        ),
        (_key(key) for key in s.keys[:ROWS]),
        [34 * mm, 41 * mm, 15 * mm, 9 * mm, 19 * mm, 19 * mm, 9 * mm, 17 * mm, WIDTH - 163 * mm],
        numbers={3, 6, 7},
    )
    yield from more(len(s.keys), "keys.csv")
    yield from not_proven("inventory")


def _key(key: KeyEntry) -> list[object]:
    name = Paragraph(f"<b>{text(key.name or key.key_id)}</b><br/>{text(key.hint or key.key_id)}", CELL)
    who = Paragraph(f"{text(key.owner or NONE)}<br/>{text(key.environment or NONE)}", CELL)
    used = {"never": "never", "telemetry": "not since telemetry", "unknown": "unknown"}
    last = day(key.last_use) if key.last_use else used.get(str(key.basis), NONE)
    idle = NONE if key.idle_days is None else f"{'≥ ' if key.basis == 'telemetry' else ''}{key.idle_days}"
    ends = day(key.expires_at) if key.expires_at else NONE
    flags = ", ".join(flag.replace("-", " ") for flag in key.flags)
    age = NONE if key.age_days is None else key.age_days
    return [name, who, key.state, age, ends, last, idle, key.counts.requests, flags]


def findings(s: Snapshot) -> Iterator[Flowable]:
    """One row a finding, and how the alerts fared."""
    yield from head("Findings", H2)
    if not s.findings:
        yield cell("None in the period, and none open.", BODY)
        return
    yield table(
        ("Severity", "Finding", "Status", "First seen", "Last seen", "Count", "Owner"),
        (
            [
                severity(f.severity),
                f.title,
                f.status,
                day(f.first_seen),
                day(f.last_seen),
                f.count,
                f.owner or NONE,
            ]
            for f in s.findings[:ROWS]
        ),
        [18 * mm, WIDTH - 130 * mm, 17 * mm, 19 * mm, 19 * mm, 13 * mm, 44 * mm],
        numbers={5},
    )
    yield from more(len(s.findings), "findings.csv")
    yield from not_proven("findings")
    targets = numbers_of.by_target(s.deliveries)
    if targets:
        yield from head("Alerts and their delivery", H3)
        yield table(
            ("Target", "Delivered", "Waiting", "Uncertain", "Failed"),
            ([t.target, t.sent, t.waiting, t.uncertain, t.failed] for t in targets),
            [WIDTH - 88 * mm, *[22 * mm] * 4],
            numbers={1, 2, 3, 4},
        )
        yield from not_proven("alerts")


def integrity(s: Snapshot, listed: Sequence[Written]) -> Iterator[Flowable]:
    """What the evidence does not prove, and the files beside."""
    yield from head("Integrity, and what this evidence does not prove", H2)
    yield from bullets(words.LIMITS)
    if listed:
        yield table(
            ("File", "Rows", "Bytes", "SHA-256"),
            (
                [one.name, NONE if one.rows is None else one.rows, one.bytes, cell(one.sha256, _DIGEST)]
                for one in listed
            ),
            [36 * mm, 16 * mm, 22 * mm, WIDTH - 74 * mm],
            numbers={1, 2},
        )
    mark = f"Audit log: row {s.mark.seq}, {s.mark.hash}." if s.mark else "The audit log was empty."
    yield cell(f"{mark} keywatch report verify checks the folder without a network.", BODY)


def controls(s: Snapshot) -> Iterator[Flowable]:
    """The control map."""
    yield from head("Control map", H2)
    yield cell("Which controls this report is evidence for; it supports a review of them and attests none.", BODY)
    yield table(
        ("Framework", "Control", "Title", "Evidence here", "Findings", "Open"),
        (
            [f"{of.framework} {of.version}", of.id, of.title, of.evidence, len(m.findings), m.open]
            for m in control_map(s.findings)
            for of in [m.control]
        ),
        [38 * mm, 16 * mm, 48 * mm, WIDTH - 132 * mm, 16 * mm, 14 * mm],
        numbers={4, 5},
    )
    yield from not_proven("controls")

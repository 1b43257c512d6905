"""`keywatch report`: render one, open one for review, close it, verify it, list them."""

from pathlib import Path
from typing import Annotated

import typer

from keywatch.commands.shared import AsJson, Until, moment, now, print_json, print_table, say, workspace
from keywatch.process import work

_LISTED = ("period", "stage", "since", "until", "made_at", "closed_at", "folder")

Period = Annotated[str, typer.Option("--period", help="2026-10, 2026-Q4, 2026, last-7d, or 2026-10-01..2026-10-08.")]
Output = Annotated[Path | None, typer.Option("-o", "--output", help="Its folder; reports/<period> by default.")]


def add(app: typer.Typer) -> None:
    """Put the group on the command line."""
    group = typer.Typer(help="The report of a period, for auditors, and the review of its keys.")
    group.command("render")(render)
    group.command("open")(open_)
    group.command("close")(close)
    group.command("verify")(verify)
    group.command("list")(list_)
    app.add_typer(group, name="report", no_args_is_help=True)


def render(ctx: typer.Context, *, period: Period, output: Output = None, until: Until = None) -> None:
    """Write a period's report as HTML, CSV and JSON, signed, without a review."""
    from keywatch.noting import note_config
    from keywatch.reporting.taking import render_report

    with workspace(ctx) as ws, ws.lock(work.REPORT):
        note_config(ws, now())
        folder = render_report(ws, period, now=moment(until, now()), folder=output)
    say(f"The report lies in {folder}: open {folder / 'report.html'}.")


def open_(ctx: typer.Context, *, period: Period, output: Output = None, until: Until = None) -> None:
    """Freeze and sign a period's report, and write the worksheet in which each key is decided."""
    from keywatch.noting import note_config
    from keywatch.reporting.taking import asked, make_report

    at = moment(until, now())
    with workspace(ctx) as ws, ws.lock(work.REPORT):
        note_config(ws, now())
        ask = asked(ws, period, now=at, folder=output, review=True)
        count = make_report(ws, ask, now=at)
    say(f"The report lies in {ask.folder}: open {ask.folder / 'report.html'}.")
    say(f"{count:,} keys wait for a decision: fill in {ask.folder / 'worksheet.csv'}, then keywatch report close.")


def close(
    ctx: typer.Context,
    which: Annotated[
        str | None, typer.Argument(help="The period or the folder of the review; the open one by default.")
    ] = None,
    *,
    worksheet: Annotated[Path | None, typer.Option(help="The worksheet; the one in its folder by default.")] = None,
    until: Until = None,
) -> None:
    """Check the worksheet of a review strictly, and seal its decisions with the report."""
    from keywatch.reporting.reviewing import close_review

    with workspace(ctx) as ws, ws.lock(work.REPORT):
        done = close_review(ws, which, sheet_path=worksheet, now=moment(until, now()))
    say(f"Closed: {done.keys:,} keys were decided, {done.to_do:,} decisions ask for something to be done.")
    say(f"The sign-off is {done.folder / 'review.html'}.")


def verify(
    folder: Annotated[Path, typer.Argument(help="The report's folder.")],
    *,
    public_key: Annotated[
        Path | None, typer.Option(help="The public key (PEM) as it came to you another way than with the report.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check that a report is what was signed, without a network or a workspace; names what was changed."""
    from model.errors import ReportError
    from reports.verify import PROVES, verify

    try:
        pem = public_key.read_bytes() if public_key else None
    except OSError as error:
        msg = f"The public key {public_key} cannot be read: {error.strerror}."
        raise ReportError(msg, hint="Name a PEM file with --public-key.") from None
    found = verify(folder, pem)
    if as_json:
        print_json({name: getattr(found, name) for name in type(found).__slots__})
    else:
        for fault in found.faults:
            say(f"keywatch: {fault}")
        for name in found.beside:
            say(f"{name} lies in the folder and is no part of the report.")
        if not found.faults:
            by = f"signed by the key {found.signed_by}" if found.signed_by else "listed, and nobody signed them"
            say(f"The report {found.period} ({found.stage}) is whole: its {found.files} files are as they were {by}.")
            say(PROVES)
    if found.faults:
        raise typer.Exit(1)


def list_(ctx: typer.Context, *, as_json: AsJson = False) -> None:
    """The reports that were made, the newest first."""
    from store.state.reports import report_frame

    with workspace(ctx) as ws, ws.store.reading() as tx:
        rows = [{str(name): value for name, value in row.items()} for row in report_frame(tx).to_dict("records")]
    print_json(rows) if as_json else print_table(rows, _LISTED, empty="No report yet: keywatch report render.")

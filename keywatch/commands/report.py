"""`keywatch report`: render one, list them."""

from pathlib import Path
from typing import Annotated

import typer

from keywatch.commands.shared import AsJson, Until, moment, now, print_json, print_table, say, workspace

_PERIODS = "2026-10, 2026-Q4, 2026, last-7d, or 2026-10-01..2026-10-08."
_OUTPUT = "Its folder; reports/<period> in the workspace by default."
_LISTED = ("period", "since", "until", "made_at", "folder")


def add(app: typer.Typer) -> None:
    """Put the group on the command line."""
    group = typer.Typer(help="The report of a period, for auditors.")
    group.command("render")(render)
    group.command("list")(list_)
    app.add_typer(group, name="report", no_args_is_help=True)


def render(
    ctx: typer.Context,
    *,
    period: Annotated[
        str, typer.Option("--period", help="2026-10, 2026-Q4, 2026, last-7d, or 2026-10-01..2026-10-08.")
    ],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Its folder; reports/<period> by default.")
    ] = None,
    until: Until = None,
) -> None:
    """Write a period's report as HTML, CSV and JSON."""
    from keywatch.rendering import render_report

    with workspace(ctx) as ws, ws.lock():
        folder = render_report(ws, period, now=moment(until, now()), folder=output)
    say(f"The report lies in {folder}: open {folder / 'report.html'}.")


def list_(ctx: typer.Context, *, as_json: AsJson = False) -> None:
    """The reports that were made, the newest first."""
    from store.state.reports import report_frame

    with workspace(ctx) as ws, ws.store.reading() as tx:
        rows = [{str(name): value for name, value in row.items()} for row in report_frame(tx).to_dict("records")]
    print_json(rows) if as_json else print_table(rows, _LISTED, empty="No report yet: keywatch report render.")

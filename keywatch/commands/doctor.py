"""`keywatch doctor`: what is wrong, and what helps."""

import typer

from keywatch.commands.shared import AsJson, config_path, console, now, print_json


def add(app: typer.Typer) -> None:
    """Put the command on the command line."""
    app.command("doctor")(doctor)


def doctor(ctx: typer.Context, *, as_json: AsJson = False) -> None:
    """Look at all that can be wrong, from the config to the last backup; nothing is changed, and no message is sent.

    Ends with 1 when something does not work.
    """
    from dataclasses import asdict

    from rich.markup import escape

    from keywatch.doctor.examine import examine
    from keywatch.doctor.remark import Level

    marks = {Level.OK: "[green]ok   [/]", Level.WARN: "[yellow]warn [/]", Level.ERROR: "[red]error[/]"}
    remarks = examine(config_path(ctx), now())
    if as_json:
        print_json([asdict(one) for one in remarks])
    else:
        shown = console()
        for one in remarks:
            shown.print(f"{marks[one.level]} {one.about:<9} {escape(one.what)}")
            if one.remedy:
                shown.print(f"      {'':<9} → {escape(one.remedy)}")
    if any(one.level == Level.ERROR for one in remarks):
        raise typer.Exit(1)

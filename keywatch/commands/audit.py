"""`keywatch audit`: whether the audit log is whole, and what stands in it."""

from pathlib import Path
from typing import Annotated

import typer

from keywatch.commands.shared import AsJson, print_json, print_table, say, workspace

_LISTED = ("seq", "at", "actor", "action", "subject")


def add(app: typer.Typer) -> None:
    """Put the group on the command line."""
    group = typer.Typer(help="The audit log: who did what, and whether it is whole.")
    group.command("verify")(verify)
    group.command("list")(list_)
    app.add_typer(group, name="audit", no_args_is_help=True)


def verify(
    ctx: typer.Context,
    *,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(help="A report's folder that was kept elsewhere; those of the workspace are taken anyway."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check the whole log: each row's keyed hash, its order and its end, and the checkpoints of reports."""
    from keywatch.reporting.checkpoints import checked, told

    with workspace(ctx) as ws, ws.store.reading() as tx:
        found, known = checked(tx, checkpoint or ())
    said = [fault.what for fault in found.faults]
    if as_json:
        last = {"seq": found.last.seq, "hash": found.last.hash} if found.last else None
        print_json({"rows": found.rows, "last": last, "checkpoints": known, "faults": said})
    elif said:
        for sentence in said:
            say(f"keywatch: {sentence}")
    else:
        for sentence in told(found, known):
            say(sentence)
    if said:
        raise typer.Exit(1)


def list_(
    ctx: typer.Context,
    *,
    limit: Annotated[int, typer.Option(min=1, help="So many of the newest.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Who did what, the newest first."""
    from store.state.audit import audit_frame

    with workspace(ctx) as ws, ws.store.reading() as tx:
        rows = [{str(name): value for name, value in row.items()} for row in audit_frame(tx, limit).to_dict("records")]
    print_json(rows) if as_json else print_table(rows, _LISTED, empty="Nobody has done anything yet.")

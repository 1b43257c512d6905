"""`keywatch privacy`: what is known of a person, an address or a key; and a person forgotten."""

import json
import sys
from typing import Annotated

import typer

from keywatch import work
from keywatch.commands.shared import now, plain_json, say, workspace


def add(app: typer.Typer) -> None:
    """Put the group on the command line."""
    group = typer.Typer(help="What is known of a person, an address or a key, and how a person is forgotten.")
    group.command("export")(export)
    group.command("erase")(erase)
    app.add_typer(group, name="privacy", no_args_is_help=True)


def export(
    ctx: typer.Context,
    subject: Annotated[str, typer.Argument(help="A person as the inventory has it, an address, or a key.")],
) -> None:
    """Print every row of the state that mentions it, and its events, one JSON object a line."""
    from keywatch.privacy import export as found

    count = 0
    with workspace(ctx) as ws:
        for row in found(ws, subject, at=now()):
            sys.stdout.write(json.dumps(plain_json(row), ensure_ascii=False) + "\n")
            count += 1
    say(f"{count:,} rows.")


def erase(
    ctx: typer.Context,
    person: Annotated[str, typer.Argument(help="A person as the inventory has it: an owner, an assignee, a reviewer.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Forget a person: a pseudonym takes its place in the state and beside reports, and nothing says whose it is."""
    from keywatch.privacy import erase as forget

    if not yes:
        typer.confirm(f"Forget {person} for good?", abort=True, err=True)
    with workspace(ctx) as ws, ws.lock(work.REPORT):
        done = forget(ws, person, at=now())
    for table, count in done.rows.items():
        say(f"{table}: {count:,} rows changed")
    for file in done.files:
        say(f"{file}: without the person now")
    if done.in_log:
        say(f"{done.in_log:,} rows of the audit log name the person and stay: they are evidence of who did what.")
    say(f"{done.stand_in} stands in its place. Take the person out of the inventory's source and of keywatch.toml too.")
    say("Backups, and reports that you copied elsewhere, are not reached.")

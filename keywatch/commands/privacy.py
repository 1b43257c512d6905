"""`keywatch privacy`: what is known of a person, an address or a key, handed out or forgotten."""

import json
import sys
from typing import Annotated

import typer

from keywatch.commands.shared import now, plain_json, say, workspace


def add(app: typer.Typer) -> None:
    """Put the group on the command line."""
    group = typer.Typer(help="What is known of a person, an address or a key, and how it is forgotten.")
    group.command("export")(export)
    group.command("erase")(erase)
    app.add_typer(group, name="privacy", no_args_is_help=True)


def export(
    ctx: typer.Context,
    subject: Annotated[str, typer.Argument(help="A person as the inventory has it, an address, or a key.")],
) -> None:
    """Print every row of the state that mentions it, and its events, one JSON object a line."""
    from keywatch.privacy.exporting import export as found

    count = 0
    with workspace(ctx) as ws:
        for row in found(ws, subject, at=now()):
            sys.stdout.write(json.dumps(plain_json(row), ensure_ascii=False) + "\n")
            count += 1
    say(f"{count:,} rows.")


def erase(
    ctx: typer.Context,
    subject: Annotated[
        str, typer.Argument(help="A person as the inventory has it, an address, or a key (id, name or key_ref).")
    ],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Forget a person, an address or a key: a pseudonym takes its place, and nothing says any more whose it is."""
    from keywatch.privacy.erasing import erase as forget
    from keywatch.privacy.standstill import standstill
    from keywatch.privacy.subject import data_subject

    with workspace(ctx) as ws:
        if not yes:
            kind = data_subject(ws, subject).kind
            typer.confirm(f"Forget the {kind} {subject} for good?", abort=True, err=True)
        with standstill(ws):
            done = forget(ws, subject, at=now())
    for table, count in done.rows.items():
        say(f"{table}: {count:,} rows changed")
    if done.segments:
        say(f"{done.segments:,} segments of events were written anew.")
    for file in done.files:
        say(f"{file}: without it now")
    for folder in done.sealed:
        say(f"{folder}: sealed, names the key, and stays as it is.")
    if done.in_log:
        say(f"{done.in_log:,} rows of the audit log name it and stay: they are evidence of who did what.")
    if done.stand_in is None:
        say(f"Nothing that can be changed knows the {done.kind} {subject}.")
    else:
        say(f"{done.stand_in} stands in its place. {_ELSEWHERE[done.kind]}")
    say("Backups, logs, alerts that were sent, and reports that you copied elsewhere are not reached.")


_ELSEWHERE = {
    "person": "Take the person out of the inventory's source and of keywatch.toml too.",
    "address": "Its network stays in events. Logs that are read again bring it back.",
    "key": "Take the key out of the inventory's source too: the next sync brings it back.",
}

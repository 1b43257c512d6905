"""`keywatch audit`: whether the audit log is whole, and what stands in it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keywatch.commands.shared import AsJson, print_json, print_table, say, workspace

if TYPE_CHECKING:
    from store.state.chain import Known

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
    from store.state import chain, reports

    with workspace(ctx) as ws, ws.store.reading() as tx:
        kept = [_known(Path(one.folder)) for one in reports.made(tx)]
        known = [one for one in kept if one is not None] + [_needed(folder) for folder in checkpoint or ()]
        found = chain.check(tx, known)
    said = [fault.what for fault in found.faults]
    if as_json:
        last = {"seq": found.last.seq, "hash": found.last.hash} if found.last else None
        print_json({"rows": found.rows, "last": last, "checkpoints": len(known), "faults": said})
    elif said:
        for sentence in said:
            say(f"keywatch: {sentence}")
    elif found.last is None:
        say("The audit log is empty.")
    else:
        old = f" The first {found.without_key:,} are from before it had a key." if found.without_key else ""
        kept_by = f"{len(known):,} of its checkpoints were kept by reports and agree" if known else "no report kept one"
        say(f"The audit log is whole: {found.rows:,} rows; {kept_by}.{old}")
        say(f"The newest is row {found.last.seq}: {found.last.hash}")
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


def _known(folder: Path) -> "Known | None":
    """The checkpoint in a report's manifest; None when it has none or is not there any more."""
    from store.state.audit import Checkpoint
    from store.state.chain import Known

    try:
        found = json.loads((folder / "manifest.json").read_bytes()).get("audit_log")
        mark = Checkpoint(seq=int(found["seq"]), hash=str(found["hash"])) if found else None
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return Known(checkpoint=mark, where=str(folder)) if mark else None


def _needed(folder: Path) -> "Known":
    from model.errors import ReportError

    found = _known(folder)
    if found is None:
        msg = f"{folder} holds no checkpoint of the audit log."
        raise ReportError(msg, hint="Name the folder of a report that was made when the log had a row.")
    return found

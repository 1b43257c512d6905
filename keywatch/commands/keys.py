"""`keywatch keys`: the inventory."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keywatch.commands import ignoring
from keywatch.commands.shared import (
    PARTLY,
    AsJson,
    now,
    print_json,
    print_lines,
    print_table,
    records,
    say,
    workspace,
)
from keywatch.process import work
from model.errors import UsageError

if TYPE_CHECKING:
    from keywatch.config.inventories import KeySource
    from keywatch.workspace import Workspace
    from model.key import Key

_LISTED = ("key_id", "name", "environment", "owner", "status", "last_used_at", "last_used_by")
_EMPTY = "The inventory is empty: keywatch keys import, or keywatch keys sync."


def add(app: typer.Typer) -> None:
    """Put the group on the command line."""
    group = typer.Typer(help="The inventory: which keys there are, whose, and when each was last used.")
    group.command("import")(import_)
    group.command("sync")(sync)
    group.command("sources")(sources)
    group.command("list")(list_)
    group.command("show")(show)
    group.command("link")(link)
    ignoring.add(group)
    app.add_typer(group, name="keys", no_args_is_help=True)


def import_(
    ctx: typer.Context,
    file: Annotated[
        Path, typer.Argument(readable=False, help="A CSV or JSON file with key_id and any of the other columns.")
    ],
    *,
    hash_keys: Annotated[
        bool,
        typer.Option("--hash-keys", help="Fingerprint the column `secret` while it is read, and drop it."),
    ] = False,
    column: Annotated[
        list[str] | None,
        typer.Option("--column", metavar="OURS=THEIRS", help="Another name for a column; can be repeated."),
    ] = None,
) -> None:
    """Take keys from a file; all of it or, when a row is wrong, nothing."""
    from ingest.inventory.read import read_keys

    columns = dict(_pair(text) for text in column or [])
    with workspace(ctx) as ws, ws.lock(work.SEGMENTS):
        found = read_keys(file, pulled_at=now(), columns=columns, pepper=ws.pepper if hash_keys else None)
        _save(ws, found, str(file))


def sync(
    ctx: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(help="Names of sources; left out: all of them.")] = None,
) -> None:
    """Pull the inventory from the config's sources. A source that fails removes nothing, and the others go on."""
    from keywatch.inventory.syncing import forget_others, pull_source, save_pull
    from model.clock import SystemClock

    clock = SystemClock()
    with workspace(ctx) as ws:
        with ws.lock(work.SEGMENTS):  # before anybody is asked; then it is free until there is something to save
            chosen = _chosen(ws, names or [])
        failures = []
        for source in chosen:
            pulled = pull_source(ws, source, clock)
            with ws.lock(work.SEGMENTS):
                done = save_pull(ws, pulled, clock.now())
            failures += [done.error] if done.error else []
            say(done.line() if done.error is None or len(chosen) > 1 else f"{source.called} failed.")
        with ws.lock(work.SEGMENTS):
            forget_others(ws)
    if failures and len(failures) == len(chosen):
        raise failures[-1]
    if failures:
        raise typer.Exit(PARTLY)


def sources(ctx: typer.Context, *, as_json: AsJson = False) -> None:
    """How the inventory's sources fare: last complete pull, failures since then."""
    from store.state.listings import inventory_frame

    with workspace(ctx) as ws:
        configured = {source.called: source.type for source in ws.config.inventory.sources}
        with ws.store.reading() as tx:
            frame = inventory_frame(tx)
    known = {row["name"]: row for row in records(frame)}
    rows = [known.get(name, {"name": name}) | {"type": kind} for name, kind in configured.items()]
    columns = ("name", "type", "keys", "complete_at", "failures", "failed_since", "last_error")
    rows = [{column: row.get(column) for column in columns} for row in rows]
    print_json(rows) if as_json else print_table(rows, columns, empty="The config has no [inventory] sources.")


def list_(ctx: typer.Context, *, as_json: AsJson = False) -> None:
    """All keys with their last use, and who tells it; ignored ones too."""
    from keywatch.inventory.portrait import key_rows

    with workspace(ctx) as ws:
        rows = key_rows(ws, now())
    if as_json:
        print_json(rows)
        return
    told = [row | {"ignored": ", ".join(f"exception {number}" for number in row["ignored"])} for row in rows]
    ignored = sum(bool(row["ignored"]) for row in rows)
    print_table(told, [*_LISTED, *(["ignored"] if ignored else [])], empty=_EMPTY)
    if ignored:
        say(f"{ignored} of {len(rows)} keys are ignored by an exception: keywatch keys exceptions.")


def show(
    ctx: typer.Context, key: Annotated[str, typer.Argument(help="A key's id or name.")], *, as_json: AsJson = False
) -> None:
    """One key: facts, last use, sources, rotations with their steps, exceptions, and the history of every change."""
    from keywatch.commands.key_page import lines
    from keywatch.inventory.portrait import portrait
    from store.state.inventory import find_key

    with workspace(ctx) as ws:
        with ws.store.reading() as tx:
            found = find_key(tx, key)
        if found is None or found.key_id is None:
            msg = f"The inventory has no key {key!r}."
            raise UsageError(msg, hint="keywatch keys list")
        facts = portrait(ws, found.key_id, now())
    print_json(facts) if as_json else print_lines(lines(facts))


def link(
    ctx: typer.Context,
    old: Annotated[str, typer.Argument(help="The id or name of the key that is replaced.")],
    new: Annotated[str | None, typer.Argument(help="The id or name of the key that replaces it.")] = None,
    *,
    forget: Annotated[bool, typer.Option("--forget", help="Take the successor back; it is found anew.")] = False,
) -> None:
    """Say which key replaces another, where no inventory does."""
    from keywatch.inventory.linking import name_successor

    if (new is None) != forget:
        msg = "Name the key that replaces it, or say --forget."
        raise UsageError(msg, hint="keywatch keys link OLD NEW")
    with workspace(ctx) as ws, ws.lock(work.SEGMENTS):
        name_successor(ws, old, new, now())
    say(f"{new} replaces {old}." if new else f"The successor of {old} is found anew.")


def _save(ws: "Workspace", found: "list[Key]", where: str) -> None:
    from keywatch.inventory.registering import register

    counts = register(ws, found, where=where, now=now())
    say(f"{where}: {counts['added']} keys added, {counts['changed']} changed, {counts['unchanged']} unchanged.")


def _chosen(ws: "Workspace", names: list[str]) -> "list[KeySource]":
    known = {source.called: source for source in ws.config.inventory.sources}
    if not known:
        msg = "The config has no [inventory] sources."
        raise UsageError(msg, hint='sources = [{ type = "csv", path = "keys.csv" }]')
    unknown = next((name for name in names if name not in known), None)
    if unknown is not None:
        msg = f"[inventory] has no source {unknown!r}."
        raise UsageError(msg, hint=f"Known: {', '.join(known)}.")
    return [known[name] for name in names or known]


def _pair(text: str) -> tuple[str, str]:
    ours, equals, theirs = text.partition("=")
    if not equals:
        msg = f"--column {text!r} is no pair."
        raise UsageError(msg, hint="--column key_id=id")
    return ours, theirs

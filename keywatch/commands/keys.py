"""`keywatch keys`: the inventory."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from keywatch.commands.shared import PARTLY, AsJson, now, print_json, print_table, records, say, workspace
from model.errors import UsageError

if TYPE_CHECKING:
    from keywatch.inventories import KeySource
    from keywatch.workspace import Workspace
    from model.key import Key

_LISTED = ("key_id", "name", "environment", "owner", "status", "last_used_at")


def add(app: typer.Typer) -> None:
    """Put the group on the command line."""
    group = typer.Typer(help="The inventory: which keys there are, whose, and when each was last used.")
    group.command("import")(import_)
    group.command("sync")(sync)
    group.command("sources")(sources)
    group.command("list")(list_)
    group.command("show")(show)
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
    with workspace(ctx) as ws, ws.lock():
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
        chosen = _chosen(ws, names or [])
        failures = []
        for source in chosen:
            pulled = pull_source(ws, source, clock)
            with ws.lock():
                done = save_pull(ws, pulled, clock.now())
            failures += [done.error] if done.error else []
            say(done.line() if done.error is None or len(chosen) > 1 else f"{source.called} failed.")
        with ws.lock():
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
    """All keys with their last use."""
    with workspace(ctx) as ws:
        rows = _rows(ws)
    print_json(rows) if as_json else print_table(rows, _LISTED, empty="The inventory is empty: keywatch keys import.")


def show(ctx: typer.Context, key: Annotated[str, typer.Argument(help="A key's id or name.")]) -> None:
    """One key: everything that is known, as JSON."""
    with workspace(ctx) as ws:
        found = [row for row in _rows(ws) if key in {row["key_id"], row["name"]}]
    if not found:
        msg = f"The inventory has no key {key!r}."
        raise UsageError(msg, hint="keywatch keys list")
    print_json(found[0])


def _save(ws: "Workspace", found: "list[Key]", where: str) -> None:
    from keywatch.registering import register

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


def _rows(ws: "Workspace") -> list[dict[str, Any]]:
    from store.state.inventory import key_frame

    with ws.store.reading() as tx:
        frame = key_frame(tx)
    frame["last_used_at"] = frame[["last_seen", "source_last_used_at"]].max(axis=1)
    return records(frame)


def _pair(text: str) -> tuple[str, str]:
    ours, equals, theirs = text.partition("=")
    if not equals:
        msg = f"--column {text!r} is no pair."
        raise UsageError(msg, hint="--column key_id=id")
    return ours, theirs

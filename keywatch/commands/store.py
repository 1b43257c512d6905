"""`keywatch store`: what is kept, and how much."""

from pathlib import Path
from typing import Annotated

import typer

from keywatch import work
from keywatch.commands.shared import AsJson, now, print_json, print_table, say, workspace


def add(app: typer.Typer) -> None:
    """Put the group on the command line."""
    group = typer.Typer(help="What is kept, and how much.")
    group.command("status")(status)
    group.command("compact")(compact)
    group.command("prune")(prune)
    group.command("backup")(backup)
    group.command("restore")(restore)
    group.command("migrate")(migrate)
    group.callback()(_group)
    app.add_typer(group, name="store", no_args_is_help=True)


def _group() -> None:
    """What is kept, and how much."""


def status(ctx: typer.Context, *, as_json: AsJson = False) -> None:
    """Segments, events, bytes and the span of time."""
    from store.state import segments

    with workspace(ctx) as ws, ws.store.reading() as tx:
        manifest = segments.overlapping(tx, None)
        size = ws.store.events.size(manifest)
    row = {
        "segments": len(manifest),
        "sealed": sum(segment.sealed for segment in manifest),
        "events": sum(segment.rows for segment in manifest),
        "bytes": size,
        "first_event": min((segment.min_ts for segment in manifest), default=None),
        "last_event": max((segment.max_ts for segment in manifest), default=None),
    }
    print_json(row) if as_json else print_table([row], tuple(row), empty="")


def compact(ctx: typer.Context) -> None:
    """Merge the small segments of each day into few; `keywatch run` does so by itself."""
    from keywatch.commands.progress import counting
    from store.compaction import compact as merge_all
    from store.state import segments

    with workspace(ctx) as ws, ws.lock(work.SEGMENTS):
        with counting("segments") as told:
            done = merge_all(ws.store, now=now(), told=told)
        with ws.store.reading() as tx:
            left = len(segments.overlapping(tx, None))
    say(f"{done:,} segments were merged. Open segments now: {left:,}." if done else "Nothing to merge.")


def prune(ctx: typer.Context) -> None:
    """Let go what [retention] says is too old; `keywatch run` does so by itself."""
    from keywatch.noting import note
    from store.retention import prune as let_go

    with workspace(ctx) as ws, ws.lock(work.SEGMENTS):
        gone = let_go(ws.store, ws.config.retention.cuts(now()), now=now())
        note(ws, "store pruned", "[retention]", at=now(), gone=str(gone))
    say(f"Gone: {gone}." if str(gone) else "Nothing is older than [retention] says.")


def backup(ctx: typer.Context, folder: Annotated[Path, typer.Argument(help="A new folder.")]) -> None:
    """Copy the store into a new folder, while everything goes on. The pepper is not in it."""
    from keywatch.commands.progress import counting
    from keywatch.noting import note
    from store.backup import backup as copy_all

    with workspace(ctx) as ws:
        with counting("files") as told:
            done = copy_all(ws.store, folder, now=now(), told=told)
        note(ws, "store backed up", str(folder), at=now(), segments=done.segments, events=done.events)
        pepper = ws.config.secrets.pepper
    say(f"{done.events:,} events in {done.segments:,} segments and the state, {done.bytes:,} bytes, are in {folder}.")
    say(f"Keep the pepper ({pepper}) apart from it: without it, keys have other fingerprints.")


def restore(ctx: typer.Context, folder: Annotated[Path, typer.Argument(help="What `store backup` wrote.")]) -> None:
    """Fill the empty store of this workspace from a backup; every file is compared with its SHA-256 first."""
    from keywatch.commands.progress import counting
    from keywatch.noting import note
    from store.backup import restore as fill

    with workspace(ctx) as ws, ws.lock(work.SEGMENTS), counting("files") as told:
        done = fill(folder, ws.store, told=told)
        note(ws, "store restored", str(folder), at=now(), segments=done.segments, events=done.events)
    say(f"{done.events:,} events in {done.segments:,} segments and the state are back.")
    say("The pepper must be the one of that time. Sources go on where the backup stood.")


def migrate(
    ctx: typer.Context,
    *,
    to: Annotated[
        list[str],
        typer.Option(
            "--to",
            help="Where to: a URL of PostgreSQL or SQLite for the state, one of ClickHouse, of an object store or a"
            " folder for the events; once each. `env:NAME` keeps passwords off the command line.",
        ),
    ],
) -> None:
    """Copy the store to other engines, compare all of it, and say what to write into keywatch.toml.

    The old store stays as it is. What is cut short goes on where it stood when it is called again.
    """
    from keywatch.commands.progress import counting
    from keywatch.moving import migrate as move_all

    with workspace(ctx) as ws, ws.lock(work.SEGMENTS):
        done = move_all(ws, to, now=now(), counting=counting)
    if done.segments:
        again = f" ({done.found:,} of them an earlier try had copied)" if done.found else ""
        say(f"{done.events:,} events in {done.segments:,} segments{again} are there, and are the same.")
    if done.rows:
        say(f"{done.rows:,} rows of the state are there, and are the same.")
    say("Now write into [store] of keywatch.toml, and start keywatch again:")
    for line in done.config:
        say(f"  {line}")

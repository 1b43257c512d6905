"""`keywatch store`: what is kept, and how much."""

from pathlib import Path
from typing import Annotated, Final

import typer

from keywatch.commands.shared import AsJson, now, print_json, print_table, say, workspace
from keywatch.process import work

_STATE: Final = ("state_engine", "state_schema", "state_bytes")


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
    """What is kept, how much and of what age, what belongs to nothing, and whether all is well."""
    from dataclasses import asdict

    from keywatch.doctor.examine import STORE, remarks_of
    from keywatch.metrics.disk import free_bytes
    from store.status import status as look

    with workspace(ctx) as ws:
        found, free = look(ws.store, now()), free_bytes(ws)
        health = remarks_of(ws, now(), STORE)
    sources = [{"source": name, **asdict(kept)} for name, kept in found.by_source.items()]
    about = {
        "orphans": found.orphans,
        "unsettled": found.unsettled,
        "free_bytes": free,
        "backed_up": found.backed_up,
    }
    state = {"engine": found.engine, "schema": found.schema, "bytes": found.state_bytes}
    if as_json:
        told = {"by_source": sources, "state": {**state, "rows": found.rows}, "health": [asdict(one) for one in health]}
        print_json({**asdict(found.kept), **about, **told})
        return
    rows = [*sources, {"source": "all", **asdict(found.kept)}] if len(sources) > 1 else sources
    print_table(rows, ("source", *asdict(found.kept)), empty="There are no events.")
    print_table([{**about, **{f"state_{name}": value for name, value in state.items()}}], (*about, *_STATE), empty="")
    counted = [{"table": name, "rows": count} for name, count in found.rows.items() if count]
    print_table(counted, ("table", "rows"), empty="The state is empty.")
    for one in health:
        say(f"{one.level:5} {one.what}" + (f" -> {one.remedy}" if one.remedy else ""))


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
    """Let go what is older than the config's `retention`, and what dead writers left; `keywatch run` does both."""
    from keywatch.noting import note
    from store.retention import prune as let_go
    from store.sweeping import sweep_alone, sweep_shared

    with workspace(ctx) as ws, ws.lock(work.SEGMENTS):
        gone = let_go(ws.store, ws.config.retention.cuts(now()), now=now())
        swept = (sweep_shared if ws.is_shared else sweep_alone)(ws.store, now())
        note(ws, "store pruned", "[retention]", at=now(), gone=str(gone), swept=len(swept))
    say(f"Gone: {gone}." if str(gone) else "Nothing is older than [retention] says.")
    if swept:
        say(f"{len(swept):,} segments that nothing knew were swept.")


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

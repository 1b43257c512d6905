"""`keywatch store`: what is kept, and how much."""

import typer

from keywatch.commands.shared import AsJson, now, print_json, print_table, say, workspace


def add(app: typer.Typer) -> None:
    """Put the group on the command line."""
    group = typer.Typer(help="What is kept, and how much.")
    group.command("status")(status)
    group.command("compact")(compact)
    group.callback()(_group)
    app.add_typer(group, name="store", no_args_is_help=True)


def _group() -> None:
    """What is kept, and how much."""


def status(ctx: typer.Context, *, as_json: AsJson = False) -> None:
    """Segments, events, bytes and the span of time."""
    from store.state import segments

    with workspace(ctx) as ws, ws.store.reading() as tx:
        manifest = segments.overlapping(tx, None)
    row = {
        "segments": len(manifest),
        "sealed": sum(segment.sealed for segment in manifest),
        "events": sum(segment.rows for segment in manifest),
        "bytes": sum(segment.bytes for segment in manifest),
        "first_event": min((segment.min_ts for segment in manifest), default=None),
        "last_event": max((segment.max_ts for segment in manifest), default=None),
    }
    print_json(row) if as_json else print_table([row], tuple(row), empty="")


def compact(ctx: typer.Context) -> None:
    """Merge the small segments of each day into few; `keywatch run` does so by itself."""
    from keywatch.commands.progress import counting
    from store.compaction import compact as merge_all
    from store.state import segments

    with workspace(ctx) as ws, ws.lock():
        with counting("segments") as told:
            done = merge_all(ws.store, now=now(), told=told)
        with ws.store.reading() as tx:
            left = len(segments.overlapping(tx, None))
    say(f"{done:,} segments were merged; {left:,} are left." if done else f"Nothing to merge: {left:,} segments.")

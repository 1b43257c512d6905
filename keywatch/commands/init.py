"""`keywatch init`: a workspace with its config, its pepper and an empty store."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from keywatch.commands.shared import Until, moment, now, say


def add(app: typer.Typer) -> None:
    """Put the command on the command line."""
    app.command("init")(init)


def init(
    folder: Annotated[Path, typer.Argument(readable=False, help="The workspace's folder; made when missing.")] = Path(),
    *,
    demo: Annotated[bool, typer.Option("--demo", help="Fill it with a made-up company's two weeks.")] = False,
    seed: Annotated[int, typer.Option(help="The demo's seed: the same seed and time give the same bytes.")] = 7,
    until: Until = None,
) -> None:
    """Make a workspace: keywatch.toml, a pepper that only you can read, and an empty store."""
    if demo:
        from keywatch.commands.demo import run_demo

        run_demo(folder, seed=seed, at=moment(until, now()))
        return
    from keywatch.new_workspace import make

    made_at = now()
    make(folder)
    _note(folder, made_at)
    say(f"A workspace is ready in {folder.resolve()}.")
    say("Next: keywatch ingest PATH, then keywatch detect and keywatch dashboard.")


def _note(folder: Path, at: datetime) -> None:
    from keywatch.noting import note
    from keywatch.workspace import Workspace

    workspace = Workspace.at(folder / "keywatch.toml")
    try:
        note(workspace, "workspace made", str(folder.resolve()), at=at)
    finally:
        workspace.close()

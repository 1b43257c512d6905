"""`keywatch ingest`: read what is new."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keywatch.commands.shared import AsJson, console, print_json, say, workspace
from model.errors import IngestError, UsageError

if TYPE_CHECKING:
    from keywatch.config import SourceConfig
    from keywatch.ingesting import Ingested, Progress
    from keywatch.workspace import Workspace

_PARTLY = 5


def add(app: typer.Typer) -> None:
    """Put the command on the command line."""
    app.command("ingest")(ingest)


def ingest(
    ctx: typer.Context,
    paths: Annotated[
        list[Path] | None, typer.Argument(readable=False, help="Files, folders or globs; none: the config's.")
    ] = None,
    *,
    source: Annotated[str | None, typer.Option("--source", help="One source of the config, by name.")] = None,
    as_json: AsJson = False,
) -> None:
    """Read what is new in the access logs; reading the same files again adds nothing."""
    from keywatch.ingesting import Ingested, ingest_source
    from model.clock import SystemClock

    done: list[Ingested] = []
    with workspace(ctx) as ws:
        chosen = _sources(ws, source, paths or [])
        with ws.lock(), _bar() as progress:
            for place, mine in chosen:
                try:
                    done.append(ingest_source(ws, place, clock=SystemClock(), paths=mine, progress=progress))
                except IngestError as error:
                    if len(chosen) == 1:
                        raise
                    done.append(Ingested(place.name, errors=[str(error)]))
    if as_json:
        print_json([_record(one) for one in done])
    for one in done:
        _tell(one)
    if any(one.errors for one in done):
        raise typer.Exit(_PARTLY)


def _sources(ws: "Workspace", name: str | None, paths: list[Path]) -> list[tuple["SourceConfig", list[Path] | None]]:
    from keywatch.config import SourceConfig

    known = {one.name: one for one in ws.config.sources}
    if name is not None and name not in known:
        if not paths:
            msg = f"The config has no source {name!r}."
            raise UsageError(msg, hint=f"It has: {', '.join(known) or 'none'}. Add one, or name files to read.")
        return [(SourceConfig(name=name, path=""), paths)]
    if paths:
        return [(known[name] if name else SourceConfig(name="files", path=""), paths)]
    if not known:
        msg = "There is nothing to read: the config has no [[sources]] and no path was given."
        raise UsageError(msg, hint="keywatch ingest /var/log/nginx/access.log")
    return [(one, None) for one in known.values() if name in {None, one.name}]


@contextmanager
def _bar() -> Iterator["Progress | None"]:
    """A progress bar when stderr is a terminal, else nothing."""
    shown = console()
    if not shown.is_terminal:
        yield None
        return
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.fields[name]}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[lines]:,} lines"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=shown, transient=True) as bar:
        task = bar.add_task("ingest", total=1.0, name="reading", lines=0)

        def show(path: Path, share: float, lines: int) -> None:
            bar.update(task, completed=share, name=path.name, lines=lines)

        yield show


def _record(one: "Ingested") -> dict[str, object]:
    names = ("source", "files", "unchanged", "lines", "events", "rejects", "skipped", "formats", "errors")
    return {name: getattr(one, name) for name in names}


def _tell(one: "Ingested") -> None:
    for error in one.errors:
        say(f"keywatch: {error}")
    if not one.lines:
        say(f"{one.source}: no new line" + (f" ({one.unchanged} files unchanged)." if one.unchanged else "."))
        return
    say(
        f"{one.source}: {one.lines:,} lines from {one.files} files as {', '.join(sorted(one.formats))}:"
        f" {one.events:,} events, {one.rejects:,} rejects, {one.skipped:,} blank.",
    )
    if not one.reads_keys:
        say(
            "No field of these lines holds an API key, so usage and detection go by address. If one does, name it in"
            ' the source: key = { field = "…", kind = "secret" }.',
        )

"""`keywatch ingest`: read what is new."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keywatch.commands.progress import bar
from keywatch.commands.shared import AsJson, moment, now, print_json, say, workspace
from model.errors import IngestError, UsageError

if TYPE_CHECKING:
    from keywatch.collecting.ingesting import Ingested
    from keywatch.config.root import SourceConfig
    from keywatch.workspace import Workspace
    from model.window import Window

_PARTLY = 5
_INTERRUPTED = 130
_AHEAD = timedelta(minutes=10)
"""Clocks differ by less."""
_KEYLESS = "No field of these lines holds an API key, so usage and detection go by address."
_REFUSED = (
    "API keys stand in URLs or cookies of these lines only; none was accepted and the inventory has none of them, so"
    " they count as unknown ones of a network."
)


def add(app: typer.Typer) -> None:
    """Put the command on the command line."""
    app.command("ingest")(ingest)


def ingest(
    ctx: typer.Context,
    paths: Annotated[
        list[str] | None,
        typer.Argument(help="Files, folders or globs; `-` is standard input; none: the config's."),
    ] = None,
    *,
    source: Annotated[str | None, typer.Option("--source", help="One source of the config, by name.")] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="T", help="Backfill: events from then on (ISO 8601, or 7d).")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="T", help="Backfill: events before then (ISO 8601, or 2d).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Read what is new in the access logs; reading the same files again adds nothing.

    With --since or --until only the events of that time are read; run it again to go on where it was stopped. What
    ordinary runs have read, and will read, is not changed by it.
    """
    with workspace(ctx) as ws:
        window = _window(since, until)
        chosen = _sources(ws, source, _paths(paths or []))
        if any(place.path == "-" for place, _ in chosen):
            done = [_from_pipe(ws, chosen[0][0], window)]
        else:
            done = _from_places(ws, chosen, window)
    if as_json:
        print_json([_record(one) for one in done])
    for one in done:
        _tell(one)
    if any(one.errors for one in done):
        raise typer.Exit(_PARTLY)


def _paths(given: list[str]) -> list[Path]:
    """Raises UsageError for an empty one, which would be the working folder: nobody means that."""
    if "" in given:
        msg = "One of the paths is empty."
        raise UsageError(msg, hint="Is a variable of the shell not set? Name the working folder as a dot.")
    return [Path(one) for one in given]


def _from_pipe(ws: "Workspace", source: "SourceConfig", window: "Window | None") -> "Ingested":
    from keywatch.collecting.streaming import ingest_stdin
    from model.clock import SystemClock

    with bar() as progress:
        return ingest_stdin(ws, source, clock=SystemClock(), window=window, progress=progress)


def _from_places(
    ws: "Workspace", chosen: list[tuple["SourceConfig", list[Path] | None]], window: "Window | None"
) -> list["Ingested"]:
    from keywatch.collecting.ingesting import Ingested, ingest_source
    from keywatch.process.work import ingest_of
    from model.clock import SystemClock

    done: list[Ingested] = []
    with bar() as progress:
        for place, mine in chosen:
            try:
                with ws.lock(ingest_of(place.name)):
                    done.append(
                        ingest_source(ws, place, clock=SystemClock(), paths=mine, window=window, progress=progress)
                    )
            except IngestError as error:
                if len(chosen) == 1:
                    raise
                done.append(Ingested(place.name, errors=[str(error)]))
            except KeyboardInterrupt:
                say("Stopped. What was stored counts; the same command goes on from there.")
                raise typer.Exit(_INTERRUPTED) from None
    return done


def _window(since: str | None, until: str | None) -> "Window | None":
    from datetime import UTC, datetime

    from model.window import Window

    if since is None and until is None:
        return None
    end = now()
    return Window(since=moment(since, end) if since else datetime(1970, 1, 1, tzinfo=UTC), until=moment(until, end))


def _sources(ws: "Workspace", name: str | None, paths: list[Path]) -> list[tuple["SourceConfig", list[Path] | None]]:
    from keywatch.config.root import SourceConfig

    known = {one.name: one for one in ws.config.sources}
    if Path("-") in paths:
        if len(paths) > 1:
            msg = "Standard input is read alone."
            raise UsageError(msg, hint="Name the files in a run of their own.")
        at = known.get(name or "", SourceConfig(name=name or "stdin", path="-"))
        return [(at.model_copy(update={"path": "-"}), None)]
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
    return [(one, None) for one in known.values() if name == one.name or (name is None and one.path != "-")]


def _record(one: "Ingested") -> dict[str, object]:
    counts = ("files", "unchanged", "lines", "events", "rejects", "skipped", "duplicates", "outside")
    names = ("source", *counts, "formats", "errors")
    return {name: getattr(one, name) for name in names}


def _tell(one: "Ingested") -> None:
    for error in one.errors:
        say(f"keywatch: {error}" if one.source in error else f"keywatch: {one.source}: {error}")
    left = f" {one.outside:,} events are not of that time, or were stored before." if one.outside else ""
    if not one.lines:
        say(f"{one.source}: no new line" + (f" ({one.unchanged} files unchanged)." if one.unchanged else ".") + left)
        return
    as_ = f" as {', '.join(sorted(one.formats))}" if one.formats else ""
    say(
        f"{one.source}: {one.lines:,} lines from {one.files} files{as_}:"
        f" {one.events:,} events, {one.rejects:,} rejects, {one.skipped:,} blank." + left,
    )
    if one.rejects and one.rejects == one.lines - one.skipped:
        say("Not one line is an event. `keywatch formats test FILE` says why of each.")
    if one.latest is not None and (ahead := one.latest - now()) > _AHEAD:
        say(
            f"The latest event is of {one.latest:%Y-%m-%d %H:%M:%S} UTC, {_hours(ahead)} ahead of this machine's clock."
            " Check the clock of the server that wrote it, and whether its log names its time zone.",
        )
    if one.events and not one.reads_keys:
        say(
            (_REFUSED if one.held_keys else _KEYLESS) + " If a field holds them, name it in the source:"
            ' key = { field = "…", kind = "secret" }.',
        )


def _hours(length: timedelta) -> str:
    hours = length / timedelta(hours=1)
    return f"{hours:.1f} hours" if hours >= 1 else f"{length / timedelta(minutes=1):.0f} minutes"

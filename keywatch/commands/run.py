"""`keywatch run`: ingest, detect and deliver, again and again."""

import signal
import threading
from typing import TYPE_CHECKING, Annotated

import typer

from keywatch.commands.shared import now, say, workspace

if TYPE_CHECKING:
    from keywatch.cycle import Cycle

_PARTLY = 5


def add(app: typer.Typer) -> None:
    """Put the command on the command line."""
    app.command("run")(run)


def run(
    ctx: typer.Context,
    *,
    once: Annotated[bool, typer.Option("--once", help="One round, then end.")] = False,
    interval: Annotated[str, typer.Option("--interval", help="From the start of a round to the next.")] = "30s",
) -> None:
    """Ingest, detect and deliver until SIGTERM or Ctrl-C; a round that has begun is finished."""
    from keywatch import cycle
    from model.clock import SystemClock
    from model.window import parse_duration

    seconds = parse_duration(interval).total_seconds()
    clock = SystemClock()
    with workspace(ctx) as ws:
        if once:
            done = cycle.run_once(ws, clock)
            _tell(done)
            if done.errors:
                raise typer.Exit(_PARTLY)
            return
        stop = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        cycle.run(ws, clock, interval=seconds, stop=stop, tell=_tell)


def _tell(done: "Cycle") -> None:
    for error in done.errors:
        say(f"keywatch: {error}")
    say(f"{now():%H:%M:%S} {done.line()}")

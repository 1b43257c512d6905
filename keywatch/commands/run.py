"""`keywatch run`: ingest, detect and deliver, again and again."""

import os
import signal
import threading
from typing import Annotated

import typer

from keywatch.commands.shared import PARTLY, workspace
from keywatch.commands.telling import Log, LogFormat
from keywatch.running.roles import EVERY_ROLE, Role

_DRAIN = 9.0
"""Seconds from SIGTERM to the end of a process that is still at something: none of it is lost, and a supervisor kills
after ten."""


def add(app: typer.Typer) -> None:
    """Put the command on the command line."""
    app.command("run")(run)


def run(
    ctx: typer.Context,
    *,
    once: Annotated[bool, typer.Option("--once", help="One round, then end.")] = False,
    interval: Annotated[str, typer.Option("--interval", help="From the start of a round to the next.")] = "30s",
    only: Annotated[
        list[Role] | None, typer.Option("--only", help="Do this alone; can be repeated. Left out: everything.")
    ] = None,
    log_format: Annotated[
        LogFormat, typer.Option("--log-format", help="Lines for people, or JSON for a log store.")
    ] = LogFormat.TEXT,
) -> None:
    """Ingest, detect and deliver until SIGTERM or Ctrl-C, which ends it within ten seconds; nothing is lost.

    With the state on PostgreSQL, any number of these may run, on any number of machines: they share the work. A
    database that is away at the start is waited for.
    """
    from keywatch.commands.awaiting import await_store
    from keywatch.metrics.probes import answering
    from keywatch.metrics.pulse import Pulse
    from keywatch.running import cycle
    from model.clock import SystemClock
    from model.window import parse_duration

    seconds = parse_duration(interval).total_seconds()
    clock, roles = SystemClock(), frozenset(only or EVERY_ROLE)
    with workspace(ctx) as ws:
        log = Log(log_format, ws.config.secrets.prefixes)
        if once:
            done = cycle.run_once(ws, clock, roles)
            log.turn(done)
            if done.errors:
                raise typer.Exit(PARTLY)
            return
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, _: _stop(stop, number))
        pulse = Pulse(clock, seconds)
        with answering(ws, clock, pulse):
            await_store(ws, log.error, pulse.beat)
            cycle.run(ws, clock, interval=seconds, stop=stop, tell=log.turn, roles=roles, pulse=pulse)


def _stop(stop: threading.Event, number: int) -> None:
    """The first signal drains, the second ends it now."""
    if stop.is_set():
        os._exit(128 + number)
    stop.set()
    last = threading.Timer(_DRAIN, os._exit, (0,))
    last.daemon = True
    last.start()

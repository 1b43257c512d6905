"""`keywatch dashboard`: serve it on this machine."""

import json
import signal
import sys
from typing import Annotated

import typer

from keywatch.commands.shared import config_path, now, say


def add(app: typer.Typer) -> None:
    """Put the command on the command line."""
    app.command("dashboard")(dashboard)


def dashboard(
    ctx: typer.Context,
    *,
    address: Annotated[str | None, typer.Option(help="The address to listen on; the config's by default.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="The port; the config's by default.")] = None,
    headless: Annotated[bool, typer.Option("--headless", help="Open no browser.")] = False,
) -> None:
    """Serve the dashboard until Ctrl-C.

    On 127.0.0.1 nobody has to log in; on any other address it starts only with a login: see dashboard.login in
    docs/config.md. A database that is away at the start is waited for.
    """
    from dashboard.environment import OBJECTS, environment
    from dashboard.server.serve import check, serve
    from keywatch.alerting.addressing import longest_silence
    from keywatch.commands.awaiting import await_store
    from keywatch.listening import listening
    from keywatch.noting import note
    from keywatch.serving.handing import handed
    from keywatch.workspace import Workspace
    from store.events.places import is_url

    workspace = Workspace.at(config_path(ctx))
    where = listening(workspace, address=address, port=port, headless=headless)
    check(where)  # refuses before anything is promised
    await_store(workspace, lambda text: say(f"keywatch: {text}"))
    services = handed(workspace, config_path(ctx).resolve())
    given = environment(
        state_url=workspace.state_url,
        events=workspace.events.scratch,
        longest_silence=longest_silence(workspace),
        audit_key=workspace.audit_key,
    )
    url, options = workspace.events_behind(workspace.config.store.events)
    if is_url(url):
        given[OBJECTS] = json.dumps({"url": url, "options": options})
    note(workspace, "dashboard began", f"{where.address}:{where.port}", at=now())
    here = f"http://{where.address}:{where.port}"
    say(f"The dashboard is at {here if where.provider is None else where.link} until Ctrl-C.")
    # Streamlit's server drains, and raises the signal again when it is done.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        serve(where, services, given)
    finally:
        workspace.close()

"""`keywatch dashboard`: serve it on this machine."""

import json
import os
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
    port: Annotated[int | None, typer.Option(help="The port; the config's by default.")] = None,
    headless: Annotated[bool, typer.Option("--headless", help="Open no browser.")] = False,
) -> None:
    """Serve the dashboard until Ctrl-C."""
    from dashboard.serve import OBJECTS, command, serve
    from keywatch.addressing import longest_silence
    from keywatch.noting import note
    from keywatch.workspace import Workspace
    from store.events.places import is_url

    workspace = Workspace.at(config_path(ctx))
    state, events = workspace.state_url, workspace.events.scratch
    if is_url(workspace.events_url):
        os.environ[OBJECTS] = json.dumps({"url": workspace.events_url, "options": workspace.options})
    shown, longest, key = workspace.config.dashboard, longest_silence(workspace), workspace.audit_key
    listens = f"{address or shown.address}:{port or shown.port}"
    command(address=address or shown.address, port=port or shown.port)  # refuses before anything is promised
    note(workspace, "dashboard began", listens, at=now())  # and the schema is up to date before anybody looks
    workspace.close()
    say(f"The dashboard is at http://{address or shown.address}:{port or shown.port} until Ctrl-C.")
    serve(
        config=config_path(ctx),
        state_url=state,
        events=events,
        longest_silence=longest,
        audit_key=key,
        address=address or shown.address,
        port=port or shown.port,
        headless=headless,
    )

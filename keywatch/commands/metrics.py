"""`keywatch metrics`: what Prometheus should know, in its text format."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from keywatch.commands.shared import now, say, workspace
from model.errors import UsageError


def add(app: typer.Typer) -> None:
    """Put the command on the command line."""
    app.command("metrics")(metrics)


def metrics(
    ctx: typer.Context,
    *,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write it there in one step: node_exporter's textfile."),
    ] = None,
) -> None:
    """Print metrics in Prometheus' text format; the list is in docs/operations.md."""
    from keywatch.metrics.disk import disk_metrics
    from keywatch.metrics.state import metrics as text_of

    with workspace(ctx) as ws, ws.store.reading() as tx:
        text = text_of(tx, now(), disk_metrics(ws))
    if output is None:
        sys.stdout.write(text)
        return
    new = output.with_name(f".{output.name}.{os.getpid()}")
    try:
        new.write_text(text, encoding="utf-8")
        new.chmod(0o644)  # the exporter is another user; nothing in it is a secret
        new.replace(output)
    except OSError as error:
        new.unlink(missing_ok=True)
        msg = f"{output} cannot be written: {error.strerror or error}."
        raise UsageError(msg, hint="Name a file in a folder that this user may write to.") from None
    say(f"Written to {output}.")

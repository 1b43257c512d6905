"""The command line: `keywatch`, or `python -m keywatch`."""

import os
import sys
from typing import Annotated

import typer

from keywatch.commands import (
    alerts,
    audit,
    backtest,
    check,
    dashboard,
    detect,
    doctor,
    formats,
    ingest,
    init,
    keys,
    metrics,
    privacy,
    report,
    run,
    silences,
    store,
    usage,
)
from keywatch.process.refusals import NO_MEMORY, no_memory
from model.errors import KeywatchError

app = typer.Typer(
    name="keywatch",
    help="Watch how API keys are used: access logs in, findings, alerts, a dashboard and audit reports out.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(value: bool) -> None:  # noqa: FBT001 (Typer's callback)
    if value:
        from keywatch.version import installed_version

        typer.echo(f"keywatch {installed_version()}")
        raise typer.Exit


@app.callback()
def root(
    ctx: typer.Context,
    config: Annotated[
        str,
        typer.Option("--config", "-c", metavar="FILE", envvar="KEYWATCH_CONFIG", help="The config file."),
    ] = "keywatch.toml",
    *,
    version: Annotated[  # noqa: ARG001 (Typer's callback reads it)
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Watch how API keys are used."""
    ctx.obj = config


for module in (
    init,
    check,
    ingest,
    formats,
    keys,
    usage,
    detect,
    doctor,
    backtest,
    alerts,
    silences,
    report,
    audit,
    privacy,
    run,
    dashboard,
    store,
    metrics,
):
    module.add(app)


def main() -> None:
    """Run; an error of ours is printed in a sentence and ends with its exit code."""
    code = _run()
    sys.stdout.flush()
    sys.stderr.flush()
    if "duckdb" in sys.modules:
        # DuckDB 2.0's binding prints pages of leak warnings while Python tears modules down, although every connection
        # is closed; nothing of ours is left to do at exit.
        os._exit(code)
    raise SystemExit(code)


def _run() -> int:
    try:
        app()
    except KeywatchError as error:
        sys.stderr.write(f"keywatch: {error}\n")
        return error.exit_code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except Exception as error:
        if not no_memory(error):
            raise
        sys.stderr.write(f"keywatch: {NO_MEMORY}\n")
        return 1
    return 0


if __name__ == "__main__":
    main()

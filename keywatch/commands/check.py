"""`keywatch config`: check it, show it."""

import typer

from keywatch.commands.shared import config_path, print_json, say


def add(app: typer.Typer) -> None:
    """Put the group on the command line."""
    group = typer.Typer(help="The config: check it, show what is in force.")
    group.command("check")(check)
    group.command("show")(show)
    app.add_typer(group, name="config", no_args_is_help=True)


def check(ctx: typer.Context) -> None:
    """Read the config, its references and its detectors' settings; say what is wrong."""
    from keywatch.checking import check_config

    for sentence in check_config(config_path(ctx)):
        say(sentence)


def show(ctx: typer.Context) -> None:
    """The config in force, as JSON; what is secret is masked."""
    from keywatch.checking import shown_config

    print_json(shown_config(config_path(ctx)))

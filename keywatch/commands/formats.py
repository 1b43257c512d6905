"""`keywatch formats`: which there are, and what one makes of a file. Needs no workspace."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keywatch.commands.shared import AsJson, print_json, print_table, say

if TYPE_CHECKING:
    from keywatch.collecting.trying import Tried

_SHOWN = 3
_COLUMNS = ("line", "ts", "outcome", "method", "route", "status", "ip", "key_hint", "client")
_PRINTED = ("format", "confidence", "events", "rejects", "skipped")

File = Annotated[Path, typer.Argument(readable=False, help="A log file, packed or not; - is standard input.")]
Name = Annotated[str, typer.Option("--format", help="A format's name, or auto.")]
LogFormat = Annotated[str | None, typer.Option("--log-format", help="A pasted nginx log_format or Apache LogFormat.")]
Pattern = Annotated[str | None, typer.Option("--pattern", help="A regular expression (RE2) with named groups.")]
Key = Annotated[
    list[str] | None,
    typer.Option(
        "--key",
        metavar="PLACE",
        help="Where the key stands: header:NAME, query:NAME, cookie:NAME, field:NAME, path:/…{key}…; with id: before"
        " it when the log holds an id. Can be repeated.",
    ),
]


def add(app: typer.Typer) -> None:
    """Put the group on the command line."""
    group = typer.Typer(help="What log formats there are, and what one makes of a file.", no_args_is_help=True)
    group.command("list")(list_)
    group.command("detect")(detect)
    group.command("test")(try_)
    app.add_typer(group, name="formats")


def list_(*, as_json: AsJson = False) -> None:
    """The formats by name."""
    from ingest.formats.registry import FORMATS

    rows = [{"format": fmt.name, "title": fmt.title} for fmt in FORMATS.values()]
    print_json(rows) if as_json else print_table(rows, ("format", "title"), empty="There are no formats.")


def detect(
    file: File,
    *,
    log_format: LogFormat = None,
    pattern: Pattern = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """The format of a file and the wrappers around it, with its confidence and three parsed events."""
    tried = _try(file, "auto", log_format, pattern, key)
    tried.events = tried.events[:_SHOWN]
    if as_json:
        print_json({"detected": tried.name} | _printed(tried))
        return
    _say_what(file, tried)
    print_table(tried.events, _COLUMNS, empty="It holds no event.")


def try_(
    file: File,
    *,
    fmt: Name = "auto",
    log_format: LogFormat = None,
    pattern: Pattern = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """The events and rejects that a format makes of a file."""
    tried = _try(file, fmt, log_format, pattern, key)
    if as_json:
        print_json(_printed(tried))
        return
    _say_what(file, tried)
    print_table(tried.events, _COLUMNS, empty="It holds no event.")
    print_table(tried.rejects, ("line", "reason"), empty="No line was rejected.")


def _try(file: Path, name: str, log_format: str | None, pattern: str | None, keys: list[str] | None) -> "Tried":
    from ingest.formats.interface import Options
    from keywatch.collecting.trying import key_place, try_file

    places = tuple(key_place(text) for text in keys or ())
    tried = try_file(file, name, Options(keys=places, log_format=log_format, pattern=pattern))
    for remark in tried.remarks:
        say(remark)
    return tried


def _printed(tried: "Tried") -> dict[str, object]:
    return {name: getattr(tried, name) for name in _PRINTED}


def _say_what(file: Path, tried: "Tried") -> None:
    say(f"{file}: {tried.name}, confidence {tried.confidence}" if tried.format else f"{file}: it holds no line")

"""`keywatch formats`: which there are, and what one makes of a file. Needs no workspace."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keywatch.commands.shared import AsJson, print_json, print_table, say
from model.errors import IngestError

if TYPE_CHECKING:
    from ingest.formats.interface import Format, Options

_SHOWN = 3
_LARGEST = 64 << 20
"""Bytes of a file that are tried; of a longer one, the whole lines in them."""
_COLUMNS = ("line", "ts", "outcome", "method", "route", "status", "ip", "key_hint", "client")


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
    file: Annotated[Path, typer.Argument(readable=False, help="A log file.")], *, as_json: AsJson = False
) -> None:
    """The format of a file, with its confidence and three parsed events."""
    result = _try(file, "auto", None, limit=_SHOWN)
    if as_json:
        print_json(result)
        return
    say(f"{file}: {result['format']}, confidence {result['confidence']}")
    print_table(result["events"], _COLUMNS, empty="It holds no event.")  # type: ignore[arg-type]


def try_(
    file: Annotated[Path, typer.Argument(readable=False, help="A log file.")],
    *,
    fmt: Annotated[str, typer.Option("--format", help="A format's name, or auto.")] = "auto",
    log_format: Annotated[str | None, typer.Option("--log-format", help="A pasted nginx log_format.")] = None,
    as_json: AsJson = False,
) -> None:
    """The events and rejects that a format makes of a file."""
    result = _try(file, fmt, log_format, limit=None)
    if as_json:
        print_json(result)
        return
    say(f"{file}: {result['format']}, confidence {result['confidence']}")
    print_table(result["events"], _COLUMNS, empty="It holds no event.")  # type: ignore[arg-type]
    print_table(result["rejects"], ("line", "reason"), empty="No line was rejected.")  # type: ignore[arg-type]


def _try(file: Path, name: str, log_format: str | None, *, limit: int | None) -> dict[str, object]:
    from ingest import lines
    from ingest.fingerprint import Pepper
    from ingest.formats.interface import Options
    from ingest.framing.choose import records_of
    from ingest.parse import Parser
    from ingest.sources.content import Content

    options = Options(log_format=log_format)
    with Content(file) as content:
        block = content.read(_LARGEST)
        broken = content.broken
    if len(block) == _LARGEST:
        block = block[: block.rfind(b"\n") + 1]
    records = records_of(block)
    sample = lines.sample(records.data)
    if not sample:
        if broken:
            msg = f"{file} holds no whole line: {broken}."
            raise IngestError(msg, hint="Its compressed data ends in the middle; try it again when it is whole.")
        return {"format": None, "confidence": 0.0, "events": [], "rejects": [], "skipped": []}
    chosen, confidence = _choose(name, sample, options, file)
    # Nothing is kept, so any pepper does: the references only tell which lines share a key.
    parser = Parser(pepper=Pepper(b"formats test"))
    try:
        parser.parse(records, chosen.plan(sample, options), source=file.name, request_id=True)
        rows = parser.rows()
        skipped = parser.skipped()
        rejected = parser.duck.execute("SELECT n, reason FROM raw WHERE reason IS NOT NULL ORDER BY n").fetchall()
    finally:
        parser.close()
    return {
        "format": chosen.name,
        "confidence": confidence,
        "events": [{"line": row["line"]} | row for row in (rows if limit is None else rows[:limit])],
        "rejects": [{"line": n, "reason": reason} for n, reason in rejected],
        "skipped": [{"line": n, "class": kind} for n, kind in skipped],
    }


def _choose(name: str, sample: list[str], options: "Options", file: Path) -> tuple["Format", float]:
    from ingest.formats.registry import named, recognise

    if options.log_format is None and name != "auto":
        fmt = named(name)
        return fmt, round(fmt.confidence(sample, options), 3)
    fmt, confidence = recognise(sample, options, where=str(file))
    return fmt, round(confidence, 3)

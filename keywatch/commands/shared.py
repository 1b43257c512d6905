"""What the commands share: the workspace behind --config, the clock, and how rows are printed."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from keywatch.workspace import Workspace

_LABELS = {"successes": "ok", "unauthorized": "401", "forbidden": "403", "throttled": "429"}
"""What a table calls a column whose name would make it wide."""

PARTLY = 5
"""The exit code of what was done in part."""

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]
Until = Annotated[str | None, typer.Option("--until", metavar="T", help="The moment taken as now (ISO 8601, or 2d).")]
Since = Annotated[str | None, typer.Option("--since", metavar="T", help="From when (ISO 8601, or 7d).")]


def config_path(ctx: typer.Context) -> Path:
    """The file that --config names."""
    return Path(ctx.obj or "keywatch.toml")


@contextmanager
def workspace(ctx: typer.Context) -> Iterator["Workspace"]:
    """The workspace of --config, closed at the end."""
    from keywatch.workspace import Workspace

    opened = Workspace.at(config_path(ctx))
    try:
        yield opened
    finally:
        opened.close()


def moment(text: str | None, default: datetime) -> datetime:
    """A moment of the command line. Raises UsageError."""
    from model.window import parse_moment

    return default if text is None else parse_moment(text, now=default)


def now() -> datetime:
    """The machine's clock; the one place where the command line asks it."""
    from model.clock import SystemClock

    return SystemClock().now()


def console() -> "Console":
    """Where people are told things: stderr, so that stdout holds data only."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """A line on stderr, never read as markup."""
    console().print(text, markup=False)


def records(frame: "pd.DataFrame") -> list[dict[str, Any]]:
    """The rows of a frame; None where nothing is known."""
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]


def print_json(data: object) -> None:
    """JSON on stdout; times are ISO 8601 in UTC."""
    sys.stdout.write(json.dumps(plain_json(data), indent=2, ensure_ascii=False) + "\n")


def print_lines(lines: Iterable[str]) -> None:
    """Lines on stdout; what is not printable in them is made visible."""
    from model.plain import plain

    sys.stdout.writelines(f"{plain(line)}\n" for line in lines)


def print_table(rows: Sequence[dict[str, Any]], columns: Sequence[str], *, empty: str) -> None:
    """Rows as a table on stdout, or the sentence that there are none on stderr."""
    if not rows:
        say(empty)
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        numbers = all(isinstance(v := row.get(column), (int, float)) and not isinstance(v, bool) for row in rows)
        short = numbers or all(isinstance(row.get(column), datetime | None) for row in rows)
        label = _LABELS.get(column, column.replace("_", " "))
        table.add_column(label, justify="right" if numbers else "left", overflow="fold", no_wrap=short)
    for row in rows:
        table.add_row(*(Text(_cell(row.get(column))) for column in columns))
    wide = None if sys.stdout.isatty() else 200
    Console(width=wide, highlight=False).print(table)


def _cell(value: object) -> str:
    from model.plain import plain

    if value is None or value != value:  # noqa: PLR0124 (NaN and NaT differ from themselves)
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%MZ}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return plain(f"{value:,}" if isinstance(value, int) else str(value))


def plain_json(value: object) -> object:
    """The same as JSON has it."""
    match value:
        case dict():
            return {str(name): plain_json(inner) for name, inner in value.items()}
        case list() | tuple() | set():
            return [plain_json(inner) for inner in value]
        case datetime() if value == value:  # noqa: PLR0124 (NaT differs from itself)
            return value.isoformat().replace("+00:00", "Z")
        case _:
            return _scalar(value)


def _scalar(value: object) -> object:
    if isinstance(value, Enum):
        return str(value)
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if value != value:  # noqa: PLR0124 (NaN and NaT differ from themselves)
        return None
    if isinstance(value, float):
        return value
    return value.item() if hasattr(value, "item") else str(value)

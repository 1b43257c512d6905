"""`keywatch usage`: requests by key, hour, route, address, outcome or client."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from keywatch.commands.shared import AsJson, Since, Until, moment, now, print_json, print_table, workspace
from model.errors import UsageError

if TYPE_CHECKING:
    from keywatch.workspace import Workspace
    from store.handle import Transaction

_COUNTS = ("requests", "successes", "unauthorized", "forbidden", "throttled", "errors", "bytes_out")


def add(app: typer.Typer) -> None:
    """Put the command on the command line."""
    app.command("usage")(usage)


def usage(
    ctx: typer.Context,
    *,
    key: Annotated[str | None, typer.Option("--key", help="A key's id, name or key_ref.")] = None,
    since: Since = None,
    until: Until = None,
    by: Annotated[str, typer.Option("--by", help="key, hour, day, route, ip, network, status, client or host.")] = "",
    limit: Annotated[int, typer.Option(min=0, help="At most so many rows; 0 for all.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Who used what, how often, and what became of it."""
    from model.window import Window
    from store.queries.breakdown import By, usage_rows

    group = by or ("hour" if key else "key")
    if group not in get_args(By):
        msg = f"--by {group} is not known."
        raise UsageError(msg, hint=f"It takes: {', '.join(get_args(By))}.")
    with workspace(ctx) as ws:
        end = moment(until, now())
        with ws.store.reading() as tx:
            refs = refs_of(tx, key) if key else None
            names = _names(tx) if group == "key" else {}
        window = Window(since=moment_since(ws, since, end), until=end)
        with ws.store.reader(window) as reader:
            rows = usage_rows(reader, window, by=group, key_refs=refs, limit=limit or None)  # type: ignore[arg-type]
    if group == "key":
        rows = [row | names.get(row["key"], {"key_id": row["key"], "key_name": None}) for row in rows]
    if as_json:
        print_json(rows)
        return
    shown = [row | {"key": _called(row)} for row in rows] if group == "key" else rows
    print_table(shown, [group, *_COUNTS], empty="No request in that time.")


def _called(row: dict[str, Any]) -> str:
    """What a table calls a key: its name, its reference, or that there was none."""
    return str(row["key_name"] or row["key"] or "(no credential)")


def refs_of(tx: "Transaction", key: str) -> list[str]:
    """The references of a key named by id, name or reference. Raises UsageError for an unknown one."""
    from store.state.inventory import refs_called

    found = refs_called(tx, key)
    if found:
        return found
    msg = f"No key is called {key!r}, and no event carries it."
    raise UsageError(msg, hint="keywatch keys list, or keywatch usage --by key")


def moment_since(ws: "Workspace", since: str | None, end: datetime) -> datetime:
    """The start of a window: as said, or the first event's hour."""
    from store.state import segments

    if since is not None:
        return moment(since, end)
    with ws.store.reading() as tx:
        span = segments.span(tx)
    first = span.since if span else end - timedelta(days=1)
    return min(first.astimezone(UTC).replace(minute=0, second=0, microsecond=0), end)


def _names(tx: "Transaction") -> dict[str, dict[str, Any]]:
    from store.state.inventory import key_names

    return {ref: {"key_id": key_id, "key_name": name} for ref, (key_id, name) in key_names(tx).items()}

"""`keywatch keys ignore`: exceptions of keys from rules."""

from typing import Annotated

import typer

from keywatch.commands.shared import AsJson, now, print_json, print_table, say, workspace

_LISTED = ("id", "state", "about", "rules", "until", "approver", "reason")


def add(group: typer.Typer) -> None:
    """Put the commands into the group `keys`."""
    group.command("ignore")(ignore)
    group.command("exceptions")(exceptions)
    group.command("unignore")(unignore)


def ignore(
    ctx: typer.Context,
    key: Annotated[str | None, typer.Argument(help="A key's id or name.")] = None,
    *,
    label: Annotated[str | None, typer.Option("--label", help="Keys with this label instead: tier=gold.")] = None,
    rule: Annotated[
        list[str] | None,
        typer.Option("--rule", help="A detector (* allowed), can be repeated; left out: all but those of dead keys."),
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why.")],
    approver: Annotated[str, typer.Option("--approver", help="Who approved it.")],
    until: Annotated[str, typer.Option("--until", help="Up to when: 90d, or 2026-12-31; at most a year.")],
    control: Annotated[
        str | None, typer.Option("--control", help="The compensating control: what protects the key meanwhile.")
    ] = None,
) -> None:
    """Excuse a key, or the keys with a label, from rules. What is found is kept and counted, and told to nobody."""
    from keywatch.alerting.triage import until_of
    from keywatch.inventory.excusing import excuse

    at = now()
    with workspace(ctx) as ws:
        made = excuse(
            ws,
            key=key,
            label=label,
            rules=rule or (),
            reason=reason,
            approver=approver,
            until=until_of(until, at),
            at=at,
            control=control,
        )
    say(f"Exception {made.id} holds until {made.until:%Y-%m-%d %H:%M} UTC; then it becomes a finding.")


def exceptions(ctx: typer.Context, *, as_json: AsJson = False) -> None:
    """All exceptions, the newest first; those that are over too."""
    from store.state.exceptions import list_exceptions

    at = now()
    with workspace(ctx) as ws, ws.store.reading() as tx:
        found = list_exceptions(tx)
    rows = [
        {
            "id": one.id,
            "state": "holds" if one.holds(at) else "ended" if one.ended_at else "expired",
            "about": f"key {one.key_id}" if one.key_id else f"label {one.label}",
            "key_id": one.key_id,
            "label": one.label,
            "rules": list(one.rules),
            "reason": one.reason,
            "control": one.control,
            "approver": one.approver,
            "author": one.author,
            "since": one.since,
            "until": one.until,
            "ended_at": one.ended_at,
            "ended_by": one.ended_by,
        }
        for one in found
    ]
    if as_json:
        print_json(rows)
    else:
        told = [row | {"rules": ", ".join(one.rules) or "all"} for row, one in zip(rows, found, strict=True)]
        print_table(told, _LISTED, empty="No exception.")


def unignore(ctx: typer.Context, number: Annotated[int, typer.Argument(help="An exception's number.")]) -> None:
    """End an exception now; also one that has run out, so that it is no finding any more."""
    from keywatch.inventory.excusing import end

    with workspace(ctx) as ws:
        end(ws, number, now())
    say(f"Exception {number} is over.")

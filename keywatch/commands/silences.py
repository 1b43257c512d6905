"""`keywatch silences`: what is muted, until when, by whom and why."""

from typing import Annotated, Any

import typer

from keywatch.commands.shared import AsJson, now, print_json, print_table, say, workspace
from model.errors import UsageError

_LISTED = ("id", "active", "mutes", "until", "author", "reason")
_SEVERAL = ("detector", "owner", "team", "environment", "key", "source", "ip")


def add(app: typer.Typer) -> None:
    """Put the group on the command line."""
    group = typer.Typer(help="Silences: what is muted, until when, by whom and why.")
    group.command("add")(silence)
    group.command("list")(list_)
    group.command("expire")(expire)
    app.add_typer(group, name="silences", no_args_is_help=True)


def silence(
    ctx: typer.Context,
    *,
    until: Annotated[str, typer.Option("--until", metavar="T", help="2h, or a moment.")],
    reason: Annotated[str, typer.Option(help="Why; it stands in the list and in the audit log.")],
    severity: Annotated[str | None, typer.Option(help="At or above.")] = None,
    detector: Annotated[list[str] | None, typer.Option(help="One of these.")] = None,
    owner: Annotated[list[str] | None, typer.Option(help="One of these.")] = None,
    team: Annotated[list[str] | None, typer.Option(help="One of these.")] = None,
    environment: Annotated[list[str] | None, typer.Option(help="One of these.")] = None,
    key: Annotated[list[str] | None, typer.Option(help="Name or id, with * for anything.")] = None,
    source: Annotated[list[str] | None, typer.Option(help="One of these.")] = None,
    ip: Annotated[list[str] | None, typer.Option(help="An address or a block.")] = None,
    label: Annotated[list[str] | None, typer.Option(help="name=value")] = None,
) -> None:
    """Mute what matches all that is given; at least one thing must be."""
    from alerts import acts
    from keywatch.alerting.addressing import longest_silence
    from keywatch.alerting.triage import until_of
    from model.actor import actor

    given = (detector, owner, team, environment, key, source, ip)
    when: dict[str, Any] = {name: values for name, values in zip(_SEVERAL, given, strict=True) if values}
    when |= {"severity": severity} if severity else {}
    when |= {"labels": dict(_pair(text) for text in label)} if label else {}
    if not when:
        msg = "A silence of everything would hide everything."
        raise UsageError(msg, hint="Say what it mutes: --key, --detector, --owner, …")
    at = now()
    with workspace(ctx) as ws:
        longest = longest_silence(ws)
        with ws.store.transaction() as tx:
            made = acts.silence(tx, when, until=until_of(until, at), reason=reason, by=actor(), at=at, longest=longest)
    say(f"Silence {made.id} mutes until {made.until:%Y-%m-%d %H:%M} UTC.")


def list_(ctx: typer.Context, *, as_json: AsJson = False) -> None:
    """The silences, the newest first; those that are over too."""
    from keywatch.alerting.triage import words
    from store.state.silences import list_silences

    at = now()
    with workspace(ctx) as ws, ws.store.reading() as tx:
        found = list_silences(tx)
    rows = [
        {
            "id": one.id,
            "active": one.active(at),
            "when": dict(one.when),
            "mutes": words(one.when),
            "since": one.since,
            "until": one.expired_at or one.until,
            "author": one.author,
            "reason": one.reason,
        }
        for one in found
    ]
    print_json(rows) if as_json else print_table(rows, _LISTED, empty="No silence.")


def expire(ctx: typer.Context, number: Annotated[int, typer.Argument(help="A silence's number.")]) -> None:
    """End a silence now."""
    from alerts import acts
    from model.actor import actor

    with workspace(ctx) as ws, ws.store.transaction() as tx:
        acts.unsilence(tx, number, by=actor(), at=now())
    say(f"Silence {number} is over.")


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        msg = f"--label {text!r} has no value."
        raise UsageError(msg, hint="Write --label tier=gold.")
    return name, value

"""`keywatch incidents snooze|assign|comment`: who sees to an incident, and what was found out."""

from typing import Annotated

import typer

from keywatch.commands.shared import now, say, workspace

Incident = Annotated[str, typer.Argument(help="An incident's id.")]


def add(group: typer.Typer) -> None:
    """Put snooze, assign and comment into the group `incidents`."""
    group.command("snooze")(snooze)
    group.command("assign")(assign)
    group.command("comment")(comment)


def snooze(
    ctx: typer.Context,
    incident: Incident,
    *,
    until: Annotated[str, typer.Option("--until", metavar="T", help="2h, a moment, or `resolved`.")],
) -> None:
    """Tell nothing of an incident for a while, or until it is over."""
    from keywatch.triage import snooze as put_off
    from keywatch.triage import until_of

    at = now()
    with workspace(ctx) as ws:
        headline = put_off(ws, incident, until_of(until, at), at)
    say(f"Snoozed: {headline}")


def assign(
    ctx: typer.Context,
    incident: Incident,
    person: Annotated[str, typer.Argument(help="Who sees to it; an empty text: nobody.")],
) -> None:
    """Say who sees to an incident."""
    from keywatch.triage import assign as give

    with workspace(ctx) as ws:
        headline = give(ws, incident, person, now())
    say(f"Assigned to {person or 'nobody'}: {headline}")


def comment(
    ctx: typer.Context, incident: Incident, text: Annotated[str, typer.Argument(help="What you found out.")]
) -> None:
    """Write about an incident."""
    from keywatch.triage import comment as write

    with workspace(ctx) as ws:
        headline = write(ws, incident, text, now())
    say(f"Noted: {headline}")

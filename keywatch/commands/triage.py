"""`keywatch incidents reopen|snooze|wake|assign|comment`: who sees to an incident, and what was found out."""

from typing import Annotated

import typer

from keywatch.commands.shared import now, say, workspace

Incident = Annotated[str, typer.Argument(help="An incident's id.")]


def add(group: typer.Typer) -> None:
    """Put reopen, snooze, wake, assign and comment into the group `incidents`."""
    group.command("reopen")(reopen)
    group.command("snooze")(snooze)
    group.command("wake")(wake)
    group.command("assign")(assign)
    group.command("comment")(comment)


def reopen(ctx: typer.Context, incident: Incident) -> None:
    """Take back what was decided: it is open again, and what its verdict muted is told again."""
    from alerts.deciding import reopen as take_back
    from model.actor import actor

    with workspace(ctx) as ws, ws.store.transaction() as tx:
        done = take_back(tx, incident, by=actor(), at=now())
    say(f"Reopened: {done.headline}")


def snooze(
    ctx: typer.Context,
    incident: Incident,
    *,
    until: Annotated[str, typer.Option("--until", metavar="T", help="2h, a moment, or `resolved`.")],
) -> None:
    """Tell nothing of an incident for a while, or until it is over."""
    from alerts import acts
    from keywatch.alerting.triage import until_of
    from model.actor import actor

    at = now()
    with workspace(ctx) as ws, ws.store.transaction() as tx:
        done = acts.snooze(tx, incident, until_of(until, at), by=actor(), at=at)
    say(f"Snoozed: {done.headline}")


def wake(ctx: typer.Context, incident: Incident) -> None:
    """End a snooze: what is new is told again."""
    from alerts import acts
    from model.actor import actor

    with workspace(ctx) as ws, ws.store.transaction() as tx:
        done = acts.wake(tx, incident, by=actor(), at=now())
    say(f"No longer snoozed: {done.headline}")


def assign(
    ctx: typer.Context,
    incident: Incident,
    person: Annotated[str, typer.Argument(help="Who sees to it; an empty text: nobody.")],
) -> None:
    """Say who sees to an incident."""
    from alerts import acts
    from model.actor import actor

    with workspace(ctx) as ws, ws.store.transaction() as tx:
        done = acts.assign(tx, incident, person, by=actor(), at=now())
    say(f"Assigned to {done.assignee or 'nobody'}: {done.headline}")


def comment(
    ctx: typer.Context, incident: Incident, text: Annotated[str, typer.Argument(help="What you found out.")]
) -> None:
    """Write about an incident."""
    from alerts import acts
    from model.actor import actor

    with workspace(ctx) as ws, ws.store.transaction() as tx:
        done = acts.comment(tx, incident, text, by=actor(), at=now())
    say(f"Noted: {done.headline}")

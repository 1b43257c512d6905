"""`keywatch alerts`: deliver, test, list, and why an incident goes where it goes."""

from typing import TYPE_CHECKING, Annotated

import typer

from keywatch.commands.shared import AsJson, now, print_json, print_lines, print_table, say, workspace
from model.errors import DeliveryError, UsageError

if TYPE_CHECKING:
    from model.incident import DeliveryStatus

_LISTED = ("id", "created_at", "target", "status", "attempts", "title", "last_error")


def add(app: typer.Typer) -> None:
    """Put the group on the command line."""
    group = typer.Typer(help="Alerts: deliver what is due, test a target, see what became of each.")
    group.command("deliver")(deliver)
    group.command("test")(try_)
    group.command("list")(list_)
    group.command("route")(route)
    group.command("replay")(replay)
    app.add_typer(group, name="alerts", no_args_is_help=True)


def deliver(ctx: typer.Context) -> None:
    """Send what is due, now."""
    from keywatch.running.cycle import deliver_due
    from model.clock import SystemClock

    with workspace(ctx) as ws:
        done = deliver_due(ws, SystemClock())
    say(f"{done.sent} sent, {done.retried} to be tried again, {done.dead} given up.")


def try_(
    ctx: typer.Context,
    target: Annotated[str | None, typer.Option("--target", help="One target, by name; none: all.")] = None,
) -> None:
    """Send a marked test message, and say exactly what failed."""
    from alerts.check import test_target
    from keywatch.alerting.addressing import targets
    from keywatch.noting import note
    from model.clock import SystemClock

    with workspace(ctx) as ws:
        known = targets(ws)
        chosen = [one for one in known if target in {None, one.name}]
        if chosen:
            note(ws, "alerts tested", ", ".join(one.name for one in chosen), at=now())
    if not chosen:
        msg = f"There is no target {target!r}." if target else "The config has no targets."
        names = f"The targets are: {', '.join(one.name for one in known)}. " if known else ""
        raise UsageError(msg, hint=f"{names}Add one as [[alerts.targets]] with a name and a url.")
    failed = [(one, error) for one in chosen if (error := test_target(one, SystemClock()))]
    for one in chosen:
        say(f"{one.name}: {next((str(error) for other, error in failed if other is one), 'it took the message.')}")
    if failed:
        msg = f"{len(failed)} of {len(chosen)} targets did not take the test."
        raise DeliveryError(msg)


def list_(
    ctx: typer.Context,
    *,
    status: Annotated[
        str | None,
        typer.Option(help="pending, leased, sent, unknown, dead, collected, folded or suppressed."),
    ] = None,
    target: Annotated[str | None, typer.Option("--target", help="Those of one target.")] = None,
    incident: Annotated[str | None, typer.Option("--incident", help="Those about one incident.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """The deliveries, the newest first: which alert, to whom, and what became of it."""
    from store.state.deliveries import list_deliveries

    wanted = _status(status)
    with workspace(ctx) as ws, ws.store.reading() as tx:
        found = list_deliveries(tx, status=wanted, target=target, incident_id=incident, limit=limit)
    rows = [
        {
            "id": one.id,
            "alert_id": one.alert.id,
            "incident_id": one.alert.incident_id,
            "created_at": one.alert.created_at,
            "target": one.target,
            "status": str(one.status),
            "attempts": one.attempts,
            "next_at": one.next_at,
            "severity": str(one.alert.severity),
            "kind": one.alert.kind,
            "title": one.alert.title,
            "error_class": one.error_class,
            "last_error": one.last_error,
            "sent_at": one.sent_at,
        }
        for one in found
    ]
    print_json(rows) if as_json else print_table(rows, _LISTED, empty="No such alert.")


def replay(
    ctx: typer.Context,
    deliveries: Annotated[list[int] | None, typer.Argument(help="Numbers of dead deliveries.")] = None,
    *,
    target: Annotated[str | None, typer.Option("--target", help="All dead ones of a target.")] = None,
) -> None:
    """Have dead deliveries tried again, with the idempotency keys that they had."""
    from alerts import acts
    from model.actor import actor

    if not deliveries and target is None:
        msg = "Nothing is named to be replayed."
        raise UsageError(msg, hint="Name numbers of `keywatch alerts list --status dead`, or --target NAME.")
    with workspace(ctx) as ws, ws.store.transaction() as tx:
        number = acts.replay(tx, deliveries or [], target=target, by=actor(), at=now())
    plural = "delivery" if number == 1 else "deliveries"
    say(f"{number} {plural} will be tried again." if number else "None of them is dead: nothing to try again.")


def route(
    ctx: typer.Context,
    *,
    incident: Annotated[str | None, typer.Option("--incident", help="An incident's id; none: a made-up one.")] = None,
    severity: Annotated[str, typer.Option(help="Of the made-up incident.")] = "high",
    detector: Annotated[str, typer.Option(help="Of the made-up incident.")] = "auth-burst-key",
    key: Annotated[str | None, typer.Option("--key", help="A key's id or name, for a made-up incident.")] = None,
    ip: Annotated[str | None, typer.Option("--ip", help="The address of the made-up incident.")] = None,
    as_json: AsJson = False,
) -> None:
    """Which routes an incident takes, why, and what keeps it back."""
    from keywatch.alerting.triage import made_up, way

    with workspace(ctx) as ws:
        found = incident or made_up(ws, severity=severity, detector=detector, key=key, ip=ip, at=now())
        lines = list(way(ws, found, at=now()))
    print_json(lines) if as_json else print_lines(lines)


def _status(text: str | None) -> "DeliveryStatus | None":
    from model.incident import DeliveryStatus

    if text is None:
        return None
    try:
        return DeliveryStatus(text)
    except ValueError:
        msg = f"{text!r} is no status of a delivery."
        raise UsageError(msg, hint=f"It is one of: {', '.join(DeliveryStatus)}.") from None

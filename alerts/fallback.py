"""What happens when a delivery dies: its fallback gets the message, and somebody hears that the target is broken."""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from alerts import payload
from alerts.digest import idempotency_key
from model.finding import Severity
from model.incident import Alert, Delivery, IncidentId
from model.plain import plain
from store.state import outbox

if TYPE_CHECKING:
    from store.handle import Transaction

_EPISODE: Final = timedelta(hours=4)
"""A target that stays broken is told again after so long."""
_SAID = 300


def on_death(
    tx: "Transaction",
    dead: Delivery,
    error_class: str,
    error: str,
    *,
    fallback: str | None,
    watchers: Iterable[str],
    now: datetime,
) -> None:
    """Hand a dead delivery's alert to the fallback, and tell the watchers, once in four hours for each kind of error.

    A message about a broken target has no fallback and is told no further: two broken targets would tell each other
    for ever.
    """
    if dead.alert.kind == "self":
        return
    if fallback is not None:
        outbox.address(tx, [_at(dead.alert.id, fallback, now)])
    others = [name for name in dict.fromkeys(watchers) if name != dead.target]
    if not others:
        return
    alert = _about(dead, error_class, error, fallback, now)
    outbox.write(tx, [alert])
    outbox.address(tx, [_at(alert.id, name, now) for name in others])


def _at(alert: str, target: str, now: datetime) -> dict[str, object]:
    return outbox.delivery(alert, target, idempotency_key(alert, target), next_at=now)


def _about(dead: Delivery, error_class: str, error: str, fallback: str | None, now: datetime) -> Alert:
    episode = int(now.timestamp() // _EPISODE.total_seconds())
    mark = "\x1f".join(("self", dead.target, error_class, str(episode)))
    instead = f"It was handed to {fallback}." if fallback else "Nobody got it instead: the target has no fallback."
    return Alert(
        id=hashlib.sha256(mark.encode()).hexdigest()[:16],
        incident_id=IncidentId(""),
        kind="self",
        created_at=now,
        severity=Severity.HIGH,
        title=plain(f"[high] keywatch cannot reach the target {dead.target} ({error_class})", 200),
        body=(
            f"The alert {plain(dead.alert.title, _SAID)!r} was given up at {dead.target}.\n{plain(error, _SAID)}\n\n"
            f"{instead}\n\nWhat to do: mend the target, try it with `keywatch alerts test --target {dead.target}`, and "
            f"send what it missed with `keywatch alerts replay --target {dead.target}`."
        ),
        payload={"schema": payload.SCHEMA, "target": dead.target, "error_class": error_class},
    )

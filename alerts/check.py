"""`keywatch alerts test`: a marked message to one target, and what exactly failed."""

import hashlib

from alerts import payload
from alerts.channels.interface import SendError
from alerts.channels.open import open_target
from alerts.config import Target
from model.clock import Clock
from model.errors import DeliveryError
from model.finding import Severity
from model.incident import Alert, IncidentId

MARK = "[keywatch test]"


def test_target(target: Target, clock: Clock) -> DeliveryError | None:
    """Send a test message now, past the outbox; None when the target took it, else why it did not."""
    try:
        open_target(target, clock).send(test_alert(target, clock), f"kw-test-{clock.now():%Y%m%d%H%M%S}")
    except SendError as error:
        return error
    return None


def test_alert(target: Target, clock: Clock) -> Alert:
    """A message that says that it is a test; it belongs to no incident and is not stored."""
    now = clock.now()
    return Alert(
        id=hashlib.sha256(f"test\x1f{target.name}\x1f{now.isoformat()}".encode()).hexdigest()[:16],
        incident_id=IncidentId(""),
        kind="test",
        created_at=now,
        severity=Severity.INFO,
        title=f"{MARK} This target works",
        body=(
            f"{MARK} This is a test of the target {target.name!r}. Nothing has happened.\n\n"
            "Alerts about API keys will look like this, and say what happened, to which key, and what to do."
        ),
        payload={"schema": payload.SCHEMA, "test": True},
    )


test_target.__test__ = False  # type: ignore[attr-defined]  # their names look like tests to pytest, and are none
test_alert.__test__ = False  # type: ignore[attr-defined]

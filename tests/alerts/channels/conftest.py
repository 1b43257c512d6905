"""An alert whose words are an attacker's."""

from datetime import UTC, datetime

import pytest

from model.finding import Severity
from model.incident import Alert, IncidentId

ATTACKS = r"<!channel> <script>alert(1)</script> {{7*7}} \x1b[31m \u202e ${HOME} <http://evil.example|good>"


@pytest.fixture
def alert() -> Alert:
    return Alert(
        id="a1b2",
        incident_id=IncidentId("i1"),
        kind="opened",
        created_at=datetime(2026, 10, 1, 9, 30, tzinfo=UTC),
        severity=Severity.HIGH,
        title=f"[high] 60 failed calls by {ATTACKS}",
        body=f"What happened: {ATTACKS}\n\nWhat to do: revoke it.",
        payload={"schema": "keywatch.alert/1", "sequence": 0, "key": {"name": ATTACKS}},
    )

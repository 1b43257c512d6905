from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from model.finding import Severity
from model.incident import Alert, DeliveryStatus, IncidentId
from store.state import deliveries, delivery_search, outbox
from store.state.delivery_search import Sought

T0 = datetime(2026, 10, 1, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
UNDONE = (DeliveryStatus.PENDING, DeliveryStatus.LEASED, DeliveryStatus.UNKNOWN)


@pytest.fixture
def told(state: Session) -> Session:
    """Three alerts at two targets each; at chat the first was given up and the second is being sent."""
    for n, title in enumerate(("100% of calls fail", "Key Billing is guessed", "Key crm is idle")):
        alert = Alert(
            id=f"a{n}", incident_id=IncidentId(f"inc_{n}"), kind="opened", created_at=T0, severity=Severity.HIGH,
            title=title, body="",
        )  # fmt: skip
        outbox.enqueue(state, alert, [("chat", f"c{n}"), ("mail", f"m{n}")])
    first, _ = deliveries.lease(state, target="chat", worker="w", now=T0, until=T0 + HOUR, limit=2)
    deliveries.mark_dead(state, first, error_class="bad_request", error="answered 404.")
    return state


@pytest.mark.parametrize(
    ("sought", "wanted"),
    [
        (Sought(), ["mail a2", "chat a2", "mail a1", "chat a1", "mail a0", "chat a0"]),
        (Sought(statuses=UNDONE, target="chat"), ["chat a2", "chat a1"]),
        (Sought(statuses=(DeliveryStatus.PENDING,), target="chat"), ["chat a2"]),
        (Sought(statuses=(DeliveryStatus.DEAD,)), ["chat a0"]),
        (Sought(text="BILLING"), ["mail a1", "chat a1"]),
        (Sought(text="404"), ["chat a0"]),
        (Sought(text="inc_2", target="mail"), ["mail a2"]),
        (Sought(text="0% o"), ["mail a0", "chat a0"]),
        (Sought(text="%"), ["mail a0", "chat a0"]),
        (Sought(text="nothing"), []),
    ],
)
def test_what_matches_is_counted_and_comes_newest_first(told: Session, sought: Sought, wanted: list[str]) -> None:
    found = [f"{one.target} {one.alert.id}" for one in delivery_search.found(told, sought, limit=10)]
    parts = [delivery_search.found(told, sought, limit=2, offset=offset) for offset in range(0, 8, 2)]

    assert wanted == found
    assert len(wanted) == delivery_search.count(told, sought)
    assert wanted == [f"{one.target} {one.alert.id}" for part in parts for one in part]

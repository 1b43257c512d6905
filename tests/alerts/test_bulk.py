"""One act on several incidents."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from alerts import acts, bulk
from alerts.config import Route, Telling
from alerts.deciding import decide
from alerts.outbox import tell_findings
from model.errors import UsageError
from model.incident import IncidentStatus
from store.handle import Store
from store.state import audit
from store.state.findings import list_findings, save_findings
from store.state.incidents import get_incident
from tests.alerts.conftest import T0, make_finding

HOUR = timedelta(hours=1)


@pytest.fixture
def both(store: Store) -> list[str]:
    """An incident that is over, and one that stands."""
    found = [make_finding("volume-spike", f"key:{key}", at=T0) for key in ("k1", "k2")]
    with store.transaction() as tx:
        save_findings(tx, found)
        tell_findings(tx, found, Telling(routes=(Route(to=("chat",)),)), now=T0)
        held = {str(one.subject): str(one.incident_id) for one in list_findings(tx)}
        decide(tx, held["key:k1"], status="resolved", verdict="true", by="ann", at=T0)
    return [held["key:k1"], held["key:k2"]]


def snooze(tx: Session) -> Callable[[str], object]:
    return lambda one: acts.snooze(tx, one, T0 + HOUR, by="ann", at=T0)


def test_what_refuses_is_left_and_named_and_the_rest_is_done_once(store: Store, both: list[str]) -> None:
    over, open_ = both
    with store.transaction() as tx:
        done = bulk.each(tx, [over, open_, open_, "none"], snooze(tx))
    with store.reading() as tx:
        stands = [get_incident(tx, name) for name in both]
        logged = [row["subject"] for row in audit.audit_frame(tx).to_dict("records") if "snoozed" in row["action"]]

    assert ((open_,), [over, "none"]) == (done.done, [name for name, _ in done.refused])
    assert [None, T0 + HOUR] == [one.snoozed_until for one in stands if one is not None]
    assert [IncidentStatus.RESOLVED, IncidentStatus.OPEN] == [one.status for one in stands if one is not None]
    assert [open_] == logged


def test_when_every_one_refuses_the_first_refusal_is_the_answer(store: Store, both: list[str]) -> None:
    with pytest.raises(UsageError, match=f"{both[0]} is resolved"), store.transaction() as tx:
        bulk.each(tx, both[:1], snooze(tx))

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from model.finding import Severity
from model.incident import Alert, Delivery, DeliveryStatus, IncidentId
from store.state import deliveries, outbox
from store.state.engine import open_engine
from store.state.schema import Base

T0 = datetime(2026, 10, 1, 9, 30, tzinfo=UTC)
LATER = T0 + timedelta(minutes=5)


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path}/state.db" if request.param == "sqlite" else request.getfixturevalue("postgres")
    opened = create_engine(url) if request.param == "postgres" else open_engine(url)
    Base.metadata.drop_all(opened)
    Base.metadata.create_all(opened)
    yield opened.execution_options(writes=True)
    opened.dispose()


@pytest.fixture
def tx(engine: Engine) -> Iterator[Session]:
    with Session(engine, expire_on_commit=False) as session, session.begin():
        yield session


def an_alert(name: str = "a1", incident: str = "i1", at: datetime = T0) -> Alert:
    return Alert(
        id=name,
        incident_id=IncidentId(incident),
        kind="opened",
        created_at=at,
        severity=Severity.HIGH,
        title="t",
        body="b",
        payload={"sequence": 0},
    )


def take(
    tx: Session, *, target: str = "t1", worker: str = "w1", now: datetime = T0, limit: int | None = 10
) -> list[Delivery]:
    return deliveries.lease(tx, target=target, worker=worker, now=now, until=now + timedelta(minutes=5), limit=limit)


def statuses(tx: Session) -> dict[str, str]:
    return {delivery.target: str(delivery.status) for delivery in deliveries.list_deliveries(tx)}


def test_telling_twice_writes_one(tx: Session) -> None:
    assert outbox.enqueue(tx, an_alert(), [("t1", "x"), ("t2", "y")]) == 2
    assert outbox.enqueue(tx, an_alert(), [("t1", "x"), ("t2", "y"), ("t3", "z")]) == 1
    assert [an_alert()] == deliveries.list_alerts(tx)


def test_a_leased_delivery_is_nobody_elses(tx: Session) -> None:
    outbox.enqueue(tx, an_alert(), [("t1", "x")])

    (mine,) = take(tx)

    assert (1, "w1", "x", DeliveryStatus.LEASED) == (mine.attempts, mine.leased_by, mine.idempotency_key, mine.status)
    assert [] == take(tx, worker="w2")


def test_an_expired_lease_becomes_unknown_and_its_late_owner_changes_nothing(tx: Session) -> None:
    outbox.enqueue(tx, an_alert(), [("t1", "x")])
    (mine,) = take(tx)

    assert deliveries.expire_leases(tx, LATER - timedelta(seconds=1)) == 0
    assert deliveries.expire_leases(tx, LATER) == 1
    assert {"t1": "unknown"} == statuses(tx)
    (other,) = take(tx, worker="w2", now=LATER)
    assert ("x", 2) == (other.idempotency_key, other.attempts)
    assert not deliveries.mark_retry(tx, mine, next_at=LATER, error_class="network", error="e")
    assert deliveries.mark_sent(tx, other, LATER)
    assert not deliveries.mark_sent(tx, mine, LATER)
    assert {"t1": "sent"} == statuses(tx)


def test_who_sent_it_after_all_may_say_so_while_nobody_else_has_it(tx: Session) -> None:
    outbox.enqueue(tx, an_alert(), [("t1", "x")])
    (mine,) = take(tx)
    deliveries.expire_leases(tx, LATER)

    assert deliveries.mark_sent(tx, mine, LATER)
    assert [] == take(tx, now=LATER)


def test_a_retry_waits_for_its_moment(tx: Session) -> None:
    outbox.enqueue(tx, an_alert(), [("t1", "x")])
    (mine,) = take(tx)
    deliveries.mark_retry(tx, mine, next_at=LATER, error_class="server", error="500")

    assert [] == deliveries.due_targets(tx, T0)
    assert [] == take(tx)
    assert ["t1"] == deliveries.due_targets(tx, LATER)
    assert [("server", "500")] == [(d.error_class, d.last_error) for d in take(tx, now=LATER)]


def test_unknown_is_tried_again_and_dead_is_not(tx: Session) -> None:
    outbox.enqueue(tx, an_alert(), [("t1", "x"), ("t2", "y")])
    deliveries.mark_unknown(tx, take(tx)[0], next_at=LATER, error_class="timeout", error="e")
    deliveries.mark_dead(tx, take(tx, target="t2")[0], error_class="auth", error="e")

    assert {"t1": "unknown", "t2": "dead"} == statuses(tx)
    assert (1, 0) == (len(take(tx, now=LATER)), len(take(tx, target="t2", now=LATER)))


def test_a_lease_given_back_is_due_at_once(tx: Session) -> None:
    outbox.enqueue(tx, an_alert(), [("t1", "x")])

    assert deliveries.release(tx, take(tx)[0])
    assert len(take(tx)) == 1


def test_an_alert_waits_for_the_older_one_of_its_incident(tx: Session) -> None:
    outbox.enqueue(tx, an_alert("opened"), [("t1", "x"), ("t2", "x2")])
    outbox.enqueue(tx, an_alert("resolved"), [("t1", "y"), ("t2", "y2")])
    outbox.enqueue(tx, an_alert("other", "i2"), [("t1", "z")])

    (first, other) = take(tx)

    assert ("opened", "other") == (first.alert.id, other.alert.id)
    deliveries.mark_retry(tx, first, next_at=LATER, error_class="network", error="e")
    assert [] == take(tx)
    assert ["opened"] == [d.alert.id for d in take(tx, target="t2", limit=1)]
    deliveries.mark_sent(tx, take(tx, now=LATER)[0], LATER)
    assert ["resolved"] == [d.alert.id for d in take(tx, now=LATER)]


def test_what_was_tried_least_comes_first(tx: Session) -> None:
    for n in range(3):
        outbox.enqueue(tx, an_alert(f"a{n}", f"i{n}"), [("t1", "x")])
    deliveries.mark_retry(tx, take(tx, limit=1)[0], next_at=T0, error_class="server", error="e")

    assert ["a1", "a2", "a0"] == [d.alert.id for d in take(tx)]


def test_counts_and_the_oldest_that_waits(tx: Session) -> None:
    assert deliveries.oldest_pending(tx) is None
    outbox.enqueue(tx, an_alert("a1", "i1"), [("t1", "x")])
    outbox.enqueue(tx, an_alert("a2", "i2", LATER), [("t1", "y"), ("t2", "z")])
    deliveries.mark_sent(tx, take(tx, limit=1)[0], T0)

    assert {"t1": {"pending": 1, "sent": 1}, "t2": {"pending": 1}} == deliveries.counts(tx)
    assert LATER == deliveries.oldest_pending(tx)
    told = outbox.places(tx, ["i1", "i2", "i3"])
    assert {"i1": ["t1"], "i2": ["t1", "t2"]} == {i: [place.target for place in where] for i, where in told.items()}


def test_lists_filter(tx: Session) -> None:
    outbox.enqueue(tx, an_alert("a1", "i1"), [("t1", "x")])
    outbox.enqueue(tx, an_alert("a2", "i2", LATER), [("t2", "z")])

    def ids(**filters: object) -> list[str]:
        return [delivery.alert.id for delivery in deliveries.list_deliveries(tx, **filters)]

    assert ["a2", "a1"] == ids()
    assert (["a1"], ["a2"], ["a2"]) == (ids(target="t1"), ids(incident_id="i2"), ids(limit=1))
    assert [] == ids(status=DeliveryStatus.DEAD)
    assert ["a2"] == [alert.id for alert in deliveries.list_alerts(tx, since=LATER)]
    assert ["a1"] == [alert.id for alert in deliveries.list_alerts(tx, until=LATER)]
    assert ["a2"] == [alert.id for alert in deliveries.list_alerts(tx, incidents=["i2"])]
    assert replace(an_alert("a2", "i2", LATER)) == deliveries.list_alerts(tx, incidents=["i2"])[0]


def test_of_two_that_lease_at_once_each_delivery_has_one(engine: Engine) -> None:
    with Session(engine) as tx, tx.begin():
        for n in range(40):
            outbox.enqueue(tx, an_alert(f"a{n}", f"i{n}"), [("t1", f"x{n}")])
    taken: dict[str, list[int]] = {"w1": [], "w2": []}
    start = threading.Barrier(2)

    def work(worker: str) -> None:
        start.wait()
        while True:
            with Session(engine, expire_on_commit=False) as tx, tx.begin():
                leased = take(tx, worker=worker, limit=3)
            if not leased:
                return
            taken[worker] += [delivery.id for delivery in leased]

    threads = [threading.Thread(target=work, args=(worker,)) for worker in taken]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(taken["w1"] + taken["w2"]) == len(set(taken["w1"] + taken["w2"])) == 40


def test_the_backlog_tells_what_waits_and_what_died_at_each_target(tx: Session) -> None:
    for name, target in (("a1", "t1"), ("a2", "t1"), ("a3", "t2")):
        outbox.enqueue(tx, an_alert(name, incident=name), [(target, name)])
    first = take(tx, limit=1)[0]
    deliveries.mark_retry(tx, first, next_at=LATER, error_class="refused", error="connection refused")
    deliveries.mark_dead(tx, take(tx, target="t2")[0], error_class="answer", error="answered 404")

    rows = deliveries.backlog(tx, T0 + timedelta(hours=1)).set_index("target")

    assert (2, 0, T0) == (rows.loc["t1", "waiting"], rows.loc["t1", "dead"], rows.loc["t1", "oldest"])
    assert (0, 1, T0) == (rows.loc["t2", "waiting"], rows.loc["t2", "dead"], rows.loc["t2", "died"])
    assert ["connection refused", "answered 404"] == list(rows["last_error"])
    assert ["t1"] == list(deliveries.backlog(tx, T0 + timedelta(hours=25))["target"])


def test_a_delivery_that_a_digest_holds_is_no_backlog(tx: Session) -> None:
    outbox.write(tx, [an_alert()])
    outbox.address(tx, [outbox.delivery("a1", "t1", "k", next_at=LATER)])

    assert deliveries.backlog(tx, T0).empty
    assert LATER == deliveries.backlog(tx, LATER)["oldest"].iloc[0]

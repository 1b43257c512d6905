"""PostgreSQL dies and comes back while alerts are sent (fault 46), and two deliverers share one outbox on it (45)."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from alerts.config import AT_ONCE, Route, Target, Telling
from alerts.delivery import Deliverer
from alerts.outbox import tell_findings
from model.clock import FixedClock
from model.errors import StoreError
from store.handle import Store
from store.state import deliveries
from store.state.findings import list_findings, save_findings
from store.state.schema import Base
from tests.alerts.conftest import T0, make_finding, receiver, receivers
from tests.postgres import Postgres

if TYPE_CHECKING:
    from tests.alerts.conftest import Receiver

__all__ = ["receiver", "receivers"]

ALERTS = 60


@pytest.fixture
def shared(postgres_server: Postgres, tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """`shared()` opens the one store of a team once more."""
    opened: list[Store] = []

    def open_one() -> Store:
        opened.append(Store.open(postgres_server.url, tmp_path / "events"))
        return opened[-1]

    yield open_one
    Base.metadata.drop_all(opened[0].state)
    with opened[0].state.begin() as connection:
        connection.exec_driver_sql("DROP TABLE IF EXISTS alembic_version")
    for store in opened:
        store.close()


def queue(store: Store) -> None:
    found = [make_finding("volume-spike", f"key:k{n}", at=T0) for n in range(ALERTS)]
    telling = Telling(routes=(Route(to=("hook",)),), timing=replace(AT_ONCE, storm=10_000))
    with store.transaction() as tx:
        save_findings(tx, found)
        tell_findings(tx, list_findings(tx), telling, now=T0)


def statuses(store: Store) -> dict[str, int]:
    with store.reading() as tx:
        return Counter(str(one.status) for one in deliveries.list_deliveries(tx))


def test_a_database_that_dies_in_the_middle_loses_no_alert(
    shared: Callable[[], Store], postgres_server: Postgres, receiver: "Receiver"
) -> None:
    store, clock = shared(), FixedClock(T0)
    queue(store)
    post, hook, broke = Deliverer(store, clock, "w1"), [Target(name="hook", url=receiver.url)], 0
    for turn in range(12):
        killer = threading.Timer(0.15, postgres_server.restart)
        if turn < 3:
            killer.start()
        try:
            post.deliver(hook)
        except StoreError:
            broke += 1
        if turn < 3:
            killer.join()
        clock.at += timedelta(minutes=6)
        if turn > 3 and set(statuses(store)) == {"sent"}:
            break

    came = Counter(headers["Idempotency-Key"] for _, headers, _ in receiver.requests)
    assert broke
    assert {"sent": ALERTS} == statuses(store)
    assert ALERTS == len(came)
    assert ALERTS + 3 >= sum(came.values())


def test_two_deliverers_of_two_machines_send_each_alert_once(shared: Callable[[], Store], receiver: "Receiver") -> None:
    stores = [shared(), shared()]
    queue(stores[0])
    hook = [Target(name="hook", url=receiver.url)]
    posts = [Deliverer(store, FixedClock(T0), f"machine-{n}") for n, store in enumerate(stores)]
    threads = [threading.Thread(target=post.deliver, args=(hook,)) for post in posts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {"sent": ALERTS} == statuses(stores[0])
    assert {1} == set(Counter(headers["Idempotency-Key"] for _, headers, _ in receiver.requests).values())

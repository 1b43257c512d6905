"""A storm of findings (fault 43): within a minute, in rounds, to a target that takes them one after the other.

Measured with 10,000 in benchmarks/alerts.py; here some hundreds, with what people then read.
"""

import json
from dataclasses import replace
from datetime import timedelta

from alerts.config import Route, Target, Telling, Timing
from alerts.delivery import deliver
from alerts.outbox import tell_findings
from model.clock import FixedClock
from store.handle import Store
from store.state import deliveries
from store.state.findings import list_findings, save_findings
from tests.alerts.conftest import T0, Receiver, clock, make_finding, receiver, receivers, store

__all__ = ["clock", "receiver", "receivers", "store"]

ROUNDS, EACH = 6, 60
TELLING = Telling(routes=(Route(to=("hook",)),), timing=Timing())


def told(store: Store, clock: FixedClock, numbers: range) -> None:
    """One round of `keywatch run`."""
    found = [make_finding("volume-spike", f"key:k{n}", at=clock.now()) for n in numbers]
    with store.transaction() as tx:
        save_findings(tx, found)
        saved = list_findings(tx, ids=[finding.id for finding in found]) if found else []
        tell_findings(tx, saved, TELLING, now=clock.now())


def test_a_storm_within_a_minute_is_summed_up_with_exact_counts_and_in_order(
    store: Store, clock: FixedClock, receiver: Receiver
) -> None:
    for number in range(ROUNDS):
        told(store, clock, range(number * EACH, (number + 1) * EACH))
        deliver(store, [Target(name="hook", url=receiver.url)], clock, "w1")
        clock.at += timedelta(seconds=10)
    for _ in range(12):
        told(store, clock, range(0))
        deliver(store, [Target(name="hook", url=receiver.url)], clock, "w1")
        clock.at += timedelta(seconds=10)

    said = [json.loads(body) for _, _, body in receiver.requests]
    digests = [one for one in said if one["kind"] == "digest"]
    alone = [one["incident"]["id"] for one in said if one["kind"] == "opened"]
    summed = {identity for one in digests for identity in one["incident_ids"]}
    assert ROUNDS * EACH == len(alone) + sum(one["incidents"] for one in digests) == len({*alone} | summed)
    assert 20 == len(alone)
    assert 3 >= len(digests) >= 1
    with store.reading() as tx:
        rows = deliveries.list_deliveries(tx)
    assert {"sent", "folded"} == {str(row.status) for row in rows}
    order = [row.alert.id for row in reversed(rows) if row.status == "sent"]
    assert order == [one["alert_id"] for one in said]
    assert len(said) == len(order)


def test_what_is_told_of_one_incident_in_a_storm_comes_in_its_order(
    store: Store, clock: FixedClock, receiver: Receiver
) -> None:
    receiver.answers = [(500, {}), (200, {})]
    hook = [Target(name="hook", url=receiver.url)]
    told(store, clock, range(5))
    clock.at += timedelta(seconds=31)
    deliver(store, hook, clock, "w1", uniform=lambda _low, high: high)  # the first of five fails, and waits
    again = [replace(make_finding(f"other-{n}", f"key:k{n}", at=T0)) for n in range(5)]
    clock.at += timedelta(minutes=6)
    with store.transaction() as tx:
        save_findings(tx, again)
        tell_findings(tx, list_findings(tx, ids=[one.id for one in again]), TELLING, now=clock.now())
    deliver(store, hook, clock, "w1")

    told_of: dict[str, list[int]] = {}
    for _, _, body in receiver.requests[1:]:
        one = json.loads(body)
        told_of.setdefault(one["incident"]["id"], []).append(one["sequence"])
    assert [[0, 1]] * 5 == list(told_of.values())

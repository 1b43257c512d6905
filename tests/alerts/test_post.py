"""How targets are treated that fail, hang or are too slow: breaker, pace, fallback, clock."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from alerts.breaker import opened_until
from alerts.channels.interface import Channel, SendError
from alerts.channels.open import open_target
from alerts.config import AT_ONCE, Route, Target, Telling
from alerts.delivery import Deliverer
from alerts.outbox import tell_findings
from alerts.pace import Pace
from alerts.sends import Sends
from model.clock import Clock, FixedClock
from model.incident import Alert, Delivery
from store.handle import Store
from store.state import deliveries, health
from store.state.findings import save_findings
from tests.alerts.conftest import T0, make_finding

if TYPE_CHECKING:
    from tests.alerts.conftest import Receiver

Queue = Callable[..., None]


@pytest.fixture
def queue(store: Store, clock: FixedClock) -> Queue:
    """Put `number` incidents into the outbox for `to`, with subjects from `start` on."""

    def _queue(*to: str, number: int = 1, start: int = 0) -> None:
        found = [make_finding("volume-spike", f"key:k{start + n}", at=clock.now()) for n in range(number)]
        telling = Telling(routes=(Route(to=to),), timing=replace(AT_ONCE, storm=10_000))
        with store.transaction() as tx:
            save_findings(tx, found)
            tell_findings(tx, found, telling, now=clock.now())

    return _queue


def deliverer(store: Store, clock: Clock, **more: object) -> Deliverer:
    return Deliverer(store, clock, "w1", uniform=lambda _low, high: high, **more)


def listed(store: Store) -> list[Delivery]:
    with store.reading() as tx:
        return list(reversed(deliveries.list_deliveries(tx)))


def test_a_target_that_keeps_failing_is_left_alone_and_then_tried_with_one(
    store: Store, clock: FixedClock, queue: Queue, receiver: "Receiver"
) -> None:
    queue("hook", number=8)
    receiver.answers = [(500, {})]
    hook, post = [Target(name="hook", url=receiver.url)], deliverer(store, clock)
    post.deliver(hook)
    post.deliver(hook)
    tried = len(receiver.requests)

    resting = post.deliver(hook)
    clock.at += timedelta(minutes=20)
    receiver.answers = [(500, {})] * tried + [(500, {}), (200, {})]
    once = post.deliver(hook)

    assert (3 + 3, ("hook",)) == (tried, resting.resting)
    assert 1 == once.targets["hook"].retried
    assert tried + 1 == len(receiver.requests)
    clock.at += timedelta(minutes=20)
    post.deliver(hook)
    clock.at += timedelta(minutes=20)
    post.deliver(hook)
    assert {"sent"} == {str(delivery.status) for delivery in listed(store)}
    with store.reading() as tx:
        assert 0 == health.healths(tx)["hook"].failures


def test_every_try_is_counted_by_target_with_its_seconds_and_why_it_failed(
    store: Store, clock: FixedClock, queue: Queue, receiver: "Receiver"
) -> None:
    queue("hook", "slow", number=2)
    receiver.answers = [(500, {})]
    sends = Sends()

    class Slow:
        def send(self, *_: object) -> None:
            clock.ticks += 4.0

    def opened(target: Target, clock: Clock) -> Channel:
        return Slow() if target.name == "slow" else open_target(target, clock)

    targets = [Target(name=name, url=receiver.url) for name in ("hook", "slow")]
    deliverer(store, clock, sends=sends, opener=opened).deliver(targets)

    hook, slow = sends.told().values()
    assert (2, {"server": 2}) == (hook.number, dict(hook.failures))
    assert (2, {}, 8.0) == (slow.number, dict(slow.failures), slow.seconds)


@pytest.mark.parametrize(
    ("failures", "retry_after", "seconds"),
    [(4, None, None), (5, None, 30), (6, None, 60), (99, None, 900), (1, 7.0, 7), (6, 7.0, 60)],
)
def test_the_circuit_opens_longer_each_time(failures: int, retry_after: float | None, seconds: int | None) -> None:
    until = opened_until(T0, failures=failures, retry_after=retry_after)

    assert (None if seconds is None else T0 + timedelta(seconds=seconds)) == until


def test_retry_after_holds_for_all_messages_to_that_target_and_no_other(
    store: Store, clock: FixedClock, queue: Queue, receivers: Callable[[], "Receiver"]
) -> None:
    slow, quick = receivers(), receivers()
    slow.answers = [(429, {"Retry-After": "7"}), (200, {})]
    queue("slow", "quick", number=3)
    both, post = [Target(name="slow", url=slow.url), Target(name="quick", url=quick.url)], deliverer(store, clock)
    post.deliver(both)
    clock.at += timedelta(seconds=6)
    queue("slow", number=1, start=10)
    post.deliver(both)
    before = len(slow.requests)
    clock.at += timedelta(seconds=7)
    post.deliver(both)

    assert (1, 3) == (before, len(quick.requests))
    assert 5 == len(slow.requests)


def test_a_message_for_a_dead_target_goes_to_its_fallback_and_somebody_hears_of_it_once(
    store: Store, clock: FixedClock, queue: Queue, receivers: Callable[[], "Receiver"]
) -> None:
    gone, other, ops = receivers(), receivers(), receivers()
    gone.answers = [(404, {})]
    targets = [
        Target(name="gone", url=gone.url, fallback="other"),
        Target(name="other", url=other.url),
        Target(name="ops", url=ops.url),
    ]
    queue("gone", number=3)
    post = deliverer(store, clock, watchers=("gone", "ops"))
    for _ in range(2):
        post.deliver(targets)

    assert {"gone": ["dead"] * 3, "other": ["sent"] * 3, "ops": ["sent"]} == {
        name: [str(one.status) for one in listed(store) if one.target == name] for name in ("gone", "other", "ops")
    }
    (told,) = (one.alert for one in listed(store) if one.target == "ops")
    assert "[high] keywatch cannot reach the target gone (bad_request)" == told.title
    assert "It was handed to other." in told.body


def test_two_dead_targets_do_not_tell_each_other_for_ever(
    store: Store, clock: FixedClock, queue: Queue, receiver: "Receiver"
) -> None:
    receiver.answers = [(401, {})]
    targets = [Target(name=name, url=receiver.url, fallback="b" if name == "a" else "a") for name in ("a", "b")]
    queue("a")
    post = deliverer(store, clock, watchers=("a", "b"))
    for _ in range(6):
        clock.at += timedelta(minutes=30)
        post.deliver(targets)

    assert 4 == len(receiver.requests)


def test_a_dead_one_is_replayed_with_the_key_it_had_and_a_new_budget(
    store: Store, clock: FixedClock, queue: Queue, receiver: "Receiver"
) -> None:
    queue("hook")
    receiver.answers = [(410, {}), (500, {}), (200, {})]
    hook, post = [Target(name="hook", url=receiver.url)], deliverer(store, clock)
    post.deliver(hook)
    clock.at += timedelta(days=3)
    with store.transaction() as tx:
        again = deliveries.replay(tx, [listed(store)[0].id], clock.now())
        assert 0 == deliveries.replay(tx, [listed(store)[0].id], clock.now())
    for _ in range(2):
        post.deliver(hook)
        clock.at += timedelta(minutes=16)

    assert (1, ["sent"]) == (again, [str(one.status) for one in listed(store)])
    assert 1 == len({headers["Idempotency-Key"] for _, headers, _ in receiver.requests})


class Hung:
    def __init__(self, go: threading.Event) -> None:
        self.go = go

    def send(self, alert: Alert, idempotency_key: str) -> None:
        del alert, idempotency_key
        self.go.wait(30)
        msg = "It hung."
        raise SendError(msg, error_class="timeout", ambiguous=True)


def test_no_second_thread_is_started_for_a_target_that_hangs(store: Store, clock: FixedClock, queue: Queue) -> None:
    queue("stuck", number=5)
    go, opened = threading.Event(), []

    def opener(target: Target, _clock: Clock) -> Channel:
        opened.append(target.name)
        return Hung(go)

    post = deliverer(store, clock, opener=opener)
    reports = [post.deliver([Target(name="stuck", url="x:")], within=0.05) for _ in range(5)]
    go.set()
    for thread in [t for t in threading.enumerate() if t.name.startswith("deliver-")]:
        thread.join(60)  # it writes what became of it

    assert [("stuck",), (), (), (), ()] == [report.hung for report in reports]
    assert ["stuck"] == opened


def test_a_clock_set_back_an_hour_stalls_nothing(
    store: Store, clock: FixedClock, queue: Queue, receiver: "Receiver"
) -> None:
    queue("hook")
    receiver.answers = [(500, {}), (200, {})]
    hook, post = [Target(name="hook", url=receiver.url)], deliverer(store, clock)
    post.deliver(hook)  # the next try is in five seconds
    clock.at -= timedelta(hours=1)
    clock.ticks += 6
    post.deliver(hook)
    clock.at += timedelta(seconds=6)
    clock.ticks += 6
    post.deliver(hook)

    assert ["sent"] == [str(one.status) for one in listed(store)]


def test_a_pace_counts_on_monotonic_time() -> None:
    clock = FixedClock(T0)
    pace = Pace(60, clock)
    at_once = [pace.take() for _ in range(10)]
    clock.at -= timedelta(hours=1)
    then = [pace.take() for _ in range(2)]
    clock.ticks += 3

    assert [0.0] * 10 == at_once
    assert [1.0, 2.0] == then
    assert 0.0 == pace.take()


def test_a_paced_target_gets_its_messages_one_after_the_other(store: Store, queue: Queue, receiver: "Receiver") -> None:
    from model.clock import SystemClock

    queue("hook", number=14)
    deliverer(store, SystemClock()).deliver([Target(name="hook", url=receiver.url, per_minute=600)])

    assert 14 == len(receiver.requests)

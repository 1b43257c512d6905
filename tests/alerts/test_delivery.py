import json
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Never

import pytest
from sqlalchemy.orm import Session

from alerts.backoff import BUDGET, next_try
from alerts.check import MARK, test_target
from alerts.config import AT_ONCE, Route, Target, Telling
from alerts.delivery import Deliverer, DeliveryReport, deliver
from alerts.outbox import tell_findings
from model.clock import FixedClock
from model.finding import Finding
from store.handle import Store
from store.state import deliveries
from store.state.findings import save_findings

if TYPE_CHECKING:
    from tests.alerts.conftest import Mailbox, Receiver

Make = Callable[..., Finding]
Queue = Callable[..., None]
Run = Callable[..., DeliveryReport]


def no_jitter(_low: float, high: float) -> float:
    return high


@pytest.fixture
def queue(store: Store, finding: Make, clock: FixedClock) -> Queue:
    """Put `number` incidents into the outbox, each for all of `to`."""

    def _queue(*to: object, number: int = 1) -> None:
        found = [finding("volume-spike", f"key:k{n}", at=clock.now()) for n in range(number)]
        with store.transaction() as tx:
            save_findings(tx, found)
            tell_findings(
                tx, found, Telling(routes=(Route(to=to),), timing=replace(AT_ONCE, storm=10_000)), now=clock.now()
            )

    return _queue


@pytest.fixture
def run(store: Store, clock: FixedClock) -> Run:
    """Deliver to targets given as name=url."""

    def _run(worker: str = "w1", limit: int | None = None, within: float = 60.0, **urls: str) -> DeliveryReport:
        targets = [Target(name=name, url=url) for name, url in urls.items()]
        return deliver(store, targets, clock, worker, limit, uniform=no_jitter, within=within)

    return _run


def rows(store: Store) -> list[tuple[str, str, int, str | None]]:
    with store.reading() as tx:
        return [(d.target, str(d.status), d.attempts, d.error_class) for d in reversed(deliveries.list_deliveries(tx))]


def keys(receiver: "Receiver") -> list[str]:
    return [json.loads(body)["idempotency_key"] for _, _, body in receiver.requests]


def test_what_waits_is_sent_once_to_each_target(
    queue: Queue, run: Run, receiver: "Receiver", mailbox: "Mailbox", tmp_path: Path
) -> None:
    queue("hook", "mail", "log", number=2)
    urls = {
        "hook": receiver.url,
        "mail": mailbox.url("sec@example.com"),
        "log": f"jsonl:{tmp_path}/alerts.jsonl",
    }

    report = run(**urls)

    assert (6, 0, 0) == (report.sent, report.retried, report.dead)
    assert {"hook": 2, "mail": 2, "log": 2} == {name: counts.sent for name, counts in report.targets.items()}
    assert (2, 2, 2) == (
        len(receiver.requests),
        len(mailbox.mails),
        len((tmp_path / "alerts.jsonl").read_text().splitlines()),
    )
    assert {} == run(**urls).targets


def test_a_server_error_is_retried_with_growing_pauses_until_it_is_taken(
    store: Store, queue: Queue, run: Run, receiver: "Receiver", clock: FixedClock
) -> None:
    receiver.answers = [(500, {})] * 5 + [(200, {})]
    queue("hook")
    pauses = []
    while not (report := run(hook=receiver.url)).sent:
        assert (1, 0) == (report.retried, report.dead)
        with store.reading() as tx:
            (waiting,) = deliveries.list_deliveries(tx)
        pauses.append((waiting.next_at - clock.now()).total_seconds())
        clock.at = waiting.next_at - timedelta(seconds=1)
        assert {} == run(hook=receiver.url).targets
        clock.at = waiting.next_at

    assert [5, 10, 20, 40, 80] == pauses
    assert [("hook", "sent", 6, None)] == rows(store)
    assert 1 == len(set(keys(receiver)))


def test_retry_after_is_honoured_and_other_targets_do_not_wait(
    store: Store,
    queue: Queue,
    run: Run,
    receivers: "Callable[[], Receiver]",
    clock: FixedClock,
) -> None:
    busy, free = receivers(), receivers()
    busy.answers = [(429, {"Retry-After": "77"}), (200, {})]
    queue("busy", "free", number=3)

    report = run(busy=busy.url, free=free.url)

    assert (1, 3) == (report.targets["busy"].retried, report.targets["free"].sent)
    assert 1 == len(busy.requests)
    with store.reading() as tx:
        first = min(d.next_at for d in deliveries.list_deliveries(tx, target="busy") if d.attempts)
    assert clock.now() + timedelta(seconds=77) <= first


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_what_cannot_pass_is_dead_at_once(
    store: Store, queue: Queue, run: Run, receiver: "Receiver", status: int
) -> None:
    receiver.answers = [(status, {})]
    queue("hook")

    report = run(hook=receiver.url)

    assert (0, 0, 1) == (report.sent, report.retried, report.dead)
    assert [("hook", "dead", 1)] == [row[:3] for row in rows(store)]
    assert 1 == len(receiver.requests)


def test_of_two_mail_targets_the_refused_one_is_dead_and_the_other_gets_one(
    store: Store, queue: Queue, run: Run, mailbox: "Mailbox"
) -> None:
    queue("gone", "later", "here")

    report = run(
        gone=mailbox.url("gone@example.com"),
        later=mailbox.url("later@example.com"),
        here=mailbox.url("here@example.com"),
    )

    assert (1, 1, 1) == (report.sent, report.retried, report.dead)
    assert {("gone", "dead"), ("later", "pending"), ("here", "sent")} == {row[:2] for row in rows(store)}
    assert 1 == len(mailbox.mails)


def test_a_target_that_never_answers_is_unknown_and_tried_again_with_the_same_key(
    store: Store, queue: Queue, run: Run, receiver: "Receiver", clock: FixedClock
) -> None:
    receiver.behaviour = "reset"
    queue("hook")

    assert 1 == run(hook=receiver.url).targets["hook"].unknown
    assert [("hook", "unknown", 1, "network")] == rows(store)
    receiver.behaviour = "answer"
    clock.at += timedelta(seconds=5)
    assert 1 == run(hook=receiver.url).sent
    assert (2, 1) == (len(keys(receiver)), len(set(keys(receiver))))


def test_six_hung_targets_do_not_keep_the_seventh_waiting(
    store: Store, queue: Queue, run: Run, receivers: "Callable[[], Receiver]"
) -> None:
    hung = {f"hung{n}": receivers() for n in range(6)}
    for one in hung.values():
        one.behaviour = "hang"
    fine = receivers()
    queue(*hung, "fine")
    report = run(within=5.0, fine=fine.url, **{name: one.url for name, one in hung.items()})

    assert (sorted(hung), 1) == (sorted(report.hung), report.targets["fine"].sent)
    for one in hung.values():
        one.let_go.set()
    for thread in [t for t in threading.enumerate() if t.name.startswith("deliver-")]:
        thread.join(60)
    assert {("fine", "sent"), *((name, "unknown") for name in hung)} == {row[:2] for row in rows(store)}


def test_a_deliverer_that_died_between_lease_and_mark_is_followed_by_another(
    store: Store, queue: Queue, run: Run, receiver: "Receiver", clock: FixedClock
) -> None:
    queue("hook")
    with store.transaction() as tx:
        (leased,) = deliveries.lease(
            tx, target="hook", worker="dead", now=clock.now(), until=clock.now() + timedelta(minutes=5)
        )

    assert {} == run(hook=receiver.url).targets
    clock.at += timedelta(minutes=5)
    report = run(hook=receiver.url)

    assert (1, 1) == (report.expired, report.sent)
    assert [leased.idempotency_key] == keys(receiver)
    assert [("hook", "sent", 2, None)] == rows(store)


def test_what_is_being_sent_stays_its_deliverer_s_for_five_minutes_and_a_killed_one_s_for_one(
    store: Store, queue: Queue, run: Run, receiver: "Receiver", clock: FixedClock
) -> None:
    queue("hook")
    sending, let_go = threading.Event(), threading.Event()

    class Slow:
        def send(self, *_: object) -> None:
            sending.set()
            let_go.wait(20)

    alive = Deliverer(store, clock, "alive", opener=lambda *_: Slow())
    hook = [Target(name="hook", url=receiver.url)]
    alive.deliver(hook, within=0.05)
    assert sending.is_set()
    for seconds in (50, 100, 150, 200, 250, 290):  # it is there, and calls again
        clock.at, clock.ticks = clock.at + timedelta(seconds=seconds) - timedelta(seconds=clock.ticks), float(seconds)
        alive.deliver(hook, within=0.05)
        assert {} == run("other", hook=receiver.url).targets
    clock.at += timedelta(seconds=60)  # it is not

    assert (1, 1) == ((report := run("other", hook=receiver.url)).expired, report.sent)
    let_go.set()


def test_two_deliverers_send_each_delivery_once(queue: Queue, run: Run, receiver: "Receiver") -> None:
    queue("hook", number=30)
    reports = {}
    threads = [
        threading.Thread(target=lambda worker=worker: reports.update({worker: run(worker, hook=receiver.url)}))
        for worker in ("w1", "w2")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 30 == sum(report.sent for report in reports.values()) == len(receiver.requests)
    assert 30 == len(set(keys(receiver)))


def test_a_limit_is_kept_and_the_rest_waits(queue: Queue, run: Run, receiver: "Receiver") -> None:
    queue("hook", number=5)

    assert 2 == run(limit=2, hook=receiver.url).sent
    assert 3 == run(hook=receiver.url).sent


def test_a_target_that_keeps_failing_gets_a_rest(queue: Queue, run: Run, receiver: "Receiver") -> None:
    receiver.answers = [(500, {})]
    queue("hook", number=10)

    assert 3 == run(hook=receiver.url).retried
    assert 3 == len(receiver.requests)


def test_one_bad_message_does_not_hold_up_the_others(queue: Queue, run: Run, receiver: "Receiver") -> None:
    receiver.answers = [(500, {})] + [(200, {})] * 4 + [(500, {})]
    queue("hook", number=5)

    assert 4 == run(hook=receiver.url).sent


def test_after_a_day_without_success_it_is_dead(
    queue: Queue, run: Run, receiver: "Receiver", clock: FixedClock
) -> None:
    receiver.answers = [(500, {})]
    queue("hook")
    clock.at += BUDGET

    assert 1 == run(hook=receiver.url).dead


def test_a_target_that_left_the_config_is_dead_and_a_wrong_url_is_retried(store: Store, queue: Queue, run: Run) -> None:
    queue("gone", "wrong")

    run(wrong="nosuch://token-9f8e7d6c/")

    with store.reading() as tx:
        said = {d.target: (str(d.status), d.last_error) for d in deliveries.list_deliveries(tx)}
    assert ("dead", "The config has no target 'gone' any more.") == said["gone"]
    assert "pending" == said["wrong"][0]
    assert "token-9f8e7d6c" not in said["wrong"][1]


def test_a_channel_that_breaks_is_a_retry_and_not_the_end(store: Store, queue: Queue, clock: FixedClock) -> None:
    class Broken:
        def send(self, *_: object) -> Never:
            raise ZeroDivisionError

    queue("odd")

    report = deliver(store, [Target(name="odd", url="x:y")], clock, "w1", opener=lambda *_: Broken())

    assert 1 == report.targets["odd"].unknown


def test_a_broken_store_is_not_taken_for_a_broken_target(
    store: Store, queue: Queue, clock: FixedClock, receiver: "Receiver"
) -> None:
    queue("hook")

    class Failing:
        calls = 0

        def transaction(self) -> AbstractContextManager[Session]:
            self.calls += 1
            if self.calls > 2:
                raise InterruptedError
            return store.transaction()

    with pytest.raises(InterruptedError):
        deliver(Failing(), [Target(name="hook", url=receiver.url)], clock, "w1")


def test_the_back_off_is_uniform_below_a_growing_cap_and_ends_with_the_budget(clock: FixedClock) -> None:
    asked = []

    def uniform(low: float, high: float) -> float:
        asked.append((low, high))
        return high / 2

    given = {"written": clock.now(), "uniform": uniform}
    pauses = [
        (next_try(clock.now(), attempts=n, retry_after=None, **given) - clock.now()).total_seconds()
        for n in (1, 2, 8, 9, 500)
    ]

    assert [2.5, 5, 320, 450, 450] == pauses
    assert [(0, 5), (0, 10), (0, 640), (0, 900), (0, 900)] == asked
    assert clock.now() + timedelta(seconds=62.5) == next_try(clock.now(), attempts=1, retry_after=60.0, **given)
    assert next_try(clock.now() + BUDGET, attempts=1, retry_after=None, **given) is None


def test_a_test_message_is_marked_and_says_what_failed(receiver: "Receiver", clock: FixedClock) -> None:
    target = Target(name="hook", url=receiver.url)

    assert test_target(target, clock) is None
    receiver.answers = [(500, {})]
    error = test_target(target, clock)

    said = json.loads(receiver.requests[0][2])
    assert ("test", True) == (said["kind"], said["title"].startswith(MARK))
    assert f"http://127.0.0.1:{receiver.port}/**** answered 500 Internal Server Error." == str(error)
    assert "no URL" in str(test_target(Target(name="x", url="nosuch"), clock))


def test_a_target_does_not_show_its_url() -> None:
    shown = repr(Target(name="x", url="https://x/tok", secret="hush"))

    assert "tok" not in shown
    assert "hush" not in shown


def test_a_hundred_alerts_take_little_time(queue: Queue, run: Run, receiver: "Receiver") -> None:
    queue("hook", number=100)
    began = time.process_time()  # of this process, the receiver's too: a busy machine must not fail the test

    assert 100 == run(hook=receiver.url, within=120).sent
    assert time.process_time() - began < 8

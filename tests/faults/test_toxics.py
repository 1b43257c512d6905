"""Between us and the receiver lies a network that delays, cuts, resets and falls silent.

Whatever it does: every message arrives; what came twice was held to be unknown, and came with the same key; and a
target beside it is served at once.
"""

import email
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from alerts.channels.interface import Channel
from alerts.channels.open import open_target
from alerts.channels.webhook import WebhookChannel
from alerts.config import AT_ONCE, Route, Target, Telling
from alerts.delivery import DeliveryReport, deliver
from alerts.outbox import tell_findings
from model.clock import Clock, FixedClock
from model.incident import Delivery
from store.handle import Store
from store.state import deliveries
from store.state.findings import save_findings
from tests.alerts.conftest import T0, Mailbox, Receiver, clock, mailbox, make_finding, receiver, receivers, store
from tests.faults.toxics import Proxy, Toxic, proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["clock", "mailbox", "receiver", "receivers", "store"]

LITTLE, MUCH = 1.0, 60.0
"""Seconds: where it must run out, and where a busy machine must not let it."""
SENT, NOT_SENT, UNKNOWN = "sent", "pending", "unknown"


@pytest.fixture
def between(receiver: Receiver) -> "Iterator[Proxy]":
    with proxy(receiver.port) as opened:
        yield opened


def patience(toxic: Toxic) -> float:
    """Little with what falls silent or drips, much with all else."""
    return LITTLE if toxic.hang or toxic.slice == 1 else MUCH


def opener(toxic: Toxic) -> Callable[[Target, Clock], Channel]:
    """Our own channels with the patience that fits what is wrong."""

    def opened(target: Target, clock: Clock) -> Channel:
        if target.url.startswith("http"):
            return WebhookChannel(target.url, clock, timeout=patience(toxic))
        return open_target(target, clock)

    return opened


def queued(store: Store, *to: str) -> None:
    found = [make_finding("volume-spike", f"key:k{n}", at=T0) for n in range(2)]
    with store.transaction() as tx:
        save_findings(tx, found)
        tell_findings(tx, found, Telling(routes=(Route(to=to),), timing=replace(AT_ONCE, storm=100)), now=T0)


def posted(store: Store, clock: FixedClock, toxic: Toxic, **urls: str) -> DeliveryReport:
    targets = [Target(name=name, url=url) for name, url in urls.items()]
    return deliver(store, targets, clock, "w1", opener=opener(toxic), uniform=lambda _low, high: high)


def listed(store: Store, target: str) -> list[Delivery]:
    with store.reading() as tx:
        return deliveries.list_deliveries(tx, target=target)


HTTP = [
    pytest.param(Toxic(latency=0.05), {SENT}, id="latency"),
    pytest.param(Toxic(slice=64, latency=0.002), {SENT}, id="little bandwidth"),
    pytest.param(Toxic(slice=16, latency=0.0005), {SENT}, id="slicer"),
    pytest.param(Toxic(slice=1, latency=0.004), {UNKNOWN}, id="a drip slower than our patience"),
    pytest.param(Toxic(slow_close=0.3), {SENT}, id="slow close"),
    pytest.param(Toxic(limit_up=0, reset=True), {UNKNOWN}, id="reset at once"),
    pytest.param(Toxic(limit_up=300, reset=True), {UNKNOWN}, id="reset in the middle of the request"),
    pytest.param(Toxic(limit_up=300), {UNKNOWN}, id="end in the middle of the request"),
    pytest.param(Toxic(limit_up=300, hang=True), {UNKNOWN}, id="silence in the middle of the request"),
    pytest.param(Toxic(limit_down=0, reset=True), {UNKNOWN}, id="reset before the answer"),
    pytest.param(Toxic(limit_down=9, reset=True), {UNKNOWN}, id="reset in the middle of the answer"),
    pytest.param(Toxic(limit_down=9, hang=True), {UNKNOWN}, id="silence in the middle of the answer"),
]


@pytest.mark.parametrize(("toxic", "first"), HTTP)
def test_a_webhook_behind_a_bad_network_gets_every_message(
    store: Store, clock: FixedClock, receiver: Receiver, between: Proxy, receivers: Callable[[], Receiver],
    toxic: Toxic, first: set[str],
) -> None:  # fmt: skip
    fine = receivers()
    queued(store, "far", "near")
    between.toxic = toxic
    urls = {"far": f"http://127.0.0.1:{between.port}{urlsplit(receiver.url).path}", "near": fine.url}
    posted(store, clock, toxic, **urls)
    after = {str(one.status) for one in listed(store, "far")}
    near = len(fine.requests)
    between.toxic = Toxic()
    healed(store, clock, urls)

    assert (first, 2) == (after, near)
    came = Counter(headers["Idempotency-Key"] for _, headers, _ in receiver.requests)
    bounded(came, listed(store, "far"))


def healed(store: Store, clock: FixedClock, urls: dict[str, str]) -> None:
    """Deliver until nothing waits any more."""
    until = time.monotonic() + MUCH
    while any(one.status != SENT for name in urls for one in listed(store, name)):
        assert time.monotonic() < until
        clock.at += timedelta(minutes=16)
        posted(store, clock, Toxic(), **urls)


def bounded(came: Counter[str], rows: list[Delivery]) -> None:
    """Each came, and never more often than it was tried."""
    tries = {row.idempotency_key: row.attempts for row in rows}
    assert set(tries) == set(came)
    assert all(1 <= number <= tries[key] for key, number in came.items()), (came, tries)


SMTP = [
    pytest.param(Toxic(latency=0.01), {SENT}, id="latency"),
    pytest.param(Toxic(limit_down=0, reset=True), {NOT_SENT}, id="reset before the greeting"),
    pytest.param(Toxic(limit_up=60, reset=True), {NOT_SENT}, id="reset before the recipient"),
    pytest.param(Toxic(limit_up=900, reset=True), {UNKNOWN}, id="reset in the middle of the mail"),
    pytest.param(Toxic(limit_up=900, hang=True), {UNKNOWN}, id="silence in the middle of the mail"),
]


@pytest.mark.parametrize(("toxic", "first"), SMTP)
def test_a_mail_server_behind_a_bad_network_gets_every_mail(
    store: Store, clock: FixedClock, mailbox: Mailbox, toxic: Toxic, first: set[str]
) -> None:
    url = mailbox.url("sec@example.com") + f"&rto={patience(toxic)}"
    port = urlsplit(url).port
    assert port is not None
    queued(store, "mail")
    with proxy(port) as between:
        url = url.replace(f":{port}?", f":{between.port}?")
        between.toxic = toxic
        posted(store, clock, toxic, mail=url)
        after = {str(one.status) for one in listed(store, "mail")}
        between.toxic = Toxic()
        healed(store, clock, {"mail": url})

    assert first == after
    ids = (str(email.message_from_bytes(raw)["Message-ID"]) for raw in mailbox.mails)
    bounded(Counter(one.strip("<>").partition("@")[0] for one in ids), listed(store, "mail"))


def test_a_proxy_that_is_down_is_a_failure_that_has_nothing(
    store: Store, clock: FixedClock, receiver: Receiver
) -> None:
    queued(store, "far")
    with proxy(receiver.port) as between:
        port = between.port
    posted(store, clock, Toxic(), far=f"http://127.0.0.1:{port}/")

    assert {(NOT_SENT, "network")} == {(str(one.status), one.error_class) for one in listed(store, "far")}
    assert [] == receiver.requests

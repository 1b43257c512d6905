from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Never

import pytest

from alerts.config import Matcher, Route, Telling
from alerts.outbox import tell_findings
from model.clock import FixedClock
from model.finding import Finding, FindingStatus, Severity
from model.key import Key, KeyId
from store.handle import Store
from store.state import deliveries
from store.state.findings import list_findings, save_findings
from store.state.incidents import list_incidents
from store.state.inventory import save_keys

Make = Callable[..., Finding]
Tell = Callable[..., list[tuple[str, str]]]

EVERYTHING = [Route(to=("chat",))]
GRAVE = [Route(when=Matcher(severity=Severity.HIGH), to=("chat",))]


def telling(routes: Sequence[Route]) -> Telling:
    return Telling(routes=tuple(routes), link_base="https://kw.example.com/")


@pytest.fixture
def tell(store: Store, clock: FixedClock) -> Tell:
    """Save findings and tell them in one transaction, as a cycle does; returns (kind, headline) of what was told."""

    def _tell(*findings: object, routes: Sequence[Route] = GRAVE) -> list[tuple[str, str]]:
        with store.transaction() as tx:
            save_findings(tx, findings)
            told = tell_findings(tx, findings, telling(routes), now=clock.now())
        return [(alert.kind, alert.title) for alert in told.alerts]

    return _tell


def resolved(finding: Make, clock: FixedClock) -> Finding:
    return replace(finding, status=FindingStatus.RESOLVED, resolved_at=clock.now())


def queued(store: Store) -> list[tuple[str, str]]:
    with store.reading() as tx:
        return [(d.target, d.alert.kind) for d in reversed(deliveries.list_deliveries(tx))]


def test_an_incident_is_told_when_it_opens_and_not_again(
    tell: Tell, store: Store, finding: Make, clock: FixedClock
) -> None:
    burst = finding(at=clock.now())

    assert [("opened", "[high] 60 failed calls from 203.0.113.9")] == tell(burst)
    assert [] == tell(burst)
    assert [("chat", "opened")] == queued(store)
    with store.reading() as tx:
        assert [list_incidents(tx)[0].id] == [found.incident_id for found in list_findings(tx)]


def test_more_of_the_same_is_no_news(tell: Tell, finding: Make, clock: FixedClock) -> None:
    burst = finding(at=clock.now())
    tell(burst)
    clock.at += timedelta(minutes=5)
    piece = replace(burst.evidence[0], bucket=clock.now(), last_seen=clock.now())

    assert [] == tell(replace(burst, evidence=(*burst.evidence, piece), count=120, last_seen=clock.now()))


def test_another_detector_and_a_higher_severity_are_news_and_say_so(
    tell: Tell, store: Store, finding: Make, clock: FixedClock
) -> None:
    tell(finding(at=clock.now()))
    clock.at += timedelta(minutes=4)
    guessing = finding("key-stuffing", at=clock.now(), title="40 unknown keys tried.")

    assert [("updated", "[critical] Update: 60 failed calls from 203.0.113.9, then 40 unknown keys tried")] == tell(
        guessing
    )
    with store.reading() as tx:
        update = deliveries.list_alerts(tx)[-1]
    assert "New: The severity rose from high to critical.\nNew: key-stuffing joined." in update.body
    assert f"https://kw.example.com/incidents?incident={update.incident_id}" in update.body


def test_another_view_of_the_same_calls_is_no_news(tell: Tell, finding: Make, clock: FixedClock) -> None:
    tell(finding(at=clock.now()))

    assert [] == tell(finding("key-guessing", at=clock.now()))


def test_the_end_is_told_to_those_who_heard_of_it(tell: Tell, store: Store, finding: Make, clock: FixedClock) -> None:
    burst = finding(at=clock.now())
    tell(burst)

    assert [("resolved", "[high] Resolved: 60 failed calls from 203.0.113.9")] == tell(
        resolved(burst, clock), routes=[Route(to=("mail",))]
    )
    assert [] == tell(resolved(burst, clock))
    assert [("chat", "opened"), ("chat", "resolved")] == queued(store)


def test_what_comes_back_is_told_again(tell: Tell, finding: Make, clock: FixedClock) -> None:
    burst = finding(at=clock.now())
    tell(burst)
    tell(resolved(burst, clock))
    clock.at += timedelta(hours=2)

    assert ["opened"] == [kind for kind, _ in tell(finding(at=clock.now()))]


def test_what_is_over_when_it_is_first_seen_is_recorded_and_not_told(
    tell: Tell, store: Store, finding: Make, clock: FixedClock
) -> None:
    burst = finding(at=clock.now() - timedelta(days=9))

    assert [] == tell(resolved(burst, clock))
    assert [] == queued(store)
    with store.reading() as tx:
        assert 1 == len(list_incidents(tx))


def test_what_is_muted_is_not_told(tell: Tell, finding: Make, clock: FixedClock) -> None:
    assert [] == tell(replace(finding(at=clock.now()), status=FindingStatus.MUTED))


def test_low_ones_need_a_route_and_grave_ones_are_recorded_without(
    tell: Tell, store: Store, finding: Make, clock: FixedClock
) -> None:
    low = finding("unused-key", "key:k1", at=clock.now(), severity=Severity.LOW)
    high = finding(at=clock.now())

    assert [] == tell(low)
    assert ["opened"] == [kind for kind, _ in tell(high, routes=[])]
    assert [] == queued(store)


def test_incidents_that_no_route_took_are_told_once_a_route_does_without_news(
    tell: Tell, store: Store, finding: Make, clock: FixedClock
) -> None:
    tell(finding(at=clock.now()), finding("unused-key", "key:k1", severity=Severity.LOW), routes=[])

    assert ["opened", "opened"] == [kind for kind, _ in tell(routes=EVERYTHING)]
    assert [("chat", "opened"), ("chat", "opened")] == queued(store)
    assert [] == tell(routes=EVERYTHING)


def test_routes_and_messages_know_the_keys_labels_and_hint(
    tell: Tell, store: Store, finding: Make, clock: FixedClock
) -> None:
    with store.transaction() as tx:
        save_keys(tx, [Key(key_id=KeyId("k1"), hint="sk_…1234", labels={"tier": "gold"})], clock.now())
    gold = [Route(when=Matcher(labels={"tier": "gold"}), to=("pager",))]

    tell(finding("volume-spike", "key:k1", at=clock.now()), routes=gold)

    with store.reading() as tx:
        (delivery,) = deliveries.list_deliveries(tx)
    assert ("pager", "sk_…1234") == (delivery.target, delivery.alert.payload["key"]["hint"])
    assert "Key: k1, sk_…1234" in delivery.alert.body


def test_nothing_is_told_when_the_transaction_fails(store: Store, finding: Make, clock: FixedClock) -> None:
    burst = finding(at=clock.now())

    def fail() -> Never:
        with store.transaction() as tx:
            save_findings(tx, [burst])
            tell_findings(tx, [burst], telling(EVERYTHING), now=clock.now())
            raise InterruptedError

    with pytest.raises(InterruptedError):
        fail()
    assert [] == queued(store)


def test_a_clock_set_back_does_not_repeat_an_alert(tell: Tell, finding: Make, clock: FixedClock) -> None:
    burst = finding(at=clock.now())
    tell(burst)
    tell(resolved(burst, clock))
    clock.at -= timedelta(hours=1)
    tell(finding("key-stuffing", at=burst.first_seen))

    assert [] == tell(finding("key-stuffing", at=burst.first_seen))


def test_the_idempotency_key_differs_by_target_and_says_nothing(
    tell: Tell, store: Store, finding: Make, clock: FixedClock
) -> None:
    tell(finding(at=clock.now()), routes=[Route(to=("chat", "mail"))])

    with store.reading() as tx:
        keys = [delivery.idempotency_key for delivery in deliveries.list_deliveries(tx)]
    assert len(set(keys)) == 2
    assert all(key.startswith("kw-") and len(key) == 19 for key in keys)

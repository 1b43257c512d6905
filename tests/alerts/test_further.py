"""When an incident that was told reaches further keys and addresses."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.config import Timing
from model.clock import FixedClock
from model.finding import Finding, Severity
from model.incident import IncidentStatus
from store.handle import Store
from tests.alerts.conftest import T0, make_finding
from tests.alerts.test_telling import Desk, burst, minutes

ATTACKER = {"said": {"ip": "203.0.113.9"}}


@pytest.fixture
def desk(store: Store, clock: FixedClock) -> Desk:
    return Desk(store, clock)


def key(desk: Desk, number: int, severity: Severity = Severity.HIGH, **more: object) -> Finding:
    """A key that the address of `burst` got into."""
    about = {"severity": severity, "ip": "203.0.113.9", "detail": ATTACKER}
    return make_finding("burst-then-success", f"key:k{number}", at=desk.clock.now(), **about, **more)


def opened(desk: Desk) -> None:
    """Told with one key, at its full severity."""
    desk.cycle(burst(severity=Severity.CRITICAL), key(desk, 0))


def test_further_keys_are_told_after_the_interval_with_their_number(desk: Desk) -> None:
    opened(desk)
    assert [] == desk.kinds(key(desk, 1), after=minutes(2))

    (told,) = desk.cycle(key(desk, 2), after=minutes(3)).alerts
    assert ("updated", ["2 further keys."]) == (told.kind, told.payload["changes"])
    assert "2 further keys." in desk.deliveries()[-1].alert.body


def test_a_further_address_is_told_and_what_is_medium_is_not(desk: Desk) -> None:
    desk.cycle(burst(severity=Severity.CRITICAL))
    neighbour = make_finding(subject="ip:203.0.113.10", at=T0, severity=Severity.MEDIUM)

    assert [] == desk.kinds(neighbour, after=minutes(6))
    (told,) = desk.cycle(replace(neighbour, severity=Severity.HIGH)).alerts
    assert ["1 further address."] == told.payload["changes"]


def test_each_further_word_waits_twice_as_long_as_the_last(desk: Desk) -> None:
    opened(desk)
    spoke = [minute for minute in range(1, 700) if desk.kinds(key(desk, minute), after=minutes(1))]

    assert [5, 15, 35, 75, 155, 315, 555] == spoke


def test_a_day_of_thousands_of_addresses_is_a_dozen_messages(desk: Desk) -> None:
    kinds = Counter(desk.kinds(burst(severity=Severity.CRITICAL)))
    for quarter in range(96):
        wave = [make_finding(subject=f"ip:203.0.113.{quarter}", at=desk.clock.now()), key(desk, quarter)]
        kinds.update(desk.kinds(*wave, after=minutes(15)))

    assert {"opened": 1, "updated": 10} == kinds


def test_twice_as_many_critical_keys_do_not_wait_longer_than_the_interval(desk: Desk) -> None:
    desk.cycle(burst(severity=Severity.CRITICAL), key(desk, 0, Severity.CRITICAL))
    told = {n: desk.cycle(key(desk, n, Severity.CRITICAL), after=minutes(1)).alerts for n in range(1, 61)}
    spoke = {minute: alerts[0].payload["changes"][0] for minute, alerts in told.items() if alerts}

    assert [5, 12, 26, 54] == list(spoke)
    assert "28 further keys, 28 of them critical." == spoke[54]


def test_whoever_acknowledged_it_hears_of_critical_ones_only(desk: Desk) -> None:
    opened(desk)
    desk.change(status=IncidentStatus.ACKNOWLEDGED)

    assert [] == desk.kinds(key(desk, 1), after=minutes(60))
    assert ["updated"] == desk.kinds(key(desk, 2, Severity.CRITICAL), after=minutes(60))


def test_what_comes_while_the_opening_waits_is_told_with_it_and_is_no_news_later(desk: Desk) -> None:
    desk.telling = replace(desk.telling, timing=Timing())
    opened(desk)
    desk.cycle(key(desk, 1), after=timedelta(seconds=10))

    assert [] == desk.kinds(after=minutes(60))
    (delivery,) = desk.deliveries()
    assert {"keys": 2, "addresses": 1, "critical": 1} == delivery.alert.payload["spread"]


def test_a_rise_in_severity_names_them_too_and_they_are_told_once(desk: Desk) -> None:
    desk.cycle(burst())
    (told,) = desk.cycle(key(desk, 1), after=minutes(1)).alerts

    assert ["1 further key."] == told.payload["changes"][-1:]
    assert [] == desk.kinds(after=minutes(60))


def test_an_incident_that_an_older_release_told_counts_what_was_found_since(desk: Desk) -> None:
    opened(desk)
    with desk.store.transaction() as tx:
        tx.connection().exec_driver_sql("UPDATE alerts SET payload = json_remove(payload, '$.spread')")

    assert [] == desk.kinds(after=minutes(6))
    (told,) = desk.cycle(key(desk, 1)).alerts
    assert ["1 further key."] == told.payload["changes"]

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.incidents import group
from model.clock import FixedClock
from model.finding import Finding, FindingStatus, Severity
from model.incident import IncidentStatus

Make = Callable[..., Finding]

NOW = timedelta(hours=1)


def burst_and_success(finding: Make, clock: FixedClock) -> tuple[Finding, Finding]:
    burst = finding(at=clock.now(), count=60)
    success = finding(
        "burst-then-success",
        "key:k1",
        at=clock.now() + timedelta(minutes=4),
        severity=Severity.HIGH,
        key_name="billing-prod",
        count=25,
        detail={"failed": 60, "said": {"ip": "203.0.113.9"}},
    )
    return burst, success


def test_a_burst_and_the_success_after_it_are_one_incident_told_in_order(finding: Make, clock: FixedClock) -> None:
    burst, success = burst_and_success(finding, clock)

    incidents = group([], [success, burst], clock.now() + NOW)

    assert ["60 failed calls from 203.0.113.9, then 25 successful ones with key billing-prod"] == [
        incident.headline for incident in incidents
    ]
    assert ("key:k1", "k1", "203.0.113.9") == (
        f"key:{incidents[0].key_id}",
        incidents[0].findings[1].key_id,
        incidents[0].ip,
    )


def test_a_second_detector_raises_the_severity_one_step(finding: Make, clock: FixedClock) -> None:
    burst, success = burst_and_success(finding, clock)

    (alone,) = group([], [burst], clock.now())
    (both,) = group([alone], [success], clock.now())

    assert (Severity.HIGH, Severity.CRITICAL) == (alone.severity, both.severity)
    assert alone.id == both.id


def test_two_views_of_one_burst_do_not_raise_the_severity(finding: Make, clock: FixedClock) -> None:
    by_address = finding(at=clock.now())
    by_key = finding("auth-burst-key", "key:k1", at=clock.now(), detail={"addresses": 1, "said": {"ip": "203.0.113.9"}})
    guessing = finding("key-guessing", at=clock.now())

    (incident,) = group([], [by_address, by_key, guessing], clock.now())

    assert (Severity.HIGH, "60 failed calls from 203.0.113.9") == (incident.severity, incident.headline)


def test_a_key_attacked_from_many_addresses_is_told_beside_one_of_them(finding: Make, clock: FixedClock) -> None:
    by_key = finding(
        "auth-burst-key", "key:k1", at=clock.now(), count=900, detail={"addresses": 20, "said": {"ip": "203.0.113.9"}}
    )
    success = finding(
        "burst-then-success",
        "key:k1",
        at=clock.now() + NOW,
        detail={"said": {"ip": "203.0.113.9"}},
        count=5,
        title="30 failed calls from 203.0.113.9, then 5 successful ones with key k1",
    )
    by_address = finding(at=clock.now() + timedelta(minutes=9), count=30)

    (incident,) = group([], [by_key, success, by_address], clock.now() + NOW)
    (without,) = group([], [by_key, success], clock.now() + NOW)

    assert incident.headline == (
        "900 failed calls with key k1, then 30 failed calls from 203.0.113.9, then 5 successful ones with key k1"
    )
    assert without.headline == (
        "900 failed calls with key k1, then 30 failed calls from 203.0.113.9, then 5 successful ones with key k1"
    )


def test_critical_is_the_top_and_a_remark_raises_nothing(finding: Make, clock: FixedClock) -> None:
    top = finding(at=clock.now(), severity=Severity.CRITICAL)
    other = finding("volume-spike", "key:k1", at=clock.now(), detail={"attacker": "203.0.113.9"})
    remark = finding("new-origin", at=clock.now(), severity=Severity.INFO)

    (incident,) = group([], [top, other], clock.now())
    (remarked,) = group([], [other, remark], clock.now())

    assert (Severity.CRITICAL, Severity.HIGH) == (incident.severity, remarked.severity)


def test_a_success_is_told_after_its_burst_even_if_its_bucket_began_before(finding: Make, clock: FixedClock) -> None:
    burst = finding(at=clock.now())
    success = finding("burst-then-success", "key:k1", at=clock.now() - timedelta(minutes=1), count=1, ip="203.0.113.9")

    (incident,) = group([], [burst, replace(success, evidence=())], clock.now())

    assert "60 failed calls from 203.0.113.9, then 1 successful one with key k1" == incident.headline


def test_an_address_in_passing_joins_nothing(finding: Make, clock: FixedClock) -> None:
    one = finding("volume-spike", "key:k1", at=clock.now(), ip="198.51.100.1")
    other = finding("volume-spike", "key:k2", at=clock.now(), ip="198.51.100.1")

    assert len(group([], [one, other], clock.now())) == 2


def test_an_egress_of_many_keys_makes_no_incident_of_strangers(finding: Make, clock: FixedClock) -> None:
    strangers = [
        finding("volume-spike", f"key:k{n}", at=clock.now(), detail={"attacker": "198.51.100.1"}) for n in range(5)
    ]

    assert len(group([], strangers, clock.now())) == 5
    assert len(group([], strangers[:2], clock.now(), shared=["198.51.100.1"])) == 2
    assert len(group([], strangers[:2], clock.now())) == 1


def test_upkeep_of_a_key_stays_apart_from_an_attack_on_it(finding: Make, clock: FixedClock) -> None:
    unused = finding("unused-key", "key:k1", at=clock.now() - timedelta(days=60), severity=Severity.LOW)
    old = finding("over-age-key", "key:k1", at=clock.now() - timedelta(days=2), severity=Severity.MEDIUM)
    attack = finding("revoked-or-expired-key-used", "key:k1", at=clock.now())

    incidents = group([], [unused, old, attack], clock.now())

    assert [{"unused-key", "over-age-key"}, {"revoked-or-expired-key-used"}] == [
        {member.detector for member in incident.findings} for incident in incidents
    ]
    assert Severity.MEDIUM == incidents[0].severity


def test_what_lies_more_than_a_day_apart_is_another_incident(finding: Make, clock: FixedClock) -> None:
    first = finding(at=clock.now(), status=FindingStatus.RESOLVED)
    second = finding(at=clock.now() + timedelta(days=3))

    assert len(group([], [first, second], clock.now() + timedelta(days=3))) == 2


def test_an_incident_resolves_with_its_findings_and_opens_again_with_a_new_one(
    finding: Make, clock: FixedClock
) -> None:
    burst = finding(at=clock.now())
    (opened,) = group([], [burst], clock.now())
    over = replace(burst, status=FindingStatus.RESOLVED, resolved_at=clock.now() + NOW)

    (resolved,) = group([opened], [over], clock.now() + NOW)
    again = finding("key-guessing", at=clock.now() + 2 * NOW)
    (reopened,) = group([resolved], [again], clock.now() + 2 * NOW)

    assert (IncidentStatus.RESOLVED, clock.now() + NOW) == (resolved.status, resolved.resolved_at)
    assert (IncidentStatus.OPEN, None, opened.id) == (reopened.status, reopened.resolved_at, reopened.id)


def test_what_a_person_resolved_stays_so_until_something_new_joins(finding: Make, clock: FixedClock) -> None:
    burst = finding(at=clock.now())
    (opened,) = group([], [burst], clock.now())
    closed = replace(opened, status=IncidentStatus.RESOLVED, resolved_at=clock.now())

    more = replace(burst, last_seen=burst.last_seen + NOW, evidence=(), title="more of it")

    assert {IncidentStatus.RESOLVED} == {incident.status for incident in group([closed], [more], clock.now())}


def test_a_finding_that_comes_with_new_evidence_only_is_added_up(finding: Make, clock: FixedClock) -> None:
    burst = finding(at=clock.now(), count=60)
    (opened,) = group([], [burst], clock.now())
    piece = replace(burst.evidence[0], bucket=clock.now() + NOW, last_seen=burst.last_seen + NOW, count=40)

    (grown,) = group([opened], [replace(burst, evidence=(piece,), count=40)], clock.now())

    assert "100 failed calls from 203.0.113.9" == grown.headline
    assert burst.last_seen + NOW == grown.last_seen


def test_more_evidence_alone_is_no_update_and_a_new_member_is(finding: Make, clock: FixedClock) -> None:
    burst = finding("volume-spike", "key:k1", at=clock.now())
    (opened,) = group([], [burst], clock.now())
    piece = replace(burst.evidence[0], bucket=clock.now() + NOW, last_seen=burst.last_seen + NOW)

    (grown,) = group([opened], [replace(burst, evidence=(piece,))], clock.now() + NOW)
    (joined,) = group([grown], [finding("flatline", "key:k1", at=clock.now())], clock.now() + NOW)

    assert [clock.now(), clock.now() + NOW] == [grown.updated_at, joined.updated_at]
    assert burst.last_seen + NOW == grown.last_seen


def test_a_headline_that_does_not_fit_counts_what_it_leaves_out(finding: Make, clock: FixedClock) -> None:
    many = [
        finding(f"detector-{n}", "key:k1", at=clock.now() + timedelta(minutes=n), title=f"Thing {n} " + "x" * 60)
        for n in range(9)
    ]

    (incident,) = group([], many, clock.now())

    assert incident.headline.endswith(", +6 more")
    assert len(incident.headline) <= 240


def test_control_characters_of_a_log_do_not_reach_the_headline(finding: Make, clock: FixedClock) -> None:
    evil = finding("volume-spike", "key:k1", at=clock.now(), title="Spike \x1b[31m by \u202eevil\nBcc: x")

    (incident,) = group([], [evil], clock.now())

    assert incident.headline == r"Spike \x1b[31m by \u202eevil\x0aBcc: x"


def test_a_network_tells_its_addresses_and_the_success_from_another_one(finding: Make, clock: FixedClock) -> None:
    network = finding("auth-burst-network", "network:203.0.113.0/24", at=clock.now(), count=90)
    address = finding("key-guessing", "ip:203.0.113.9", at=clock.now(), count=20)
    success = finding(
        "burst-then-success",
        "key:k1",
        at=clock.now() + timedelta(minutes=20),
        key_name="billing-prod",
        count=7,
        detail={"by": "network", "said": {"ip": "203.0.113.77"}},
    )

    (incident,) = group([], [address, success, network], clock.now() + NOW)

    assert incident.headline == (
        "90 failed calls from 203.0.113.0/24, then 7 successful ones with key billing-prod from 203.0.113.77"
    )


def test_a_key_under_attack_that_succeeds_from_a_third_place_is_told_once(finding: Make, clock: FixedClock) -> None:
    burst = finding("auth-burst-key", "key:k1", at=clock.now(), detail={"addresses": 1, "said": {"ip": "203.0.113.9"}})
    success = finding(
        "burst-then-success",
        "key:k1",
        at=clock.now() + NOW,
        count=4,
        detail={"by": "key_ref", "said": {"ip": "192.0.2.7"}},
    )

    (incident,) = group([], [burst, success], clock.now() + NOW)

    assert "60 failed calls with key k1 from 203.0.113.9, then 4 successful ones from 192.0.2.7" == incident.headline


def test_guessing_alone_says_what_was_tried(finding: Make, clock: FixedClock) -> None:
    guessing = finding(
        "key-guessing", at=clock.now(), title="60 failed calls from 203.0.113.9 with keys that do not exist"
    )

    (incident,) = group([], [guessing], clock.now())

    assert "60 failed calls from 203.0.113.9 with keys that do not exist" == incident.headline


def test_an_outage_and_an_attack_of_many_are_two_incidents(finding: Make, clock: FixedClock) -> None:
    outage = finding("platform-failures", "platform:all", at=clock.now())
    attack = finding("distributed-guessing", "platform:all", at=clock.now(), detail={"attackers": ["203.0.113.9"]})
    address = finding("auth-burst-address", at=clock.now())

    incidents = group([], [outage, attack, address], clock.now())

    assert [["platform-failures"], ["auth-burst-address", "distributed-guessing"]] == sorted(
        (sorted(member.detector for member in incident.findings) for incident in incidents), key=len
    )


drawn = st.lists(
    st.tuples(
        st.sampled_from(["auth-burst-address", "auth-burst-key", "new-origin", "unused-key", "burst-then-success"]),
        st.integers(0, 3),
        st.integers(0, 200),
        st.booleans(),
        st.sampled_from(list(Severity)),
    ),
    max_size=14,
    unique_by=lambda row: row[:3],
)


def drawn_findings(rows: list[Any], finding: Make, clock: FixedClock) -> Iterator[Finding]:
    for detector, who, hours, resolved, severity in rows:
        address = f"203.0.113.{who}"
        yield finding(
            detector,
            f"ip:{address}" if detector == "auth-burst-address" else f"key:k{who}",
            at=clock.now() + timedelta(hours=hours),
            status=FindingStatus.RESOLVED if resolved else FindingStatus.OPEN,
            severity=severity,
            detail={"said": {"ip": f"203.0.113.{(who + 1) % 4}"}} if detector == "burst-then-success" else {},
        )


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(rows=drawn, seed=st.integers(0, 99))
def test_grouping_is_stable_under_a_rerun_and_under_another_order(finding: Make, rows: list[Any], seed: int) -> None:
    clock = FixedClock(datetime(2026, 10, 1, tzinfo=UTC))
    findings = list(drawn_findings(rows, finding, clock))
    now = clock.now() + timedelta(hours=300)
    shuffled = list(findings)
    Random(seed).shuffle(shuffled)

    incidents = group([], findings, now)

    assert incidents == group([], shuffled, now)
    assert [] == group(incidents, shuffled, now + timedelta(minutes=5))
    assert sorted(f.id for f in findings) == sorted(f.id for i in incidents for f in i.findings)
    assert len({incident.id for incident in incidents}) == len(incidents)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(rows=drawn, cut=st.integers(0, 14))
def test_findings_that_come_in_two_runs_each_have_one_incident(finding: Make, rows: list[Any], cut: int) -> None:
    clock = FixedClock(datetime(2026, 10, 1, tzinfo=UTC))
    findings = list(drawn_findings(rows, finding, clock))
    now = clock.now() + timedelta(hours=300)

    first = {incident.id: incident for incident in group([], findings[:cut], now)}
    both = first | {incident.id: incident for incident in group(list(first.values()), findings[cut:], now)}

    assert sorted(f.id for f in findings) == sorted(f.id for i in both.values() for f in i.findings)
    assert [] == group(list(both.values()), findings, now)

"""What people do: each act does it, stands in the audit log with who did it, and says what it cannot do."""

import dataclasses
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from alerts import acts
from alerts.config import Route, Telling
from alerts.deciding import decide, reopen
from alerts.outbox import tell_findings
from model.clock import FixedClock
from model.errors import UsageError
from model.finding import Finding, FindingStatus
from model.incident import Incident, IncidentStatus
from store.handle import Store
from store.state import audit, chain, deliveries
from store.state.findings import list_findings, save_findings
from store.state.incidents import get_incident, save_incidents
from store.state.verdicts import expected_patterns, precision_frame
from tests.alerts.conftest import T0, make_finding

ANN = "ann@ops"
HOUR = timedelta(hours=1)
TELLING = Telling(routes=(Route(to=("chat",)),))
KEY = {"key": ["k1"]}


@pytest.fixture
def incident(store: Store) -> str:
    found = make_finding("volume-spike", "key:k1", at=T0)
    with store.transaction() as tx:
        save_findings(tx, [found])
        tell_findings(tx, [found], TELLING, now=T0)
        return str(list_findings(tx)[0].incident_id)


def logged(store: Store) -> list[tuple[str, str, str]]:
    with store.reading() as tx:
        assert () == chain.check(tx).faults
        rows = audit.audit_frame(tx).to_dict("records")
    return [(row["actor"], row["action"], row["subject"]) for row in reversed(rows)]


def told(store: Store, clock: FixedClock) -> list[tuple[str, str]]:
    """What a cycle without news tells now."""
    with store.transaction() as tx:
        tell_findings(tx, [], TELLING, now=clock.now())
    with store.reading() as tx:
        return [(d.alert.kind, str(d.status)) for d in reversed(deliveries.list_deliveries(tx))]


def stands(store: Store, incident: str) -> Incident:
    with store.reading() as tx:
        found = get_incident(tx, incident)
    assert found is not None
    return found


ACTS: list[tuple[Callable[[Session, str], object], str]] = [
    (lambda tx, i: acts.snooze(tx, i, T0 + HOUR, by=ANN, at=T0), "incident snoozed"),
    (lambda tx, i: acts.snooze(tx, i, acts.FOREVER, by=ANN, at=T0), "incident snoozed"),
    (lambda tx, i: acts.assign(tx, i, " bob ", by=ANN, at=T0), "incident assigned"),
    (lambda tx, i: acts.comment(tx, i, "It is the pen test.", by=ANN, at=T0), "incident commented"),
    (lambda tx, i: decide(tx, i, status="acknowledged", verdict=None, by=ANN, at=T0), "incident acknowledged"),
    (lambda tx, i: decide(tx, i, status="resolved", verdict="false", by=ANN, at=T0), "incident resolved"),
]


NAMES = ("snooze", "mute until resolved", "assign", "comment", "acknowledge", "resolve")


@pytest.mark.parametrize(("act", "action"), ACTS, ids=NAMES)
def test_each_act_on_an_incident_stands_in_the_log_with_who_did_it(
    store: Store, incident: str, act: Callable[[Session, str], object], action: str
) -> None:
    with store.transaction() as tx:
        act(tx, incident)

    assert [(ANN, action, incident)] == logged(store)


@pytest.mark.parametrize("act", [act for act, _ in ACTS], ids=NAMES)
def test_what_there_is_not_cannot_be_acted_on(store: Store, act: Callable[[Session, str], object]) -> None:
    with store.transaction() as tx, pytest.raises(UsageError, match="There is no incident 'x'"):
        act(tx, "x")

    assert [] == logged(store)


def test_a_snooze_keeps_reminders_back_until_somebody_ends_it(store: Store, incident: str, clock: FixedClock) -> None:
    with store.transaction() as tx:
        acts.snooze(tx, incident, acts.FOREVER, by=ANN, at=T0)
    clock.at += 5 * HOUR
    during = told(store, clock)
    with store.transaction() as tx:
        acts.wake(tx, incident, by=ANN, at=clock.now())
        with pytest.raises(UsageError, match="is not snoozed"):
            acts.wake(tx, incident, by=ANN, at=clock.now())

    assert [("opened", "pending")] == during
    assert [("opened", "pending"), ("reminder", "pending")] == told(store, clock)
    assert [(ANN, "incident snoozed", incident), (ANN, "incident woken", incident)] == logged(store)


def test_muted_until_resolved_ends_with_the_incident(store: Store, incident: str, clock: FixedClock) -> None:
    with store.transaction() as tx:
        acts.snooze(tx, incident, acts.FOREVER, by=ANN, at=T0)
        decide(tx, incident, status="resolved", verdict="true", by=ANN, at=T0)

    found = stands(store, incident)
    assert (IncidentStatus.RESOLVED, None) == (found.status, found.snoozed_until)
    assert [("opened", "pending"), ("resolved", "pending")] == told(store, clock)
    with store.transaction() as tx, pytest.raises(UsageError, match="is resolved"):
        acts.snooze(tx, incident, acts.FOREVER, by=ANN, at=T0)
    with store.transaction() as tx, pytest.raises(UsageError, match="resolved already"):
        decide(tx, incident, status="acknowledged", verdict=None, by=ANN, at=T0)


def test_a_silence_ends_once(store: Store) -> None:
    with store.transaction() as tx:
        made = acts.silence(tx, KEY, until=T0 + HOUR, reason=" test ", by=ANN, at=T0)
        acts.unsilence(tx, made.id, by=ANN, at=T0 + HOUR / 2)
        with pytest.raises(UsageError, match=r"is over since 2026-10-01 10:00 UTC"):
            acts.unsilence(tx, made.id, by=ANN, at=T0 + HOUR / 2 + HOUR)

    assert ("test", ANN) == (made.reason, made.author)
    assert [(ANN, "silence added", "1"), (ANN, "silence expired", "1")] == logged(store)


@pytest.mark.parametrize(
    ("when", "length", "reason", "said"),
    [
        ({}, HOUR, "r", "would hide everything"),
        ({"key": []}, HOUR, "r", "would hide everything"),
        (KEY, HOUR, " ", "needs a reason"),
        (KEY, -HOUR, "r", "over already"),
        (KEY, timedelta(days=31), "r", "too long"),
    ],
)
def test_a_silence_that_makes_no_sense_is_refused(
    store: Store, when: dict[str, object], length: timedelta, reason: str, said: str
) -> None:
    with store.transaction() as tx, pytest.raises(UsageError, match=said):
        acts.silence(tx, when, until=T0 + length, reason=reason, by=ANN, at=T0)

    assert [] == logged(store)


@pytest.mark.usefixtures("incident")
def test_a_replay_of_nothing_is_nothing(store: Store) -> None:
    with store.transaction() as tx:
        assert 0 == acts.replay(tx, [1, 99], target="chat", by=ANN, at=T0)

    assert [] == logged(store)


@pytest.mark.parametrize(("verdict", "status"), [("true", FindingStatus.RESOLVED), ("expected", FindingStatus.MUTED)])
def test_what_a_person_said_while_detectors_were_at_it_counts(
    store: Store, incident: str, verdict: str, status: FindingStatus, finding: Callable[..., Finding]
) -> None:
    again = finding("volume-spike", "key:k1", at=T0, count=99)
    with store.reading() as tx:
        read = {one.id: one.status for one in list_findings(tx)}
    with store.transaction() as tx:
        decide(tx, incident, status="resolved", verdict=verdict, by=ANN, at=T0)
    with store.transaction() as tx:
        save_findings(tx, [again], read=read)

    with store.reading() as tx:
        (one,) = list_findings(tx)
    assert (status, 99) == (one.status, one.count)


@pytest.mark.parametrize("verdict", ["true", "false", "expected"])
def test_who_reopens_an_incident_takes_its_verdict_back(
    store: Store, incident: str, clock: FixedClock, verdict: str
) -> None:
    with store.transaction() as tx:
        decide(tx, incident, status="resolved", verdict=verdict, by=ANN, at=T0)
    told(store, clock)
    with store.transaction() as tx:
        reopen(tx, incident, by="bob", at=T0 + HOUR)
    clock.at += 2 * HOUR
    found = stands(store, incident)
    with store.reading() as tx:
        judged, expected = int(precision_frame(tx)["judged"].sum()), expected_patterns(tx)

    assert (IncidentStatus.OPEN, None) == (found.status, found.resolved_at)
    assert [(FindingStatus.OPEN, None)] == [(one.status, one.resolved_at) for one in found.findings]
    assert (0, []) == (judged, expected)
    assert [(ANN, "incident resolved", incident), ("bob", "incident reopened", incident)] == logged(store)
    assert ["opened", "resolved", "opened"] == [kind for kind, _ in told(store, clock)]


def test_a_verdict_after_one_that_was_taken_back_counts(store: Store, incident: str) -> None:
    with store.transaction() as tx:
        decide(tx, incident, status="resolved", verdict="false", by=ANN, at=T0)
        reopen(tx, incident, by=ANN, at=T0)
        decide(tx, incident, status="resolved", verdict="expected", by=ANN, at=T0)

    with store.reading() as tx:
        assert ["expected"] == [one.verdict for one in expected_patterns(tx)]
        assert [0, 1] == list(precision_frame(tx)[["false", "expected"]].iloc[0])


def test_a_pattern_that_was_expected_before_stays_so_when_a_later_verdict_is_taken_back(
    store: Store, incident: str, finding: Callable[..., Finding]
) -> None:
    later = finding("volume-spike", "key:k1", at=T0 + 72 * HOUR)
    with store.transaction() as tx:
        decide(tx, incident, status="resolved", verdict="expected", by=ANN, at=T0)
        save_findings(tx, [later])
        tell_findings(tx, [later], TELLING, now=T0 + 72 * HOUR)
        (second,) = {str(one.incident_id) for one in list_findings(tx)} - {incident}
        decide(tx, second, status="resolved", verdict="false", by=ANN, at=T0 + 73 * HOUR)
        reopen(tx, second, by=ANN, at=T0 + 74 * HOUR)

    with store.reading() as tx:
        assert [incident] == [one.incident_id for one in expected_patterns(tx)]


def test_what_the_config_muted_stays_muted_when_an_incident_is_reopened(
    store: Store, incident: str, finding: Callable[..., Finding]
) -> None:
    kept = dataclasses.replace(
        finding("new-origin", "key:k1", at=T0), status=FindingStatus.MUTED, muted_by="the config", incident_id=incident
    )
    with store.transaction() as tx:
        decide(tx, incident, status="resolved", verdict="false", by=ANN, at=T0)
        save_findings(tx, [kept])
        reopen(tx, incident, by=ANN, at=T0)

    assert {"volume-spike": "open", "new-origin": "muted"} == {
        one.detector: str(one.status) for one in stands(store, incident).findings
    }


def test_only_what_a_person_resolved_is_reopened(store: Store, incident: str) -> None:
    with store.transaction() as tx, pytest.raises(UsageError, match="is not resolved"):
        reopen(tx, incident, by=ANN, at=T0)
    with store.transaction() as tx:
        over = dataclasses.replace(stands(store, incident), status=IncidentStatus.RESOLVED, resolved_at=T0)
        save_incidents(tx, [over])
    with store.transaction() as tx, pytest.raises(UsageError, match="closed by itself"):
        reopen(tx, incident, by=ANN, at=T0)
    with store.transaction() as tx, pytest.raises(UsageError, match="There is no incident 'x'"):
        reopen(tx, "x", by=ANN, at=T0)

    assert [] == logged(store)

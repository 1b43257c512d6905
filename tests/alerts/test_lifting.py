"""What people muted is lifted: it is told again, and what was said of it stays."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.config import Route, Telling
from alerts.deciding import decide
from alerts.lifting import end_exception, lift
from alerts.outbox import tell_findings
from model.errors import UsageError
from model.finding import Finding, FindingStatus
from model.incident import IncidentStatus
from store.handle import Store
from store.state import audit, chain, verdicts
from store.state.exceptions import KeyException, add_exception
from store.state.findings import list_findings, save_findings
from store.state.incidents import get_incident
from store.state.verdicts import Verdict
from tests.alerts.conftest import T0, make_finding

ANN = "ann@ops"
HOUR = timedelta(hours=1)
TELLING = Telling(routes=(Route(to=("chat",)),))


def notice(store: Store, found: Finding) -> str:
    """What detecting it does; returns its incident."""
    with store.transaction() as tx:
        save_findings(tx, [found])
        tell_findings(tx, [found], TELLING, now=T0 + HOUR)
        return next(str(one.incident_id) for one in list_findings(tx) if one.id == found.id)


def resolve(store: Store, incident: str, verdict: str) -> None:
    with store.transaction() as tx:
        decide(tx, incident, status="resolved", verdict=verdict, by=ANN, at=T0 + HOUR)


def standing(store: Store) -> list[Verdict]:
    with store.reading() as tx:
        return [*verdicts.expected_patterns(tx), *verdicts.false_alarms(tx)]


def status(store: Store, incident: str) -> tuple[str, IncidentStatus]:
    with store.reading() as tx:
        found = get_incident(tx, incident)
    assert found is not None
    return str(found.findings[0].status), found.status


@pytest.mark.parametrize("verdict", ["expected", "false"])
def test_what_still_goes_on_opens_its_incident_again(store: Store, verdict: str) -> None:
    found = make_finding("no-owner", "key:k1")
    incident = notice(store, found)
    resolve(store, incident, verdict)
    notice(store, found)
    before = status(store, incident)
    (mute,) = standing(store)
    with store.transaction() as tx:
        lift(tx, mute.id, by=ANN, at=T0 + 2 * HOUR)

    assert ("muted", IncidentStatus.RESOLVED) == before
    assert ("open", IncidentStatus.OPEN) == status(store, incident)
    assert [] == standing(store)


def test_what_ended_stays_over(store: Store) -> None:
    found = make_finding("volume-spike", "key:k1")
    incident = notice(store, found)
    resolve(store, incident, "expected")
    notice(store, replace(found, status=FindingStatus.RESOLVED, resolved_at=T0 + HOUR))
    with store.transaction() as tx:
        lift(tx, verdicts.expected_patterns(tx)[0].id, by=ANN, at=T0 + 2 * HOUR)

    assert ("resolved", IncidentStatus.RESOLVED) == status(store, incident)


def test_what_a_rule_of_the_config_mutes_is_no_false_alarm_that_could_be_lifted(store: Store) -> None:
    found = make_finding("no-owner", "key:k1")
    resolve(store, notice(store, found), "false")
    notice(store, replace(found, status=FindingStatus.MUTED, muted_by="calendar move: a new office"))

    assert [] == standing(store)


def test_a_pattern_is_lifted_with_all_its_findings_and_their_verdicts_stay(store: Store) -> None:
    """Two bursts with one key are one pattern; another key's is another."""
    for subject, at in (("key:k1", T0), ("key:k1", T0 + 48 * HOUR), ("key:k2", T0)):
        resolve(store, notice(store, make_finding("volume-spike", subject, at=at)), "expected")
    mute = next(one for one in standing(store) if one.key_id == "k1")
    with store.transaction() as tx:
        before = verdicts.precision_frame(tx)
        lift(tx, mute.id, by=ANN, at=T0 + 2 * HOUR)
        after = verdicts.precision_frame(tx)
        found = {(one.key_id, str(one.status)) for one in list_findings(tx)}

    assert ["k2"] == [one.key_id for one in standing(store)]
    assert {("k1", "open"), ("k2", "muted")} == found
    assert [3] == list(before["expected"]) == list(after["expected"])


def test_a_lifted_mute_stands_in_the_log_and_is_not_lifted_twice(store: Store) -> None:
    incident = notice(store, make_finding("volume-spike", "key:k1"))
    resolve(store, incident, "expected")
    (mute,) = standing(store)
    with store.transaction() as tx:
        lift(tx, mute.id, by=ANN, at=T0 + 2 * HOUR)
    with store.transaction() as tx, pytest.raises(UsageError, match="mutes nothing"):
        lift(tx, mute.id, by=ANN, at=T0 + 3 * HOUR)
    with store.reading() as tx:
        row = audit.audit_frame(tx, 1).to_dict("records")[0]
        assert () == chain.check(tx).faults

    assert (ANN, "mute lifted", incident) == (row["actor"], row["action"], row["subject"])
    assert {"verdict": "expected", "detector": "volume-spike", "key": "k1", "addresses": [],
            "reopened": [incident]} == row["detail"]  # fmt: skip


def test_what_is_said_once_more_mutes_again(store: Store) -> None:
    found = make_finding("volume-spike", "key:k1")
    incident = notice(store, found)
    resolve(store, incident, "expected")
    with store.transaction() as tx:
        lift(tx, verdicts.expected_patterns(tx)[0].id, by=ANN, at=T0 + 2 * HOUR)
    resolve(store, incident, "expected")

    assert ["expected"] == [one.verdict for one in standing(store)]


def test_an_exception_is_ended_once_and_logged(store: Store) -> None:
    with store.transaction() as tx:
        made = add_exception(
            tx, KeyException(key_id="k1", reason="r", approver="a", author="b", since=T0, until=T0 + HOUR)
        )
        ended = end_exception(tx, made.id, by=ANN, at=T0)
    with store.transaction() as tx, pytest.raises(UsageError, match="There is no exception 7"):
        end_exception(tx, 7, by=ANN, at=T0)
    with store.reading() as tx:
        rows = audit.audit_frame(tx)

    assert (T0, ANN) == (ended.ended_at, ended.ended_by)
    assert [("exception ended", "k1")] == list(zip(rows["action"], rows["subject"], strict=True))

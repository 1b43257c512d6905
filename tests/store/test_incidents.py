from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from model.finding import Evidence, Finding, FindingStatus, Severity, Subject, finding_id
from model.incident import Incident, IncidentId, IncidentStatus
from model.key import Key, KeyId
from model.window import Window
from store.state.activity import save_activity
from store.state.findings import list_findings, save_findings
from store.state.incidents import get_incident, incidents_to_join, key_facts, list_incidents, save_incidents
from store.state.inventory import save_keys
from store.state.schema import Base

T0 = datetime(2026, 10, 1, 9, 30, tzinfo=UTC)


@pytest.fixture
def tx() -> Iterator[Session]:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        yield session
    engine.dispose()


def a_finding(name: str, at: datetime = T0) -> Finding:
    subject = Subject.parse(f"key:{name}")
    return Finding(
        id=finding_id("volume-spike", subject, at),
        detector="volume-spike",
        subject=subject,
        severity=Severity.HIGH,
        status=FindingStatus.OPEN,
        title="t",
        summary="s",
        opened=at,
        first_seen=at,
        last_seen=at,
        detected_at=at,
        evidence=(Evidence(bucket=at, count=3, score=2.0, first_seen=at, last_seen=at, detail={"n": 1}),),
    )


def an_incident(name: str, finding: Finding, **changes: object) -> Incident:
    values = {
        "severity": Severity.HIGH,
        "status": IncidentStatus.OPEN,
        "opened_at": finding.first_seen,
        "updated_at": finding.first_seen,
        "last_seen": finding.last_seen,
        "key_id": finding.subject.value,
        **changes,
    }
    return Incident(
        id=IncidentId(name), subject=str(finding.subject), headline=f"about {name}", findings=(finding,), **values
    )


def saved(tx: Session, *incidents: Incident) -> None:
    save_findings(tx, [finding for incident in incidents for finding in incident.findings])
    save_incidents(tx, incidents)


def test_an_incident_comes_back_with_its_findings_and_their_evidence(tx: Session) -> None:
    finding = a_finding("k1")
    saved(tx, an_incident("i1", finding))

    held = get_incident(tx, "i1")

    assert an_incident("i1", finding).headline == held.headline
    assert [("i1", finding.evidence)] == [(f.incident_id, f.evidence) for f in held.findings]
    assert get_incident(tx, "i2") is None


def test_saving_again_changes_the_row_and_adds_none(tx: Session) -> None:
    incident = an_incident("i1", a_finding("k1"))
    saved(tx, incident)
    saved(tx, replace(incident, status=IncidentStatus.RESOLVED, resolved_at=T0))

    assert [(IncidentStatus.RESOLVED, T0)] == [(i.status, i.resolved_at) for i in list_incidents(tx)]


def test_a_finding_that_is_saved_again_keeps_its_incident(tx: Session) -> None:
    finding = a_finding("k1")
    saved(tx, an_incident("i1", finding))
    save_findings(tx, [finding])

    assert ["i1"] == [found.incident_id for found in list_findings(tx)]


def test_lists_filter_by_status_severity_key_and_window(tx: Session) -> None:
    day = timedelta(days=1)
    old = an_incident("old", a_finding("k1", T0 - 9 * day), status=IncidentStatus.RESOLVED)
    low = an_incident("low", a_finding("k2", T0 - day), severity=Severity.LOW)
    new = an_incident("new", a_finding("k1"))
    saved(tx, old, low, new)

    def ids(**filters: object) -> list[str]:
        return [incident.id for incident in list_incidents(tx, **filters)]

    assert ["new", "low", "old"] == ids()
    assert ["new", "low"] == ids(status=IncidentStatus.OPEN)
    assert ["new", "old"] == ids(min_severity=Severity.MEDIUM)
    assert ["new", "old"] == ids(key_id="k1")
    assert ["low"] == ids(window=Window(since=T0 - 2 * day, until=T0))
    assert ["new"] == ids(limit=1)


def test_findings_may_join_what_stands_what_is_recent_and_what_holds_them(tx: Session) -> None:
    day = timedelta(days=1)
    mine = a_finding("k3", T0 - 30 * day)
    saved(
        tx,
        an_incident("stands", a_finding("k1", T0 - 20 * day)),
        an_incident("recent", a_finding("k2", T0 - day), status=IncidentStatus.RESOLVED),
        an_incident("over", a_finding("k2", T0 - 9 * day), status=IncidentStatus.RESOLVED),
        an_incident("mine", mine, status=IncidentStatus.RESOLVED),
    )

    assert {"stands", "recent", "mine"} == {i.id for i in incidents_to_join(tx, [mine], T0 - 2 * day)}
    assert {"stands"} == {i.id for i in incidents_to_join(tx, [], T0)}


def test_facts_of_a_key_come_from_the_inventory_and_of_a_stranger_from_the_logs(tx: Session) -> None:
    save_keys(tx, [Key(key_id=KeyId("k1"), hint="sk_…1234", team="pay", labels={"tier": "gold"})], T0)
    save_activity(tx, [("fp:1:abc", "sk_…9999", T0, T0, None)])
    tx.flush()

    facts = key_facts(tx, ["k1", "fp:1:abc", "nobody"])

    assert {"k1": ("sk_…1234", {"tier": "gold"}), "fp:1:abc": ("sk_…9999", {})} == {
        key: (fact.hint, fact.labels) for key, fact in facts.items()
    }

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from model.finding import Evidence, Finding, FindingStatus, Severity, Subject, finding_id
from model.window import Window
from store.state.findings import (
    forget_evidence,
    judged,
    known_findings,
    list_findings,
    save_findings,
    save_judged,
    set_status,
)

T0 = datetime(2026, 10, 1, 9, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def evidence(minute: int, count: int, score: float = 1.0) -> Evidence:
    at = T0 + minute * MINUTE
    return Evidence(bucket=at, count=count, score=score, first_seen=at, last_seen=at + MINUTE, detail={"n": count})


def a_finding(subject: str = "key:k1", **changes: Any) -> Finding:  # noqa: ANN401 (fields of Finding)
    about = Subject.parse(subject)
    values: dict[str, Any] = {
        "id": finding_id("auth-burst-key", about, T0),
        "detector": "auth-burst-key",
        "subject": about,
        "severity": Severity.HIGH,
        "status": FindingStatus.OPEN,
        "title": "t",
        "summary": "s",
        "opened": T0,
        "first_seen": T0,
        "last_seen": T0 + MINUTE,
        "detected_at": T0 + 2 * MINUTE,
        "key_id": "k1",
        "attack": ("T1110.001",),
        "controls": ("CC7.2",),
        "evidence": (evidence(0, 5),),
    }
    return Finding(**values | changes)


def everything(tx: Session) -> list[tuple[Any, ...]]:
    tx.flush()
    return [
        tuple(row)
        for table in ("findings", "evidence")
        for row in tx.execute(text(f"SELECT * FROM {table} ORDER BY 1, 2"))
    ]


def only(tx: Session) -> Finding:
    tx.flush()
    tx.expire_all()
    (found,) = list_findings(tx)
    return found


def test_a_finding_is_kept_as_it_was_given(state: Session) -> None:
    given = a_finding(evidence=(evidence(0, 5, 2.0), evidence(1, 7, 3.5)), last_seen=T0 + 2 * MINUTE)
    save_findings(state, [given])

    assert replace(given, count=12, score=3.5) == only(state)


def test_saving_twice_changes_nothing(state: Session) -> None:
    given = [a_finding(), a_finding("ip:192.0.2.1", ip="192.0.2.1", key_id=None)]
    save_findings(state, given)
    before = everything(state)
    save_findings(state, given)
    save_findings(state, list_findings(state))

    assert before == everything(state)


def test_the_count_is_the_sum_of_all_evidence_and_a_bucket_counts_once(state: Session) -> None:
    save_findings(state, [a_finding(evidence=(evidence(0, 5), evidence(1, 7, 4.0)))])
    save_findings(state, [a_finding(evidence=(evidence(1, 9, 2.0), evidence(2, 1)))])

    found = only(state)

    assert (15, 2.0) == (found.count, found.score)
    assert [5, 9, 1] == [piece.count for piece in found.evidence]
    assert (T0, T0 + 3 * MINUTE) == (found.first_seen, found.last_seen)


def test_evidence_that_late_data_took_back_is_forgotten(state: Session) -> None:
    save_findings(state, [a_finding(evidence=(evidence(0, 5), evidence(1, 7)))])
    forget_evidence(state, a_finding().id, [T0 + MINUTE])
    save_findings(state, [a_finding(evidence=())])

    assert only(state).count == 5


@pytest.mark.parametrize("held", [FindingStatus.ACKNOWLEDGED, FindingStatus.MUTED])
def test_what_a_person_said_stays_until_the_finding_resolves(state: Session, held: FindingStatus) -> None:
    save_findings(state, [a_finding()])

    assert set_status(state, [a_finding().id], held, at=T0) == 1
    save_findings(state, [a_finding(evidence=(evidence(1, 2),))])

    assert (held, 7) == (only(state).status, only(state).count)
    save_findings(state, [a_finding(status=FindingStatus.RESOLVED, resolved_at=T0 + 9 * MINUTE)])

    assert (FindingStatus.RESOLVED, T0 + 9 * MINUTE) == (only(state).status, only(state).resolved_at)


def test_when_it_was_first_detected_never_changes(state: Session) -> None:
    save_findings(state, [a_finding()])
    save_findings(state, [a_finding(detected_at=T0 + 99 * MINUTE, severity=Severity.CRITICAL)])

    assert (T0 + 2 * MINUTE, Severity.CRITICAL) == (only(state).detected_at, only(state).severity)


def test_lists_are_narrowed_by_each_of_their_words(state: Session) -> None:
    old = a_finding("key:k2", key_id="k2", severity=Severity.LOW, evidence=(), last_seen=T0 + MINUTE, detector="x")
    new = a_finding("key:k1", last_seen=T0 + 9 * MINUTE, evidence=(), status=FindingStatus.RESOLVED)
    save_findings(state, [old, new])
    questions: list[dict[str, Any]] = [
        {},
        {"status": FindingStatus.OPEN},
        {"min_severity": Severity.MEDIUM},
        {"detector": "x"},
        {"key_id": "k2"},
        {"window": Window(since=T0 + 2 * MINUTE, until=T0 + 3 * MINUTE)},
        {"ids": [old.id]},
        {"ids": []},
    ]

    found = [[str(f.key_id) for f in list_findings(state, **question)] for question in questions]

    assert [["k1", "k2"], ["k2"], ["k1"], ["k2"], ["k2"], ["k1"], ["k2"], []] == found


def test_a_run_starts_from_what_stands_and_what_touches_its_window(state: Session) -> None:
    standing = a_finding("key:standing", evidence=())
    recent = a_finding("key:recent", status=FindingStatus.RESOLVED, last_seen=T0 + 60 * MINUTE, evidence=())
    gone = a_finding("key:gone", status=FindingStatus.RESOLVED, evidence=())
    save_findings(state, [standing, recent, gone])

    found = known_findings(state, Window(since=T0 + 30 * MINUTE, until=T0 + 90 * MINUTE))

    assert {standing.id, recent.id} == {finding.id for finding in found}


def test_how_far_was_judged_never_moves_back(state: Session) -> None:
    save_judged(state, {"a": T0, "b": T0}, T0)
    save_judged(state, {"a": T0 - MINUTE, "b": T0 + MINUTE}, T0 + MINUTE)
    state.flush()

    found = judged(state)

    assert {"a": T0, "b": T0 + MINUTE} == {name: row.until for name, row in found.items()}
    assert {T0 + MINUTE} == {row.ingested_at for row in found.values()}

"""The fold: its state is the findings, and cutting time anywhere changes nothing (DESIGN.md 4.5)."""

import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from detectors.folding.decide import decide
from detectors.folding.wording import Names
from detectors.frames import conform
from detectors.registry import load
from detectors.scores import Scored
from model.finding import Finding, FindingStatus, Severity

BURST = dataclasses.replace(load("auth-burst-key"), quiet=timedelta(hours=1))  # buckets of a minute
NAMES = Names(conform("key_refs", None), conform("keys", None))
T0 = datetime(2026, 10, 5, tzinfo=UTC)
SPAN = 3000

fires = st.lists(st.tuples(st.integers(0, SPAN - 1), st.sampled_from("ab"), st.integers(1, 9)), max_size=30)


def row(minute: int, subject: str = "a", count: int = 1, severity: Severity | None = None) -> Scored:
    at = T0 + timedelta(minutes=minute)
    return Scored(
        bucket=at,
        subject=f"key:{subject}",
        key_ref=subject,
        score=1.0 + count,
        count=count,
        severity=severity,
        first_seen=at,
        last_seen=at,
        title="{count} failed calls with key {key}",
        summary=f"Peak {count}.",
    )


def rows(given: Sequence[tuple[int, str, int]]) -> list[Scored]:
    """One row for each minute and subject."""
    return [row(minute, subject, count) for (minute, subject), count in {(m, s): c for m, s, c in given}.items()]


def fold(known: Sequence[Finding], scores: Sequence[Scored], since: int, until: int) -> list[Finding]:
    """The state after the buckets of [since, until)."""
    mine = [score for score in scores if since <= (score.bucket - T0) / timedelta(minutes=1) < until]
    changed = decide(BURST, known, mine, until=T0 + timedelta(minutes=until), now=T0, names=NAMES)
    state = {finding.id: finding for finding in known} | {finding.id: finding for finding in changed}
    return sorted(state.values(), key=lambda finding: (finding.opened, finding.id))


@given(given=fires, cuts=st.lists(st.integers(0, SPAN), max_size=4))
def test_folding_in_pieces_is_folding_at_once(given: list[tuple[int, str, int]], cuts: list[int]) -> None:
    scores = rows(given)
    state: list[Finding] = []
    edges = [0, *sorted(cuts), SPAN]
    for since, until in pairwise(edges):
        state = fold(state, scores, since, until)

    assert fold([], scores, 0, SPAN) == state


@given(given=fires, since=st.integers(0, SPAN), until=st.integers(0, SPAN))
def test_judging_again_changes_nothing(given: list[tuple[int, str, int]], since: int, until: int) -> None:
    scores = rows(given)
    state = fold([], scores, 0, SPAN)
    low, high = sorted((since, until))
    mine = [score for score in scores if low <= (score.bucket - T0) / timedelta(minutes=1) < high]

    again = decide(BURST, state, mine, until=T0 + timedelta(minutes=high), now=T0, names=NAMES)

    assert [] == again


@given(given=fires)
def test_every_bucket_is_evidence_of_one_finding(given: list[tuple[int, str, int]]) -> None:
    scores = rows(given)

    state = fold([], scores, 0, SPAN)

    said = sorted((str(f.subject), piece.bucket, piece.count) for f in state for piece in f.evidence)
    assert sorted((score.subject, score.bucket, score.count) for score in scores) == said
    assert sum(score.count for score in scores) == sum(finding.count for finding in state)


def test_a_late_bucket_joins_and_keeps_the_id() -> None:
    known = fold([], [row(100), row(110)], 0, 120)

    late = fold(known, [row(95, count=7)], 90, 120)

    assert [finding.id for finding in known] == [finding.id for finding in late]
    assert "9 failed calls with key a" == late[0].title
    assert T0 + timedelta(minutes=95) == late[0].first_seen


def test_a_bucket_judged_again_replaces_its_evidence() -> None:
    known = fold([], [row(100, count=3)], 0, 120)

    again = fold(known, [row(100, count=5)], 90, 120)

    assert [5] == [finding.count for finding in again]


def test_quiet_resolves_and_what_follows_is_a_new_finding() -> None:
    state = fold([], [row(0), row(200)], 0, 300)

    assert [FindingStatus.RESOLVED, FindingStatus.RESOLVED] == [finding.status for finding in state]
    assert T0 + timedelta(minutes=61) == state[0].resolved_at


def test_what_lasts_for_hours_may_pause_for_as_long() -> None:
    attack = [row(minute) for minute in range(0, 300, 30)]

    state = fold([], [*attack, row(270 + 240)], 0, 600)

    assert [FindingStatus.OPEN] == [finding.status for finding in state]


def test_a_severity_rises_and_does_not_fall() -> None:
    state = fold([], [row(0, severity=Severity.LOW), row(5, severity=Severity.CRITICAL), row(9)], 0, 10)

    assert [Severity.CRITICAL] == [finding.severity for finding in state]


def test_what_a_person_closed_stays_closed_and_the_next_burst_is_new() -> None:
    known = fold([], [row(0), row(10)], 0, 15)
    closed = dataclasses.replace(
        known[0], status=FindingStatus.RESOLVED, resolved_at=T0 + timedelta(minutes=15), incident_id="i"
    )

    state = fold([closed], [row(10), row(20)], 5, 30)

    assert closed == state[0]
    assert [FindingStatus.RESOLVED, FindingStatus.OPEN] == [finding.status for finding in state]


def test_an_acknowledged_finding_grows_and_stays_acknowledged() -> None:
    known = fold([], [row(0)], 0, 5)
    acknowledged = dataclasses.replace(known[0], status=FindingStatus.ACKNOWLEDGED, incident_id="i")

    state = fold([acknowledged], [row(10)], 5, 30)

    assert [(FindingStatus.ACKNOWLEDGED, 2, "i")] == [(f.status, f.count, f.incident_id) for f in state]


def test_hostile_text_is_made_safe() -> None:
    state = fold([], [dataclasses.replace(row(0), title="\x1b[31m{count}\u202e")], 0, 5)

    assert "\\x1b[31m1\\u202e" == state[0].title


def test_a_single_call_is_not_called_calls() -> None:
    one, two = (fold([], [row(1, count=count)], 0, SPAN)[0] for count in (1, 2))

    assert ("1 failed call with key a", "2 failed calls with key a") == (one.title, two.title)

"""Standing conditions open when they began, keep their identity, and resolve when they no longer hold."""

import dataclasses
from datetime import UTC, datetime, timedelta

from detectors.folding.standing import decide_standing
from detectors.folding.wording import Names
from detectors.frames import conform
from detectors.registry import load
from detectors.scores import Scored
from model.finding import Finding, FindingStatus

UNUSED = load("unused-key")
NAMES = Names(conform("key_refs", None), conform("keys", None))
T0 = datetime(2026, 10, 5, tzinfo=UTC)


def holds(days: int = 0, key: str = "k1") -> Scored:
    opened = T0 + timedelta(days=days)
    return Scored(
        bucket=opened,
        subject=f"key:{key}",
        key_id=key,
        score=1.0,
        count=1,
        first_seen=opened,
        last_seen=opened,
        title="unused",
        summary="",
    )


def fold(known: list[Finding], rows: list[Scored], days: int) -> list[Finding]:
    until = T0 + timedelta(days=days)
    changed = decide_standing(UNUSED, known, rows, until=until, now=until, names=NAMES)
    return list(({finding.id: finding for finding in known} | {finding.id: finding for finding in changed}).values())


def test_it_stays_one_finding_while_it_holds() -> None:
    once = fold([], [holds()], 1)

    assert once == fold(once, [holds()], 2)


def test_a_beginning_that_moves_keeps_the_id() -> None:
    once = fold([], [holds()], 1)

    assert [finding.id for finding in once] == [finding.id for finding in fold(once, [holds(1)], 2)]


def test_it_resolves_when_it_no_longer_holds_and_another_one_is_new() -> None:
    ended = fold(fold([], [holds()], 1), [], 2)

    again = fold(ended, [holds(50)], 60)

    assert [FindingStatus.RESOLVED] == [finding.status for finding in ended]
    assert [FindingStatus.RESOLVED, FindingStatus.OPEN] == [finding.status for finding in again]


def test_what_the_fold_closed_reopens_when_it_holds_again() -> None:
    again = fold(fold(fold([], [holds()], 1), [], 2), [holds()], 3)

    assert [FindingStatus.OPEN] == [finding.status for finding in again]


def test_what_a_person_closed_stays_closed() -> None:
    once = fold([], [holds()], 1)
    closed = [dataclasses.replace(once[0], status=FindingStatus.RESOLVED, resolved_at=T0)]

    assert closed == fold(closed, [holds()], 2)


def test_a_window_before_what_is_known_ends_nothing() -> None:
    once = fold([], [holds()], 1)

    assert once == fold(once, [], -5)

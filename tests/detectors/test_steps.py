"""Findings that get graver with time: one finding, graver at each step, and nothing else changes of its identity."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from detectors.engine import detect
from detectors.frames import FRAMES
from detectors.settings import DetectorsConfig
from model.finding import Finding, FindingStatus, Severity
from model.window import Window

END = datetime(2026, 10, 31, tzinfo=UTC)
DAY = timedelta(days=1)
LOW, MEDIUM, HIGH = Severity.LOW, Severity.MEDIUM, Severity.HIGH


def frames(keys: list[dict[str, object]], used: datetime | None = None) -> dict[str, pd.DataFrame]:
    """Active keys, each with a reference, of which the log tells up to a moment."""
    rows = [{"status": "active", "last_seen": used, "last_success": used, **key} for key in keys]
    refs = [{"key_ref": f"id:{key['key_id']}", "key_id": key["key_id"]} for key in keys]
    told = [{"since": END - 400 * DAY, "until": used}]
    given = {"keys": rows, "key_refs": refs, "telemetry": told if used else []}
    return {name: pd.DataFrame(some).reindex(columns=list(FRAMES[name].columns)) for name, some in given.items()}


def over_days(detector: str, keys: list[dict[str, object]], until: list[datetime]) -> list[list[Finding]]:
    """The state after each of these moments, judged one after the other."""
    state: dict[str, Finding] = {}
    told = []
    for at in until:
        known, window = list(state.values()), Window(since=at - DAY, until=at)
        given = frames(keys, used=at - timedelta(hours=1))
        done = detect(given, window, known=known, config=DetectorsConfig(), now=at, detectors=[detector])
        state |= {finding.id: finding for finding in done.findings}
        told.append(sorted(state.values(), key=lambda finding: str(finding.subject)))
    return told


def test_a_key_that_ends_is_one_finding_that_gets_graver_at_thirty_seven_and_one_day() -> None:
    key: dict[str, object] = {"key_id": "k1", "created_at": END - 300 * DAY, "expires_at": END}
    left = [31, 30, 20, 8, 7, 3, 2, 1, 0.5]

    states = over_days("expiring-soon", [key], [END - days * DAY for days in left])

    severities = [state[0].severity if state else None for state in states]
    assert [None, LOW, LOW, LOW, MEDIUM, MEDIUM, MEDIUM, HIGH, HIGH] == severities
    assert 1 == len({state[0].id for state in states if state})
    assert {END - 30 * DAY} == {state[0].opened for state in states if state}


def test_the_steps_of_a_short_life_are_parts_of_it() -> None:
    key: dict[str, object] = {"key_id": "k1", "created_at": END - 30 * DAY, "expires_at": END}

    states = over_days("expiring-soon", [key], [END - days * DAY for days in (16, 15, 4, 3.5, 1, 0.5)])

    assert [None, LOW, LOW, MEDIUM, MEDIUM, HIGH] == [state[0].severity if state else None for state in states]


def test_a_key_over_age_is_one_finding_that_gets_graver_at_half_a_year() -> None:
    made = END - 200 * DAY
    ages = [89, 90, 120, 179, 180, 190]

    states = over_days("over-age-key", [{"key_id": "k1", "created_at": made}], [made + age * DAY for age in ages])

    assert [None, LOW, LOW, LOW, MEDIUM, MEDIUM] == [state[0].severity if state else None for state in states]
    assert 1 == len({state[0].id for state in states if state})


@pytest.mark.parametrize(("old", "severities"), [(5, {MEDIUM}), (6, {LOW})])
def test_many_keys_that_are_far_over_age_are_told_once(old: int, severities: set[Severity]) -> None:
    keys: list[dict[str, object]] = [{"key_id": f"k{n:02d}", "created_at": END - 200 * DAY} for n in range(old)]
    keys += [{"key_id": f"k{n:02d}", "created_at": END - DAY} for n in range(old, 30)]

    (state,) = over_days("over-age-key", keys, [END])

    each = [finding for finding in state if finding.key_id]
    whole = [(finding.severity, finding.title) for finding in state if not finding.key_id]
    assert (old, severities) == (len(each), {finding.severity for finding in each})
    assert ([] if old == 5 else [(MEDIUM, "6 of 30 keys are far over age")]) == whole
    assert {FindingStatus.OPEN} == {finding.status for finding in state}

"""What upkeep asks of keys, and the badge that sums a key up."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from dashboard.keys import health, hygiene
from dashboard.services import Lines
from model.finding import Finding, Severity
from tests.dashboard.conftest import finding

NOW = datetime(2026, 11, 23, 5, 24, tzinfo=UTC)
DAY = timedelta(days=1)
LINES = Lines(never_used=14 * DAY, over_age=90 * DAY)
MOMENTS = (
    "created_at", "expires_at", "revoked_at", "rotated_at", "removed_at", "source_last_used_at", "telemetry_since",
    "pulled_at", "first_seen", "last_seen", "last_success", "status_since",
)  # fmt: skip
TEXTS = ("key_id", "name", "hint", "owner", "team", "environment", "timezone", "status", "successor", "source")


def faults(*, began: timedelta = 300 * DAY, lines: Lines = LINES, **changes: object) -> set[str]:
    """The flags of one key: active, of yesterday, owned, ending, used a minute ago."""
    row = dict.fromkeys((*MOMENTS, *TEXTS), None) | {
        "key_id": "k", "status": "active", "owner": "ann", "created_at": NOW - DAY, "expires_at": NOW + 9 * DAY,
        "last_seen": NOW, "last_success": NOW, "scopes": [], "labels": {}, "key_refs": ["id:k"],
    }  # fmt: skip
    frame = pd.DataFrame([row | changes])
    frame = frame.assign(**{name: pd.to_datetime(frame[name], utc=True) for name in MOMENTS})
    refs = pd.DataFrame([{"key_ref": "id:k", "key_id": "k"}]).reindex(
        columns=["key_ref", "key_id", "name", "owner", "environment", "status", "timezone"]
    )
    sources = pd.DataFrame([{"name": "edge", "bytes_lost": 0, "late": False, "reads_keys": True}]).assign(
        **{name: pd.to_datetime([NOW], utc=True) for name in ("last_event_at", "last_read_at", "lost_at")}
    )
    telemetry = pd.DataFrame({"since": pd.to_datetime([NOW - began]), "until": pd.to_datetime([NOW])})
    found = hygiene.faults(frame, refs, sources, telemetry, lines=lines, now=NOW)
    return {flag for flag, keys in found.items() if keys} & set(hygiene.questions(lines))


UNUSED = {"first_seen": None, "last_seen": None, "last_success": None}


@pytest.mark.parametrize(
    ("changes", "flags"),
    [
        ({}, set()),
        ({"owner": None}, {"ownerless"}),
        ({"owner": " ", "team": "billing"}, set()),
        ({"expires_at": None}, {"endless"}),
        ({"created_at": NOW - 90 * DAY}, {"age"}),
        ({"created_at": NOW - 90 * DAY, "rotated_at": NOW - 2 * DAY}, set()),
        ({"created_at": NOW - 13 * DAY, **UNUSED}, set()),
        ({"created_at": NOW - 14 * DAY, **UNUSED}, {"never"}),
        ({"created_at": NOW - 89 * DAY, "last_success": NOW - 90 * DAY}, {"idle"}),
        ({"created_at": NOW - 400 * DAY, **UNUSED}, {"idle", "age"}),
        ({"status": "revoked", "owner": None, "expires_at": None, "created_at": NOW - 400 * DAY, **UNUSED}, set()),
    ],
)
def test_each_question_is_asked_of_keys_that_can_be_used(changes: dict[str, object], flags: set[str]) -> None:
    assert flags == faults(**changes)


def test_the_lines_of_age_and_of_no_use_are_those_it_is_given() -> None:
    strict = Lines(never_used=3 * DAY, over_age=30 * DAY)
    old = {"created_at": NOW - 30 * DAY}

    assert ({"age"}, set()) == (faults(lines=strict, **old), faults(**old))
    assert {"never"} == faults(lines=strict, **UNUSED, created_at=NOW - 3 * DAY)
    assert "Over 30 days old" == hygiene.questions(strict)["age"].title


def test_a_key_that_was_made_before_telemetry_began_is_not_called_never_used() -> None:
    assert set() == faults(began=10 * DAY, created_at=NOW - 20 * DAY, **UNUSED)


@pytest.mark.parametrize(
    ("unused", "untried", "calls", "accused", "safe"),
    [
        ("k", "k", 99, "", {"k"}),
        ("k", "k", 100, "", set()),
        ("k", "", 0, "", set()),
        ("", "k", 0, "", set()),
        ("k", "k", 0, "k", set()),
    ],
)
def test_a_key_is_safe_to_remove_if_nothing_speaks_against_it(
    unused: str, untried: str, calls: int, accused: str, safe: set[str]
) -> None:
    found = {"unused": set(unused), "untried": set(untried)}

    assert safe == hygiene.removable(found, {"k": calls}, set(accused))


ROW = {
    "status": "active", "expires_at": None, "requests": 20, "successes": 20, "unauthorized": 0, "forbidden": 0,
    "throttled": 0, "errors": 0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "badge", "why"),
    [
        ({}, ["● fine"], ""),
        ({"unauthorized": 2}, ["● fine"], ""),
        ({"unauthorized": 2, "forbidden": 1}, ["△ refused"], "15.0 % refused"),
        ({"requests": 19, "unauthorized": 19}, ["● fine"], ""),
        ({"throttled": 3}, ["△ throttled"], "15.0 % throttled"),
        ({"errors": 20}, ["△ failing"], "100.0 % failed"),
        ({"expires_at": NOW + 7 * DAY}, ["◷ ends soon"], "expires in 7 d"),
        ({"expires_at": NOW + 8 * DAY}, ["● fine"], ""),
        ({"status": "revoked", "requests": 3, "successes": 1}, ["✕ used after end"],
         "3 requests though revoked, 1 of them successful"),
        ({"status": "revoked", "requests": 0}, ["● fine"], ""),
        ({"throttled": 3, "errors": 4}, ["△ throttled", "+1"], "15.0 % throttled; 20.0 % failed"),
    ],
)  # fmt: skip
def test_the_first_rule_that_holds_is_the_badge(changes: dict[str, object], badge: list[str], why: str) -> None:
    held = health.judge(ROW | changes, [], (), NOW)

    assert (badge, why) == (health.badge(held), health.why(held))


@pytest.mark.parametrize(("severity", "badge"), [(Severity.HIGH, "▲ accused"), (Severity.MEDIUM, "● fine")])
def test_grave_findings_accuse_a_key(severity: Severity, badge: str) -> None:
    found: list[Finding] = [finding(NOW, "volume-spike", severity, "Many")]

    assert [badge] == health.badge(health.judge(ROW, found, (), NOW))


@pytest.mark.parametrize(("flag", "why"), [("never", "never used"), ("idle", "idle for 90 days or more")])
def test_a_key_that_nobody_uses_is_unused(flag: str, why: str) -> None:
    held = health.judge(ROW, [], {flag}, NOW)

    assert (["◌ unused"], why) == (health.badge(held), health.why(held))

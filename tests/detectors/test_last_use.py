"""Never used, not used since telemetry began, and unknown are three things."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from detectors.frames import FRAMES, conform
from detectors.shared.last_use import last_uses

AT = datetime(2026, 10, 5, tzinfo=UTC)
KEY = {"key_id": "k1", "status": "active", "source": "csv", "created_at": AT - timedelta(days=200)}


def days(ago: float) -> datetime:
    return AT - timedelta(days=ago)


def judged(
    *, began: datetime | None = None, refs: bool = True, reads_keys: bool = True, until: datetime = AT, **facts: object
) -> pd.Series:
    """The one row of `last_uses` for a key with these facts, or of an empty frame the names of its columns."""
    given: dict[str, list[dict[str, object]]] = {
        "keys": [{**KEY, **facts}],
        "key_refs": [{"key_ref": "id:1", "key_id": "k1"}] if refs else [],
        "sources": [{"name": "edge", "reads_keys": reads_keys}],
        "telemetry": [{"since": began or days(100), "until": until}],
    }
    frames = {
        name: conform(name, pd.DataFrame(given.get(name, []), columns=list(spec.columns)))
        for name, spec in FRAMES.items()
    }
    return last_uses(frames, AT).iloc[0]


@pytest.mark.parametrize(
    ("facts", "basis"),
    [
        ({"last_success": days(3)}, "used"),
        ({"source_last_used_at": days(3)}, "used"),
        ({}, "telemetry"),
        ({"created_at": days(99)}, "never"),
        ({"last_seen": days(3), "first_seen": days(9)}, "used"),
        ({"refs": False}, "unknown"),
        ({"reads_keys": False}, "unknown"),
        ({"began": AT + timedelta(days=1)}, "unknown"),
        ({"created_at": None}, "telemetry"),
        ({"first_seen": days(150), "last_success": AT + timedelta(days=1)}, "unknown"),
        ({"first_seen": AT + timedelta(days=1), "last_success": AT + timedelta(days=2)}, "telemetry"),
    ],
)
def test_what_is_known_of_a_key(facts: dict[str, object], basis: str) -> None:
    row = judged(**facts)  # type: ignore[arg-type]

    assert basis == row["basis"]


def test_a_last_use_after_the_moment_is_ignored() -> None:
    row = judged(last_success=days(60), source_last_used_at=AT + timedelta(days=1))

    assert ("used", days(60)) == (row["basis"], row["last_use"])


def test_the_later_of_logs_and_source_counts() -> None:
    assert days(2) == judged(last_success=days(60), source_last_used_at=days(2))["last_use"]
    assert days(2) == judged(last_success=days(2), source_last_used_at=days(60))["last_use"]


def test_logs_that_ended_long_ago_say_nothing_about_the_time_since() -> None:
    assert days(30) == judged(last_success=days(60), until=days(30))["judged"]
    assert judged(last_success=days(60), until=days(3))["judged"] == AT

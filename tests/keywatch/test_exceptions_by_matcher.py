"""An override holds for the key, the owner, the environment or the label that it names, and up to its end."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from detectors.engine import detect
from detectors.frames import FRAMES
from detectors.settings import DetectorsConfig
from keywatch.config.exceptions import OverrideConfig
from model.finding import FindingStatus
from model.window import Window

T0 = datetime(2026, 10, 5, tzinfo=UTC)
WINDOW = Window(since=T0, until=T0 + timedelta(hours=12))
EACH = [
    {"key": "billing"}, {"key": "k1"}, {"owner": "Pay*"}, {"environment": "production"}, {"label": {"tier": "gold"}},
    {"owner": "Payments", "label": "tier"},
]  # fmt: skip
OTHERS = [
    {"key": "crm"}, {"owner": "Sales"}, {"environment": "staging"}, {"label": {"tier": "lead"}},
    {"owner": "Payments", "environment": "staging"},
]  # fmt: skip


def frames(*bursts: int) -> dict[str, pd.DataFrame]:
    """Two keys of two owners, each with twelve failed calls from one address at these hours."""
    keys = pd.DataFrame(
        {
            "key_id": ["k1", "k2"], "name": ["billing", "mailer"], "owner": ["Payments", "Growth"],
            "environment": ["production", "development"], "labels": [{"tier": "gold"}, {}],
        }
    )  # fmt: skip
    refs = keys.drop(columns="labels").assign(key_ref=["id:a", "id:b"], status="active", timezone=None)
    minutes = [
        {"minute": T0 + timedelta(hours=hour, minutes=30), "key_ref": ref, "ip": ip, "unauthenticated": 12}
        for hour in bursts
        for ref, ip in (("id:a", "203.0.113.9"), ("id:b", "192.0.2.9"))
    ]
    return {
        "keys": filled("keys", keys),
        "key_refs": filled("key_refs", refs),
        "auth_minutes": filled("auth_minutes", pd.DataFrame(minutes).assign(requests=12, refs=1)),
    }


def filled(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    return frame.reindex(columns=list(FRAMES[name].columns))


def found(override: dict[str, Any], *bursts: int) -> list[tuple[str, FindingStatus, int]]:
    """Name, status and count of each burst with an override."""
    one = OverrideConfig.model_validate(override)
    config = DetectorsConfig(exceptions=tuple(one.overrides()), mutes=tuple(one.mutes()))
    done = detect(frames(*bursts), WINDOW, known=[], config=config, now=T0, detectors=["auth-burst-key"])
    return sorted((str(finding.key_name), finding.status, finding.count) for finding in done.findings)


OPEN, MUTED = FindingStatus.OPEN, FindingStatus.MUTED
THRESHOLDS: dict[str, Any] = {"detector": "auth-burst-key", "set": {"failures": 100, "paced": 100}}
MUTE: dict[str, Any] = {"mute_until": "2026-10-05T06:00:00Z", "reason": "they know"}


@pytest.mark.parametrize("when", EACH)
def test_thresholds_hold_for_whom_the_matcher_names(when: dict[str, Any]) -> None:
    assert [("mailer", OPEN, 12)] == found({**THRESHOLDS, "when": when}, 1)


@pytest.mark.parametrize("when", OTHERS)
def test_thresholds_for_others_change_nothing(when: dict[str, Any]) -> None:
    assert [("billing", OPEN, 12), ("mailer", OPEN, 12)] == found({**THRESHOLDS, "when": when}, 1)


def test_thresholds_hold_up_to_their_end() -> None:
    ending = {**THRESHOLDS, "when": {"key": "billing"}, "until": "2026-10-05T06:00:00Z"}

    assert [("billing", OPEN, 12), ("mailer", OPEN, 24)] == found(ending, 1, 8)
    assert [("mailer", OPEN, 24)] == found({**ending, "until": "2026-10-05T20:00:00Z"}, 1, 8)


@pytest.mark.parametrize("when", EACH)
def test_a_mute_holds_for_whom_the_matcher_names(when: dict[str, Any]) -> None:
    assert [("billing", MUTED, 12), ("mailer", OPEN, 12)] == found({**MUTE, "when": when}, 1)


@pytest.mark.parametrize("when", OTHERS)
def test_a_mute_of_others_changes_nothing(when: dict[str, Any]) -> None:
    assert [("billing", OPEN, 12), ("mailer", OPEN, 12)] == found({**MUTE, "when": when}, 1)


def test_what_goes_on_after_a_mutes_end_is_told_with_all_that_it_kept_back() -> None:
    muted = {**MUTE, "when": {"key": "billing"}}

    assert [("billing", OPEN, 24), ("mailer", OPEN, 24)] == found(muted, 1, 8)
    assert ("billing", MUTED, 24) in found({**muted, "mute_until": "2026-10-05T20:00:00Z"}, 1, 8)


def test_a_mute_of_one_detector_leaves_the_others() -> None:
    other = {**MUTE, "detector": "auth-burst-address", "when": {"key": "billing"}}

    assert ("billing", OPEN, 12) in found(other, 1)

"""The engine: a fortnight with attacks, one without, odd frames, and a detector that raises."""

import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pandas as pd
import pytest
import world

from detectors import registry
from detectors.declare import narrow
from detectors.engine import Detection, detect, load, names, required_frames, score
from detectors.frames import CALLS, FRAMES, OWN, conform
from detectors.settings import DetectorsConfig
from model.errors import DetectorError, StoreError, UsageError
from model.finding import Finding, FindingStatus, Severity
from model.window import Window

Frames = dict[str, pd.DataFrame]
WHOLE = Window(since=world.BEGIN, until=world.END)
UPKEEP = {"over-age-key", "no-owner", "no-expiry", "generic-name", "two-active-keys"}
"""The made-up inventory has neither owners nor ends, and keys that are called `key 3`."""

EXPECTED = {
    ("auth-burst-key", "key:id:0", 60),
    ("auth-burst-key", "key:id:5", 60),
    ("auth-burst-address", "ip:203.0.119.1", 56),
    ("key-guessing", "ip:203.0.114.1", 40),
    ("burst-then-success", "key:id:5", 25),
    ("new-origin", "key:id:5", 25),
    ("new-origin", "key:id:10", 85),
    ("new-origin", "key:id:6", 180),
    ("new-client", "key:id:11", 4),
    ("new-client", "key:id:7", 5),
    ("new-route", "key:id:11", 1),
    ("new-method", "key:id:0", 1),
    ("fan-out", "key:id:6", 180),
    ("client-switching", "key:id:6", 180),
    ("client-switching", "key:id:11", 37),
    ("impossible-travel", "key:id:10", 25),
    ("enumeration", "key:id:1", 60),
    ("no-credential-probing", "ip:203.2.2.1", 40),
    ("permission-probing", "key:id:1", 20),
    ("identifier-walking", "key:id:11", 60),
    ("scraping", "key:id:11", 5000),
    ("revoked-or-expired-key-used", "key:id:100", 5),
    ("revoked-or-expired-key-used", "key:id:101", 3),
    ("unregistered-key", "key:id:unlisted", 20),
    ("unused-key", "key:k103", 1),
    ("never-used-key", "key:k102", 1),
    ("auth-burst-network", "network:203.0.120.0/24", 24),
    ("credential-stuffing", "ip:203.0.121.1", 10),
    ("key-spraying", "ip:203.0.122.1", 18),
    ("distributed-guessing", "key:id:6", 18),
    ("slow-and-low", "ip:203.0.123.1", 10),
    ("platform-failures", "platform:all", 81),
    ("off-hours", "key:id:1", 10800),
}


def run(
    frames: Frames, window: Window = WHOLE, known: Sequence[Finding] = (), only: list[str] | None = None
) -> Detection:
    config = DetectorsConfig()
    return detect(frames, window, known=known, config=config, now=world.END, detectors=only)


USE = ["auth-burst-key", "auth-burst-address", "key-guessing", "volume-spike", "flatline"]


def test_the_attacks_are_found_and_nothing_else(war: Frames) -> None:
    found = run(war)

    told = [f for f in found.findings if f.detector not in UPKEEP]
    counted = {(f.detector, str(f.subject), f.count) for f in told if f.detector not in {"volume-spike", "flatline"}}
    others = {(f.detector, str(f.subject), f.status) for f in told if f.detector in {"volume-spike", "flatline"}}
    assert not found.errors
    assert EXPECTED == counted
    assert {
        ("volume-spike", "key:id:1", FindingStatus.RESOLVED),
        ("flatline", "key:id:15", FindingStatus.OPEN),
    } == others


def test_a_peaceful_fortnight_has_no_alarm(peace: Frames) -> None:
    found = run(peace)

    assert not found.errors
    assert [] == [f.title for f in found.findings if f.detector not in UPKEEP]


def test_a_rerun_changes_nothing(war: Frames) -> None:
    known = run(war).findings

    assert [] == run(war, known=known).findings


def test_days_one_by_one_give_the_findings_of_one_pass(war: Frames) -> None:
    state: dict[str, Finding] = {}
    cuts = [world.BEGIN, *(world.BEGIN + timedelta(days=11.3 + 0.45 * n) for n in range(6)), world.END]
    moving = [name for name in names() if load(name).kind != "standing"]
    for since, until in pairwise(cuts):
        found = run(war, Window(since=since, until=until), list(state.values()), moving)
        state |= {finding.id: finding for finding in found.findings}

    assert {finding.id: finding for finding in run(war, only=moving).findings} == state


def test_severities_are_promises(war: Frames) -> None:
    found = run(war).findings

    assert {
        ("burst-then-success", "key:id:5"),
        ("revoked-or-expired-key-used", "key:id:101"),
    } == {(f.detector, str(f.subject)) for f in found if f.severity == Severity.CRITICAL}


@pytest.mark.parametrize("columns", [True, False], ids=["empty frames", "no frames"])
def test_an_empty_store_is_no_news(*, columns: bool) -> None:
    frames = {name: pd.DataFrame(columns=list(spec.columns)) for name, spec in FRAMES.items()} if columns else {}

    found = run(frames)

    assert ({}, []) == (found.errors, found.findings)
    assert set(names()) == set(found.judged)


def test_columns_of_nothing_but_nulls_are_no_news() -> None:
    frames = {name: pd.DataFrame([dict.fromkeys(spec.columns)] * 3) for name, spec in FRAMES.items()}

    found = run(frames)

    assert ({}, []) == (found.errors, found.findings)


def test_one_event_of_one_key_is_no_news() -> None:
    lonely = world.World()
    lonely.key(1)
    lonely.add([world.BEGIN], "id:1", "198.18.0.1", "curl/8", "unauthenticated", 1)

    found = run(lonely.frames())

    assert ({}, []) == (found.errors, [f for f in found.findings if f.detector not in UPKEEP])


def test_what_is_dated_after_the_clock_is_not_judged(war: Frames) -> None:
    later = {
        name: _moved(frame, timedelta(days=400)) for name, frame in war.items() if name in {"auth_minutes", "key_hours"}
    }

    found = run({**war, **{name: pd.concat([war[name], frame]) for name, frame in later.items()}}, only=USE)

    assert not found.errors
    assert {(f.id, f.count) for f in run(war, only=USE).findings} == {(f.id, f.count) for f in found.findings}


def test_a_million_guessed_keys_are_one_finding_with_a_short_list() -> None:
    quiet = world.World()
    quiet.key(1)
    quiet.add([world.BEGIN], "id:1", "198.18.0.1", "curl/8", "ok", 1)
    frames = quiet.frames()
    minute = pd.Timestamp(world.BEGIN) + pd.Timedelta(days=1)
    guessed = {"minute": minute, "key_ref": "unknown:203.0.113.0/24", "ip": "203.0.113.9", "network": "203.0.113.0/24"}
    counts = {"refs": 1_000_000, "requests": 1_000_000, "unauthenticated": 1_000_000}
    row = pd.DataFrame([guessed | counts]).reindex(columns=list(FRAMES["auth_minutes"].columns))
    row = row.assign(first_seen=minute, last_seen=minute).fillna({"ok": 0, "forbidden": 0})

    found = run({**frames, "auth_minutes": row}, only=["key-guessing", "auth-burst-address"])

    (told,) = found.findings
    assert ("auth-burst-address", "ip:203.0.113.9", 1_000_000) == (told.detector, str(told.subject), told.count)
    assert len(told.summary) < 300


def _moved(frame: pd.DataFrame, by: timedelta) -> pd.DataFrame:
    moments = frame.select_dtypes("datetimetz").columns
    return frame.assign(**{name: frame[name] + by for name in moments})


def test_a_log_without_keys_is_judged_by_address() -> None:
    keyless = world.World()
    keyless.key(1)
    keyless.add([world.BEGIN], None, "203.0.113.1", "curl/8", "unauthenticated", 40)

    found = run(keyless.frames())

    assert [("auth-burst-address", None)] == [
        (finding.detector, finding.key_ref) for finding in found.findings if finding.detector not in UPKEEP
    ]


def test_a_detector_that_raises_is_a_finding_and_the_others_go_on(war: Frames, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> pd.DataFrame:
        msg = "no such column"
        raise KeyError(msg)

    module = __import__("detectors.new_origin", fromlist=["score"])
    healthy = module.score
    monkeypatch.setattr(module, "score", dataclasses.replace(healthy, function=broken))
    found = run(war)
    failed = [finding for finding in found.findings if finding.detector == "detector-failed"]

    assert [("source:new-origin", Severity.MEDIUM)] == [(str(f.subject), f.severity) for f in failed]
    assert "new-origin" not in found.judged
    assert set(names()) - {"new-origin"} == set(found.judged)

    monkeypatch.setattr(module, "score", healthy)
    mended = run(war, known=failed, only=["new-origin"]).findings

    assert [FindingStatus.RESOLVED] == [f.status for f in mended if f.detector == "detector-failed"]


def test_a_frame_that_lacks_a_column_fails_those_who_read_it(war: Frames) -> None:
    found = run({**war, "client_days": war["client_days"].drop(columns="ok")})

    assert [name for name in names() if "client_days" in load(name).frames] == list(found.errors)
    assert "lacks ok" in found.errors["new-origin"]


def test_a_broken_inventory_stops_the_run(war: Frames) -> None:
    with pytest.raises(DetectorError, match="key_refs lacks"):
        run({**war, "key_refs": war["key_refs"].drop(columns="key_id")})


def test_required_frames_say_how_far_back_to_read() -> None:
    window = Window(since=datetime(2026, 10, 5, 9, 30, 20, tzinfo=UTC), until=datetime(2026, 10, 5, 10, tzinfo=UTC))
    needed = required_frames(window, ["auth-burst-key"])

    assert {"auth_minutes", "worked", "platform_minutes"} <= set(needed)
    assert timedelta(hours=8, seconds=20) == needed["auth_minutes"]
    assert timedelta(days=31, hours=9, minutes=30, seconds=20) == required_frames(window)["network_days"]
    assert set(FRAMES) - OWN == set(required_frames(window))


def test_an_unknown_detector_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="no detector 'auth-brust'"):
        load("auth-brust")


def test_each_detector_is_loaded_under_its_own_id() -> None:
    assert registry.names() == [load(name).id for name in registry.names()]


def test_frames_that_come_later_are_asked_for_once_and_stand_in_the_place_of_the_others(war: Frames) -> None:
    by_key = {narrow(name): war[name].iloc[:0] for each in names() for name in load(each).by_key if name in war}
    asked = []

    def later() -> Frames:
        asked.append(True)
        return by_key

    whole = score({**war, **by_key}, WHOLE, config=DetectorsConfig())
    parts = score(war, WHOLE, config=DetectorsConfig(), later=later)

    assert (whole.rows, [*whole.rows]) == (parts.rows, [*parts.rows])
    assert [True] == asked


def test_what_keeps_later_frames_from_being_read_is_no_failure_of_a_detector(war: Frames) -> None:
    def later() -> Frames:
        msg = "The disk is gone."
        raise StoreError(msg, hint="")

    with pytest.raises(StoreError, match="The disk is gone"):
        score(war, WHOLE, config=DetectorsConfig(), later=later)


@pytest.mark.parametrize("name", [name for name in names() if load(name).kind == "rule"])
def test_a_rule_says_nothing_where_nothing_was_called(name: str, war: Frames) -> None:
    """The engine does not even ask it then."""
    detector = load(name)
    quiet = {each: conform(each, war.get(each)).iloc[: 0 if each in CALLS else None] for each in detector.frames}
    calls = CALLS.intersection(detector.frames)

    assert not calls or detector.score(quiet, WHOLE, detector.settings()).empty
    assert calls or {"event_hours", "source_hours"} >= {*detector.frames}

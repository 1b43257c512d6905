from dataclasses import replace
from datetime import UTC, datetime

from reports.remarks import remarks
from reports.snapshot import Snapshot


def test_rejects_gaps_and_what_is_not_judged_yet_are_remarked(snapshot: Snapshot) -> None:
    said = " ".join(remarks(snapshot))

    assert "edge: 1 of 13 lines (7.7 %) could not be read as an event." in said
    assert "edge: 6 gaps in the period, the longest 1 day 23 h." in said
    assert "Detectors have judged up to 2026-10-05 08:00 UTC" in said


def test_telemetry_that_began_within_the_period_is_remarked(snapshot: Snapshot) -> None:
    late = replace(snapshot, telemetry_since=datetime(2026, 10, 3, tzinfo=UTC))

    assert "Telemetry began at 2026-10-03 00:00 UTC; 2 days of the period are missing." in remarks(late)


def test_a_log_that_ends_before_the_period_is_remarked(snapshot: Snapshot) -> None:
    short = replace(snapshot, telemetry_until=datetime(2026, 10, 6, tzinfo=UTC))

    assert any("2 days before the moment that this report judges" in remark for remark in remarks(short))


def test_nothing_is_remarked_of_a_period_that_is_whole(snapshot: Snapshot) -> None:
    sources = tuple(replace(source, rejects=0, gaps=()) for source in snapshot.log_sources)

    whole = replace(snapshot, log_sources=sources, judged_until=snapshot.cover.until)

    assert () == remarks(whole)

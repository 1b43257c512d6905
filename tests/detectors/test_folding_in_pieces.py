"""Cutting time anywhere changes nothing: of rules and statistical detectors with mutes, and of standing ones."""

import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.engine import Scores, fold, load
from detectors.folding.matching import Matcher
from detectors.folding.muting import Mute
from detectors.folding.standing import decide_standing
from detectors.folding.wording import Names
from detectors.scores import Scored
from detectors.settings import DetectorsConfig
from model.finding import Finding, FindingId, FindingStatus
from model.window import Window

T0 = datetime(2026, 10, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
NAMES = Names.nobody()
SPAN = 96
MUTES = (
    Mute(kind="calendar", name="load test", reason="", since=T0 + 20 * HOUR, until=T0 + 60 * HOUR),
    Mute(kind="override", name="b", reason="known", when=Matcher(key=("b",)), until=T0 + 30 * HOUR),
)
hours = st.integers(0, SPAN - 1)
cuts = st.lists(st.integers(0, SPAN), max_size=5)
fires = st.lists(st.tuples(hours, st.sampled_from("abc"), st.sampled_from([1e-12, 1e-7, 1e-4, 0.2])), max_size=40)


def row(hour: int, key: str, p: float) -> Scored:
    at = T0 + hour * HOUR
    return Scored(
        bucket=at,
        subject=f"key:{key}",
        key_ref=key,
        score=1.5,
        p=p,
        tests=240.0,
        count=1 + hour,
        first_seen=at,
        last_seen=at + HOUR,
        title="{count} calls with key {key}",
        summary=f"p {p}",
    )


def state(detector: str, rows: Sequence[Scored], edges: Sequence[int], mutes: tuple[Mute, ...]) -> list[Finding]:
    """The findings after the windows between `edges` were folded one after the other."""
    known: dict[FindingId, Finding] = {}
    step = load(detector).bucket
    config = DetectorsConfig(mutes=mutes)
    for since, until in pairwise(edges):
        window = Window(since=T0 + since * HOUR, until=T0 + until * HOUR)
        mine = [one for one in rows if window.since < one.bucket + step <= window.until]
        scores = Scores(rows={detector: mine})
        done = fold(scores, window, known=list(known.values()), config=config, now=T0, names=NAMES)
        known |= {finding.id: finding for finding in done.findings}
    return sorted(known.values(), key=lambda finding: (finding.opened, finding.id))


@pytest.mark.parametrize("detector", ["volume-spike", "off-hours", "flatline"])
@pytest.mark.parametrize("mutes", [(), MUTES], ids=["told", "muted"])
@settings(max_examples=25, deadline=None)
@given(given=fires, cut=cuts)
def test_pieces_are_the_whole(
    detector: str, mutes: tuple[Mute, ...], given: list[tuple[int, str, float]], cut: list[int]
) -> None:
    rows = [row(hour, key, p) for (hour, key), p in {(hour, key): p for hour, key, p in given}.items()]

    whole = state(detector, rows, [0, SPAN], mutes)

    assert whole == state(detector, rows, [0, *sorted(cut), SPAN], mutes)


@settings(max_examples=25, deadline=None)
@given(given=fires, cut=cuts)
def test_mutes_change_the_status_and_nothing_else(given: list[tuple[int, str, float]], cut: list[int]) -> None:
    rows = [row(hour, key, p) for (hour, key), p in {(hour, key): p for hour, key, p in given}.items()]
    edges = [0, *sorted(cut), SPAN]

    told, muted = (state("volume-spike", rows, edges, mutes) for mutes in ((), MUTES))

    assert told == [
        dataclasses.replace(finding, status=before.status, muted_by=None)
        for before, finding in zip(told, muted, strict=True)
    ]


spans = st.dictionaries(st.sampled_from("abcd"), st.tuples(hours, st.integers(1, SPAN)), max_size=4)


def standing(held: dict[str, tuple[int, int]], moments: Sequence[int]) -> list[Finding]:
    """The state after looking at these moments at conditions that hold from one hour to another."""
    detector, known = load("unused-key"), {}
    for moment in moments:
        rows = [
            dataclasses.replace(row(since, key, 1.0), p=None, key_id=key, last_seen=T0 + since * HOUR)
            for key, (since, length) in held.items()
            if since <= moment < since + length
        ]
        until = T0 + moment * HOUR
        news = decide_standing(detector, list(known.values()), rows, until=until, now=T0, names=NAMES)
        known |= {finding.id: finding for finding in news}
    return sorted(known.values(), key=lambda finding: (finding.opened, finding.id))


@given(held=spans, cut=cuts)
def test_what_stands_at_the_end_does_not_depend_on_how_often_one_looked(
    held: dict[str, tuple[int, int]], cut: list[int]
) -> None:
    once, often = standing(held, [SPAN]), standing(held, [*sorted(cut), SPAN])

    assert once == [finding for finding in often if finding.status is FindingStatus.OPEN]
    assert often == standing(held, [*sorted([*cut, *cut]), SPAN, SPAN])


@given(held=spans, cut=cuts)
def test_a_condition_is_one_finding_and_ends_at_the_first_look_without_it(
    held: dict[str, tuple[int, int]], cut: list[int]
) -> None:
    moments = [*sorted(cut), SPAN]

    found = {str(finding.key_id): finding for finding in standing(held, moments)}

    seen = {
        key: next((T0 + at * HOUR for at in moments if at >= since + length), None)
        for key, (since, length) in held.items()
        if any(since <= at < since + length for at in moments)
    }
    assert seen == {key: finding.resolved_at for key, finding in found.items()}

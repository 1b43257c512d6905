"""With what keys were used, all kinds at once, on both engines."""

from collections.abc import Callable

import pandas as pd
import pytest

from model.window import Window
from store.events.reader import EventsReader
from store.queries.breakdown import usage_by
from store.queries.counts import COUNTS
from store.queries.debut import debuts
from store.queries.traffic import addresses, counted, counted_of_outcomes, totals, totals_of_keys
from store.queries.traits import TRAITS, Kind, traits

MakeWindow = Callable[[str, str], Window]
B = "fp:1:bbbb"
KINDS: tuple[Kind, ...] = ("ip", "route", "client", "network")
WINDOWS = [
    (("2026-03-29T01:00", "2026-03-30"), ("2026-03-28", "2026-03-29T01:00")),
    (("2026-03-29", "2026-03-30T02:00"), ("2026-03-27", "2026-03-29")),
    (("2026-03-29T01:10", "2026-03-29T02:31"), ("2026-03-28T05:00", "2026-03-29T01:10")),
]


@pytest.mark.parametrize(("now", "then"), WINDOWS)
def test_the_counts_are_those_of_a_breakdown_by_each_kind(
    reader: EventsReader, window: MakeWindow, now: tuple[str, str], then: tuple[str, str]
) -> None:
    found = traits(reader, window(*now), window(*then), key_refs=[B], most=dict.fromkeys(KINDS, 3), newest=0)

    for kind in ("ip", "route", "client", "network"):
        mine = found[found["kind"] == kind].rename(columns={"value": kind}).reset_index(drop=True)
        names = [kind, *COUNTS, "first_seen", "last_seen"]
        pd.testing.assert_frame_equal(usage_by(reader, window(*now), by=kind, key_refs=[B], limit=3), mine[names])


@pytest.mark.parametrize(("now", "_then"), WINDOWS)
def test_totals_can_be_made_of_what_was_counted_by_key_or_by_outcome(
    reader: EventsReader, window: MakeWindow, now: tuple[str, str], _then: tuple[str, str]
) -> None:
    by_key = usage_by(reader, window(*now), by="key")
    by_outcome = usage_by(reader, window(*now), by="status").rename(columns={"status": "outcome"})
    whole = totals(reader, window(*now))
    places = addresses(reader, window(*now))

    pd.testing.assert_frame_equal(whole, totals_of_keys(by_key, places))
    pd.testing.assert_frame_equal(whole[list(COUNTS)], counted_of_outcomes(by_outcome))
    pd.testing.assert_frame_equal(whole[list(COUNTS)], counted(reader, window(*now)))


@pytest.mark.parametrize(("now", "then"), WINDOWS)
def test_what_is_new_is_what_the_time_before_had_not(
    reader: EventsReader, window: MakeWindow, now: tuple[str, str], then: tuple[str, str]
) -> None:
    found = traits(reader, window(*now), window(*then), key_refs=[B], most=dict.fromkeys(KINDS, 0), newest=2)

    new = found[found["debut"] > 0].assign(order=found["kind"].map(KINDS.index)).sort_values(["order", "debut"])
    old = debuts(reader, window(*now), window(*then), kinds=KINDS, key_refs=[B], limit=2)
    assert list(old["value"]) == list(new["value"])
    assert list(old["first_seen"]) == list(new["first_seen"])
    assert len(old)


def test_nothing_is_an_empty_frame_with_its_dtypes(
    empty_reader: EventsReader, window: MakeWindow, everything: Window, same: Callable[..., None]
) -> None:
    before = window("2026-03-27", "2026-03-28")

    same([], TRAITS, traits(empty_reader, everything, before, key_refs=[B], most={"ip": 3}, newest=3))
    same([], TRAITS, traits(empty_reader, everything, before, key_refs=[B], most={}, newest=3))

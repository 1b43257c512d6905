"""What the page of a key reads once: who asks within it shares a reader, anybody else has one of their own."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from dashboard.reads.one_reader import at_once, reading_of
from dashboard.reads.opened import inventory_of, place
from model.window import Window

if TYPE_CHECKING:
    from keywatch.workspace import Workspace
    from store.events.reader import EventsReader
    from tests.dashboard.conftest import Small

HOUR = timedelta(hours=1)


def refs_of(reader: "EventsReader") -> set[str]:
    rows = reader.connection.execute(text("SELECT DISTINCT key_ref FROM usage WHERE key_ref IS NOT NULL"))
    return {str(ref) for (ref,) in rows}


@pytest.fixture
def every(copied: "Workspace", small: "Small") -> Window:
    del copied
    return Window(since=small.now - timedelta(days=2), until=small.now)


@pytest.fixture
def refs(every: Window) -> dict[str, str]:
    """Key id to the key_ref of its secret."""
    del every
    return {key: ref for ref, key in inventory_of(place()).owner.items() if not ref.startswith("id:")}


def test_the_same_keys_within_the_time_share_a_reader(every: Window, refs: dict[str, str]) -> None:
    mine, within = (refs["key_1"],), Window(since=every.since + HOUR, until=every.until - HOUR)
    with (
        at_once(every, mine, since=every.since),
        reading_of(place(), every, mine) as shared,
        reading_of(place(), within, mine) as again,
    ):
        assert shared is again
        assert {*mine} == refs_of(shared)


@pytest.mark.parametrize(("keys", "earlier", "later"), [("key_2", 0, 0), ("key_1", 1, 0), ("key_1", 0, 1)])
def test_other_keys_or_another_time_get_a_reader_of_their_own(
    every: Window, refs: dict[str, str], keys: str, earlier: int, later: int
) -> None:
    other = Window(since=every.since - earlier * HOUR, until=every.until + later * HOUR)
    with (
        at_once(every, (refs["key_1"],), since=every.since),
        reading_of(place(), every, (refs["key_1"],)) as shared,
        reading_of(place(), other, (refs[keys],)) as own,
    ):
        assert shared is not own
        assert {refs[keys]} == refs_of(own)


def test_all_keys_share_a_reader_too_and_one_within_another_is_the_same(every: Window, refs: dict[str, str]) -> None:
    later = Window(since=every.since + HOUR, until=every.until)
    with at_once(every), reading_of(place(), every) as shared:
        with at_once(later), reading_of(place(), later) as again:
            assert shared is again
        with reading_of(place(), every, (refs["key_1"],)) as own:
            assert shared is not own
        assert {refs["key_1"], refs["key_2"]} < refs_of(shared)

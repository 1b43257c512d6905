"""Hours of sources, on both engines."""

from collections.abc import Callable
from typing import Any

from model.window import Window
from store.events.reader import EventsReader
from store.queries.coverage import source_hours

COLUMNS = {"source": "object", "hour": "datetime64[us, UTC]"}


def test_each_hour_with_an_event_is_told_once_and_silent_hours_are_left_out(
    reader: EventsReader, everything: Window, same: Callable[..., None]
) -> None:
    heard = ("2026-03-28T22", "2026-03-28T23", "2026-03-29T00", "2026-03-29T01", "2026-03-29T02", "2026-03-30T00")

    same([("edge", f"{hour}:00Z") for hour in heard], COLUMNS, source_hours(reader, everything))


def test_hours_that_the_window_cuts_count_when_an_event_lies_inside(
    reader: EventsReader, window: Callable[[str, str], Window], same: Callable[..., None]
) -> None:
    heard_early = window("2026-03-28T22:59:59.999999", "2026-03-29T00:30")
    heard_late = window("2026-03-28T23:00", "2026-03-29T00:30:00.000001")

    same([("edge", "2026-03-28T22:00Z"), ("edge", "2026-03-28T23:00Z")], COLUMNS, source_hours(reader, heard_early))
    same([("edge", "2026-03-28T23:00Z"), ("edge", "2026-03-29T00:00Z")], COLUMNS, source_hours(reader, heard_late))


def test_requests_without_a_key_and_with_an_unknown_one_are_heard_too(
    reader: EventsReader, window: Callable[[str, str], Window], same: Callable[..., None]
) -> None:
    keyless, guessed = (
        window("2026-03-28T23:30", "2026-03-29T00:30"),
        window("2026-03-29T01:05", "2026-03-29T01:07"),
    )

    same([("edge", "2026-03-28T23:00Z")], COLUMNS, source_hours(reader, keyless))
    same([("edge", "2026-03-29T01:00Z")], COLUMNS, source_hours(reader, guessed))


def test_sources_are_told_apart(
    load: Callable[..., EventsReader],
    event: Callable[..., dict[str, Any]],
    everything: Window,
    same: Callable[..., None],
) -> None:
    rest = (None, "192.0.2.1", None, None, None, 200, "ok", None, None, None)
    heard = [("edge", "10:20"), ("api", "10:40"), ("edge", "10:59"), ("edge", "09:00")]
    rows = [{**event(line, (f"2026-03-28T{at}Z", *rest)), "source": source} for line, (source, at) in enumerate(heard)]

    same(
        [("api", "2026-03-28T10:00Z"), ("edge", "2026-03-28T09:00Z"), ("edge", "2026-03-28T10:00Z")],
        COLUMNS,
        source_hours(load(rows), everything),
    )


def test_nothing_is_an_empty_frame_with_its_dtypes(
    reader: EventsReader,
    empty_reader: EventsReader,
    everything: Window,
    window: Callable[[str, str], Window],
    same: Callable[..., None],
) -> None:
    same([], COLUMNS, source_hours(empty_reader, everything))
    same([], COLUMNS, source_hours(reader, window("2026-04-01T00:10", "2026-04-02")))
    same([], COLUMNS, source_hours(reader, window("2026-03-29T01:00", "2026-03-29T01:00")))

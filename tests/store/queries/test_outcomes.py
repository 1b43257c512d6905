"""Outcomes by key, on both engines."""

from collections.abc import Callable

from model.window import Window
from store.events.reader import EventsReader
from store.queries.outcomes import outcomes_by_key

COLUMNS = {"key_ref": "object", "outcome": "object", "requests": "int64"}
FOLDED = "unknown:198.51.100.0/24"


def test_each_outcome_is_counted_and_null_and_unknown_keep_rows_of_their_own(
    reader: EventsReader, everything: Window, same: Callable[..., None]
) -> None:
    same(
        [
            ("fp:1:aaaa", "forbidden", 1),
            ("fp:1:aaaa", "ok", 4),
            ("fp:1:aaaa", "throttled", 1),
            ("fp:1:bbbb", "client_error", 1),
            ("fp:1:bbbb", "ok", 1),
            ("fp:1:bbbb", "server_error", 1),
            ("fp:1:bbbb", "unknown", 1),
            (FOLDED, "unauthenticated", 4),
            (None, "unauthenticated", 1),
        ],
        COLUMNS,
        outcomes_by_key(reader, everything),
    )


def test_a_ragged_window_counts_its_ends_to_the_microsecond_and_folds_there_too(
    reader: EventsReader, window: Callable[[str, str], Window], same: Callable[..., None]
) -> None:
    same(
        [
            ("fp:1:aaaa", "forbidden", 1),
            ("fp:1:aaaa", "ok", 1),
            ("fp:1:bbbb", "unknown", 1),
            (FOLDED, "unauthenticated", 2),
            (None, "unauthenticated", 1),
        ],
        COLUMNS,
        outcomes_by_key(reader, window("2026-03-28T23:20:00.000001", "2026-03-29T01:05:10.000001")),
    )


def test_a_window_without_a_key_has_the_row_of_no_credential_alone(
    reader: EventsReader, window: Callable[[str, str], Window], same: Callable[..., None]
) -> None:
    keyless = window("2026-03-28T23:59", "2026-03-29T00:30")

    same([(None, "unauthenticated", 1)], COLUMNS, outcomes_by_key(reader, keyless))


def test_nothing_is_an_empty_frame_with_its_dtypes(
    reader: EventsReader,
    empty_reader: EventsReader,
    everything: Window,
    window: Callable[[str, str], Window],
    same: Callable[..., None],
) -> None:
    same([], COLUMNS, outcomes_by_key(empty_reader, everything))
    same([], COLUMNS, outcomes_by_key(reader, window("2026-04-01T00:10", "2026-04-02T00:10")))
    same([], COLUMNS, outcomes_by_key(reader, window("2026-03-29T01:00", "2026-03-29T01:00")))

"""What events know of folded credentials, on both engines."""

from collections.abc import Callable
from typing import Any

import pytest

from model.window import Window
from store.events.reader import EventsReader
from store.queries.origins import Origin
from store.queries.unfolded import unfolded_minutes, unfolded_origins

MINUTES = {"key_ref": "object", "minute": "datetime64[us, UTC]", "outcome": "object", "requests": "int64"}
ORIGINS = {"key_ref": "object", "value": "object"}
B, GUESS, OTHER_GUESS = "fp:1:bbbb", "fp:1:9999", "fp:1:8888"
FOLDED = "unknown:198.51.100.0/24"


def test_minutes_of_folded_credentials_are_told_by_their_own_key_refs(
    reader: EventsReader, everything: Window, same: Callable[..., None]
) -> None:
    same(
        [
            (OTHER_GUESS, "2026-03-29T01:05Z", "unauthenticated", 1),
            (GUESS, "2026-03-29T01:05Z", "unauthenticated", 2),
            (GUESS, "2026-03-29T01:06Z", "unauthenticated", 1),
        ],
        MINUTES,
        unfolded_minutes(reader, everything, key_refs=[GUESS, OTHER_GUESS, "id:nobody"]),
    )


def test_a_minute_that_the_window_cuts_counts_what_lies_inside(
    reader: EventsReader, window: Callable[[str, str], Window], same: Callable[..., None]
) -> None:
    cut = window("2026-03-29T01:05:00.000001", "2026-03-29T01:05:30")

    same(
        [(GUESS, "2026-03-29T01:05Z", "unauthenticated", 1)],
        MINUTES,
        unfolded_minutes(reader, cut, key_refs=[GUESS, OTHER_GUESS]),
    )


def test_outcomes_of_one_minute_are_counted_apart(
    load: Callable[..., EventsReader],
    event: Callable[..., dict[str, Any]],
    everything: Window,
    same: Callable[..., None],
) -> None:
    quiet = ("192.0.2.1", None, None, None)
    refused = (GUESS, *quiet, 401, "unauthenticated", None, None, None)
    accepted = (GUESS, *quiet, 200, "ok", None, None, None)
    keyless = (None, *quiet, 200, "ok", None, None, None)
    rows = [("10:20:01", refused), ("10:20:02", accepted), ("10:20:03", keyless), ("10:20:59.999999", refused)]
    reader = load([event(line, (f"2026-03-28T{at}Z", *rest)) for line, (at, rest) in enumerate(rows)])

    same(
        [(GUESS, "2026-03-28T10:20Z", "ok", 1), (GUESS, "2026-03-28T10:20Z", "unauthenticated", 2)],
        MINUTES,
        unfolded_minutes(reader, everything, key_refs=[GUESS]),
    )


def test_origins_of_folded_credentials_are_told_by_their_own_key_refs(
    reader: EventsReader, everything: Window, same: Callable[..., None]
) -> None:
    guesses, network = [GUESS, OTHER_GUESS], "198.51.100.0/24"

    same(
        [(OTHER_GUESS, "198.51.100.6"), (GUESS, "198.51.100.5")],
        ORIGINS,
        unfolded_origins(reader, everything, "ip", key_refs=guesses),
    )
    same(
        [(OTHER_GUESS, network), (GUESS, network)],
        ORIGINS,
        unfolded_origins(reader, everything, "network", key_refs=guesses),
    )


def test_a_request_without_a_client_has_none_and_the_window_is_exact(
    reader: EventsReader, everything: Window, window: Callable[[str, str], Window], same: Callable[..., None]
) -> None:
    cut = window("2026-03-29T00:45:00.000001", "2026-03-29T02:30")

    same([(B, "curl/8"), (B, "python")], ORIGINS, unfolded_origins(reader, everything, "client", key_refs=[B]))
    same([(B, "curl/8")], ORIGINS, unfolded_origins(reader, cut, "client", key_refs=[B]))


@pytest.mark.parametrize("key_refs", [[], [FOLDED], ["id:nobody"]])
def test_no_key_refs_a_networks_name_and_a_stranger_find_nothing(
    reader: EventsReader, everything: Window, same: Callable[..., None], key_refs: list[str]
) -> None:
    same([], MINUTES, unfolded_minutes(reader, everything, key_refs=key_refs))
    same([], ORIGINS, unfolded_origins(reader, everything, "ip", key_refs=key_refs))


@pytest.mark.parametrize("origin", ["ip", "network", "client"])
def test_nothing_is_an_empty_frame_with_its_dtypes(
    reader: EventsReader,
    empty_reader: EventsReader,
    everything: Window,
    window: Callable[[str, str], Window],
    same: Callable[..., None],
    origin: Origin,
) -> None:
    for nothing, span in (
        (empty_reader, everything),
        (reader, window("2026-04-01T00:10", "2026-04-02")),
        (reader, window("2026-03-29T01:05", "2026-03-29T01:05")),
    ):
        same([], MINUTES, unfolded_minutes(nothing, span, key_refs=[GUESS]))
        same([], ORIGINS, unfolded_origins(nothing, span, origin, key_refs=[GUESS]))

"""The latest requests, on both engines."""

from collections.abc import Callable

from model.window import Window
from store.events.reader import EventsReader
from store.queries.requests import latest

INTEGERS = ("status", "bytes_out", "bytes_in", "line")
COLUMNS = dict.fromkeys(
    [
        "ts",
        "source",
        "key_ref",
        "key_hint",
        "ip",
        "method",
        "route",
        "path",
        "host",
        "status",
        "outcome",
        "bytes_out",
        "bytes_in",
        "duration_ms",
        "user_agent",
        "client",
        "network",
        "country",
        "asn",
        "request_id",
        "flags",
        "batch",
        "line",
    ],
    "object",
) | {"ts": "datetime64[us, UTC]", "duration_ms": "float64", **dict.fromkeys(INTEGERS, "Int64")}


def test_the_newest_come_first_with_all_their_columns_and_gaps(
    reader: EventsReader, window: Callable[[str, str], Window], same: Callable[..., None]
) -> None:
    quiet = (None, None, None, None)
    b, ip, network, nothing = "fp:1:bbbb", "192.0.2.1", "192.0.2.0/24", float("nan")

    last = ("2026-03-29T02:30Z", "edge", b, None, ip, None, "/v1/x", None, "api", 404, "client_error", 7, None)
    other = ("2026-03-29T02:00Z", "edge", b, None, ip, None, None, None, "api", 500, "server_error", None, None)

    same(
        [
            (*last, nothing, None, "python", network, *quiet, "batch-1", 13),
            (*other, 100.0, None, None, network, *quiet, "batch-0", 12),
        ],
        COLUMNS,
        latest(reader, window("2026-03-29", "2026-03-30"), limit=2),
    )


def test_a_request_whose_log_has_no_status_has_none(reader: EventsReader, window: Callable[[str, str], Window]) -> None:
    frame = latest(reader, window("2026-03-29T00:45", "2026-03-29T00:46"))

    assert list(frame["outcome"]) == ["unknown"]
    assert frame["status"].isna().all()


def test_all_that_is_asked_for_must_match(reader: EventsReader, everything: Window) -> None:
    guesses = latest(reader, everything, key_refs=["fp:1:9999"], ip="198.51.100.5", outcome="unauthenticated")

    assert list(guesses["line"]) == [10, 8, 7]
    assert latest(reader, everything, key_refs=["fp:1:9999"], outcome="ok").empty
    assert latest(reader, everything, key_refs=["fp:1:9999"], ip="192.0.2.1").empty


def test_nothing_is_an_empty_frame_with_its_dtypes(
    reader: EventsReader,
    empty_reader: EventsReader,
    everything: Window,
    window: Callable[[str, str], Window],
    same: Callable[..., None],
) -> None:
    same([], COLUMNS, latest(empty_reader, everything))
    same([], COLUMNS, latest(reader, window("2026-04-01", "2026-04-02")))

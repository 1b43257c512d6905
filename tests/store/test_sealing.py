"""The same events give the same usage and facets from a sealed segment as from a tail, folded credentials too."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.event import EVENT_COLUMNS, FACET_KINDS, Outcome
from model.segment import Segment, SegmentId
from store.events import ids, segments
from store.events.files import FolderFiles, path_of
from store.events.reader import open_reader

T0 = datetime(2026, 10, 1, 23, 30, tzinfo=UTC)
KEPT = ["fp:1:known", "id:kept"]
Event = dict[str, Any]
Write = Callable[..., tuple[Segment, segments.Written]]

EVENTS = st.fixed_dictionaries(
    {
        "ts": st.integers(0, 40).map(lambda n: T0 + timedelta(minutes=7 * n, microseconds=n)),
        "key_ref": st.sampled_from([None, "fp:1:known", "id:kept", "fp:1:guess", "fp:1:other", "fp:1:third"]),
        "key_hint": st.none() | st.just("ac_…1234"),
        "ip": st.sampled_from([None, "192.0.2.1", "192.0.2.2", "198.51.100.3"]),
        "network": st.sampled_from([None, "192.0.2.0/24", "198.51.100.0/24"]),
        "method": st.sampled_from([None, "GET"]),
        "route": st.sampled_from([None, "/v1/x", "/v1/{id}"]),
        "host": st.sampled_from([None, "api"]),
        "client": st.sampled_from([None, "curl/8"]),
        "country": st.sampled_from([None, "DE"]),
        "outcome": st.sampled_from([str(outcome) for outcome in Outcome]),
        "bytes_out": st.none() | st.integers(0, 1000),
        "duration_ms": st.none() | st.integers(0, 100).map(float),
    }
)
COUNTERS = (
    "CAST(sum(requests) AS BIGINT), CAST(sum(bytes_out) AS BIGINT), sum(duration_sum), max(duration_max),"
    " CAST(sum(timed) AS BIGINT)"
)


@pytest.fixture(scope="module")
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


@pytest.fixture
def write(duck: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """`write(events, sealed=…)` writes them as one segment."""

    def run(events: list[Event], *, sealed: bool) -> tuple[Segment, segments.Written]:
        columns = ", ".join(f"{name} {kind}" for name, kind in EVENT_COLUMNS.items() if name != "batch")
        duck.execute(f"CREATE OR REPLACE TABLE made ({columns})")
        names = [name for name in EVENT_COLUMNS if name != "batch"]
        rows = [[{"source": "edge", "line": n, **event}.get(name) for name in names] for n, event in enumerate(events)]
        duck.executemany(f"INSERT INTO made VALUES ({', '.join('?' * len(names))})", rows)
        monkeypatch.setattr(segments, "SEAL_ROWS", 0 if sealed else 1 << 30)
        written = segments.write_segment(duck, "made", files=FolderFiles(tmp_path), segment=ids.new_id(T0), kept=KEPT)
        return manifest_row(written, len(events)), written

    return run


def manifest_row(written: segments.Written, rows: int) -> Segment:
    return Segment(
        id=written.id,
        source="edge",
        origin="o",
        from_offset=0,
        to_offset=1,
        from_line=0,
        rows=rows,
        rejects=0,
        min_ts=written.min_ts,
        max_ts=written.max_ts,
        ingested_at=T0,
        sealed=written.sealed,
    )


def answers(root: Path, manifest: list[Segment]) -> dict[str, list[tuple[Any, ...]]]:
    """Usage and facets, summed up by their groups."""
    queries = {
        "usage": f"SELECT hour, key_ref, host, outcome, {COUNTERS} FROM usage GROUP BY ALL ORDER BY ALL",
        "facets": f"SELECT day, key_ref, kind, value, outcome, {COUNTERS}, min(first_ts), max(last_ts) FROM facets"
        " GROUP BY ALL ORDER BY ALL",
        "events": "SELECT ts, key_ref, outcome, ip FROM events ORDER BY ALL",
    }
    with open_reader(FolderFiles(root), manifest, KEPT) as reader:
        return {
            name: [tuple(row) for row in reader.connection.exec_driver_sql(query)] for name, query in queries.items()
        }


SLOW_FIXTURES = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@settings(max_examples=20, deadline=None, suppress_health_check=SLOW_FIXTURES)
@given(events=st.lists(EVENTS, min_size=1, max_size=40))
def test_sealed_segments_and_tails_answer_alike(write: Write, tmp_path: Path, events: list[Event]) -> None:
    tail, _ = write(events, sealed=False)
    sealed, _ = write(events, sealed=True)

    assert (False, True) == (tail.sealed, sealed.sealed)
    assert answers(tmp_path, [tail]) == answers(tmp_path, [sealed])


@settings(max_examples=15, deadline=None, suppress_health_check=SLOW_FIXTURES)
@given(events=st.lists(EVENTS, min_size=2, max_size=40), cut=st.integers(1, 39))
def test_requests_are_counted_once_whatever_is_sealed(
    write: Write, tmp_path: Path, events: list[Event], cut: int
) -> None:
    parts = [part for part in (events[:cut], events[cut:]) if part]
    mixed = [write(part, sealed=n == 0)[0] for n, part in enumerate(parts)]

    with open_reader(FolderFiles(tmp_path), mixed, KEPT) as reader:
        usage, facets = (
            reader.connection.exec_driver_sql(f"SELECT CAST(sum(requests) AS BIGINT) FROM {of}").scalar()
            for of in ("usage", "(SELECT * FROM facets WHERE kind = 'ip')")
        )

    assert len(events) == usage
    assert sum(1 for event in events if event["ip"]) == (facets or 0)


def an_event(**known: object) -> Event:
    base = {
        "ts": T0,
        "key_ref": "fp:1:guess",
        "network": "192.0.2.0/24",
        "outcome": "unauthenticated",
        "ip": "192.0.2.1",
    }
    return base | known


def key_refs(root: Path, segment: Segment) -> set[str | None]:
    return {row[1] for row in answers(root, [segment])["usage"]}


@pytest.mark.parametrize("sealed", [False, True])
def test_credentials_that_are_unknown_and_never_succeeded_are_folded_by_network(
    write: Write,
    tmp_path: Path,
    sealed: bool,  # noqa: FBT001 (drawn by pytest)
) -> None:
    guesses = [an_event(key_ref=f"fp:1:{n}") for n in range(30)]
    others = [an_event(key_ref="fp:1:x", network=None), an_event(key_ref=None), an_event(key_ref="fp:1:known")]
    good = [an_event(key_ref="fp:1:new", outcome="ok"), an_event(key_ref="fp:1:new")]

    segment, written = write(guesses + others + good, sealed=sealed)

    assert {None, "unknown:192.0.2.0/24", "unknown:-", "fp:1:known", "fp:1:new"} == key_refs(tmp_path, segment)
    assert {"fp:1:known", "fp:1:new"} == {activity[0] for activity in written.activity}
    assert 30 == sum(1 for row in answers(tmp_path, [segment])["events"] if row[1] and row[1][5:].isdigit())


def test_activity_tells_first_and_last_use_and_the_last_success(write: Write) -> None:
    hour = timedelta(hours=1)
    events = [
        an_event(key_ref="id:kept", ts=T0 + 2 * hour),
        an_event(key_ref="id:kept", ts=T0, outcome="ok", key_hint="k…"),
        an_event(key_ref="id:kept", ts=T0 + hour, outcome="ok"),
        an_event(key_ref="fp:1:known", ts=T0),
    ]

    _, written = write(events, sealed=True)

    assert [
        ("fp:1:known", None, T0, T0, None),
        ("id:kept", "k…", T0, T0 + 2 * hour, T0 + hour),
    ] == written.activity


def test_a_sealed_segment_has_three_files_and_a_tail_one(write: Write, tmp_path: Path) -> None:
    tail, _ = write([an_event()], sealed=False)
    sealed, written = write([an_event()], sealed=True)

    kinds = {
        s.sealed: [kind for kind in ("events", "usage", "facets") if path_of(tmp_path, s.id, kind).exists()]
        for s in (tail, sealed)
    }

    assert {False: ["events"], True: ["events", "usage", "facets"]} == kinds
    assert sum(path_of(tmp_path, sealed.id, kind).stat().st_size for kind in kinds[True]) == written.bytes
    assert [] == list(tmp_path.rglob("*.draft"))


def test_a_store_without_events_answers_with_no_rows(tmp_path: Path) -> None:
    assert {"usage": [], "facets": [], "events": []} == answers(tmp_path, [])


def test_facets_have_all_kinds(write: Write, tmp_path: Path) -> None:
    whole = an_event(asn="AS1", country="DE", client="curl/8", route="/x", method="GET", host="api")

    segment, _ = write([whole], sealed=True)

    assert set(FACET_KINDS) == {row[2] for row in answers(tmp_path, [segment])["facets"]}
    assert "GET /x" in {row[3] for row in answers(tmp_path, [segment])["facets"]}


def test_ids_of_segments_sort_by_time_and_never_repeat() -> None:
    found = [ids.new_id(T0 + timedelta(microseconds=n // 2)) for n in range(1000)]

    assert len(set(found)) == 1000
    assert sorted(name[:21] for name in found) == [name[:21] for name in found]
    assert SegmentId(found[0]).startswith("20261001T233000000000-")

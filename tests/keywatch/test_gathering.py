"""Small objects of a store: many become one segment, and each line of each leads back to its object."""

import gzip
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import fsspec
import pytest

from ingest.sources import objects
from keywatch.collecting import gathering
from keywatch.collecting.ingesting import Ingested, ingest_source
from keywatch.config.root import SourceConfig
from keywatch.workspace import Workspace
from model.clock import FixedClock
from store.compaction import compact
from store.state import segments
from store.state.sources import reject_frame

NOW = datetime(2026, 10, 2, 12, tzinfo=UTC)
Stored = Callable[[str], list[tuple[Any, ...]]]
Fetch = Callable[..., Ingested]
Put = Callable[[str, str], None]


@pytest.fixture
def put(monkeypatch: pytest.MonkeyPatch) -> Iterator[Put]:
    """Put an object into memory, which takes the place of an object store."""
    monkeypatch.setattr(objects, "STORES", objects.STORES | {"memory"})
    monkeypatch.setattr("keywatch.collecting.fetching.STORES", objects.STORES | {"memory"})
    fs = fsspec.filesystem("memory")
    fs.store.clear()
    fs.pseudo_dirs[:] = [""]
    yield lambda path, text: fs.pipe(f"/logs/{path}", gzip.compress(text.encode()))
    fs.store.clear()


@pytest.fixture
def fetch(workspace: Workspace) -> Fetch:
    def run(**source: Any) -> Ingested:  # noqa: ANN401
        return ingest_source(
            workspace, SourceConfig(name="edge", url="memory://logs/", **source), clock=FixedClock(NOW)
        )

    return run


def line(path: str) -> str:
    return f'192.0.2.7 - - [01/Oct/2026:09:30:00 +0000] "GET {path} HTTP/1.1" 200 12 "-" "curl/8"\n'


def manifest(workspace: Workspace) -> list[Any]:
    with workspace.store.reading() as tx:
        return segments.overlapping(tx, None)


def places(workspace: Workspace, stored: Stored) -> set[tuple[str, str, int]]:
    """(path of the request, path of its object, line there)."""
    with workspace.store.reading() as tx:
        rows = stored("SELECT path, batch, line FROM events")
        found = segments.origins(tx, {batch for _, batch, _ in rows})
        objects_ = {one.origin: one.path for one in segments.cursors(tx, "edge")}
    return {(path, objects_[found[batch][0]], found[batch][1] + own) for path, batch, own in rows}


def test_many_small_objects_become_one_segment_and_each_event_leads_back_to_its_line(
    workspace: Workspace, put: Put, fetch: Fetch, stored: Stored
) -> None:
    for n in range(20):
        put(f"{n:02}.log", line(f"/a/x{n}x") + "\n" + line(f"/b/x{n}x"))

    first, second = fetch(), fetch()

    assert (20, 40, 0) == (first.files, first.events, second.events)
    assert [(40, 20)] == [(one.rows, first.files) for one in manifest(workspace)]
    assert places(workspace, stored) == {
        (f"/{letter}/x{n}x", f"memory:///logs/{n:02}.log", at) for n in range(20) for letter, at in (("a", 1), ("b", 3))
    }


def test_the_way_back_holds_after_compaction(workspace: Workspace, put: Put, fetch: Fetch, stored: Stored) -> None:
    for n in range(3):
        put(f"{n}.log", line(f"/a/x{n}x"))
        fetch()
    put("8.log", line("/a/x8x"))
    put("9.log", line("/a/x9x"))
    fetch()

    compact(workspace.store, now=NOW.replace(day=3))

    assert 1 == len(manifest(workspace))
    assert places(workspace, stored) == {(f"/a/x{n}x", f"memory:///logs/{n}.log", 1) for n in (0, 1, 2, 8, 9)}


def test_a_reject_names_its_object_and_its_line_there(workspace: Workspace, put: Put, fetch: Fetch) -> None:
    for n in range(4):
        put(f"{n}.log", line("/a") * 3 + (f"nonsense {n}\n" if n else "") + line("/a"))

    done = fetch()

    with workspace.store.reading() as tx:
        found: Any = reject_frame(tx)
    assert (19, 16, 3) == (done.lines, done.events, done.rejects)
    assert {(f"memory:///logs/{n}.log", 4, f"nonsense {n}") for n in (1, 2, 3)} == set(
        zip(found["path"], found["line"], found["sample"], strict=True)
    )


def test_objects_of_another_format_are_a_segment_of_their_own(
    workspace: Workspace, put: Put, fetch: Fetch, stored: Stored
) -> None:
    record = {"eventVersion": "1.08", "eventTime": "2026-10-01T09:30:00Z", "eventSource": "s3.amazonaws.com"}
    for n in range(3):
        put(f"a{n}.log", line("/a"))
        put(f"b{n}.json", json.dumps({"Records": [record | {"eventName": f"Get{n}{m}"} for m in range(2)]}))

    done = fetch()

    assert {"combined", "cloudtrail"} == done.formats
    assert [3, 6] == sorted(one.rows for one in manifest(workspace))
    assert 6 == len([1 for path, where, _ in places(workspace, stored) if path.startswith("/Get") and "/b" in where])


def test_csv_under_another_header_is_read_by_its_own_names(put: Put, fetch: Fetch, stored: Stored) -> None:
    put("a.csv", "time,method,path,status\n2026-10-01T09:30:00Z,GET,/a,200\n")
    put("b.csv", "status,path,method,time\n401,/b,GET,2026-10-01T09:30:00Z\n")
    put("c.csv", "status,path,method,time\n403,/c,GET,2026-10-01T09:30:00Z\n")

    fetch()

    assert [("/a", 200), ("/b", 401), ("/c", 403)] == sorted(stored("SELECT path, status FROM events"))


def test_w3c_objects_with_directives_of_their_own_are_read_by_these(put: Put, fetch: Fetch, stored: Stored) -> None:
    put("a.log", "#Fields: date time c-ip cs-method cs-uri-stem sc-status\n2026-10-01 09:30:00 192.0.2.1 GET /a 200\n")
    put("b.log", "#Fields: date time sc-status cs-uri-stem cs-method c-ip\n2026-10-01 09:30:00 401 /b GET 192.0.2.2\n")

    fetch()

    assert [("/a", 200), ("/b", 401)] == sorted(stored("SELECT path, status FROM events"))


def test_an_object_without_a_format_keeps_none_of_the_others_back(
    workspace: Workspace, put: Put, fetch: Fetch, stored: Stored
) -> None:
    for n in range(6):
        put(f"{n}.log", "Dear diary, nothing happened.\n" if n == 3 else line(f"/x{n}x"))

    done = fetch()

    assert "No format fits" in done.errors[0]
    assert 5 == len(places(workspace, stored))


def test_a_segment_takes_so_many_objects_and_no_more(
    workspace: Workspace, put: Put, fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "MOST", 4)
    for n in range(10):
        put(f"{n}.log", line("/a"))

    fetch()

    assert [2, 4, 4] == sorted(one.rows for one in manifest(workspace))

"""Records of servers are stored once: through late ones, duplicates, failures between pages, crashes and backfills."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from answering import Answering, Asked, Reply, serve
from logstores import ElasticServer, LokiServer

from ingest.sources import asking, records
from ingest.sources.records import nanoseconds
from keywatch.collecting.ingesting import Ingested, ingest_source
from keywatch.config.root import SourceConfig
from keywatch.workspace import Workspace
from model.clock import FixedClock
from model.errors import Fenced, FormatError, UsageError
from model.window import Window

T0 = datetime(2026, 10, 1, 9, tzinfo=UTC)
Stored = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "_FIRST_WAIT", 0.001)


@pytest.fixture
def server() -> Iterator[Answering]:
    with serve() as running:
        yield running


@pytest.fixture
def loki(server: Answering) -> LokiServer:
    server.answer = store = LokiServer([])
    return store


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def entry(n: int, *, seconds: float | None = None) -> tuple[int, dict[str, str], str]:
    moment = at(n if seconds is None else seconds)
    stamp = f"{moment:%d/%b/%Y:%H:%M:%S +0000}"
    return (
        nanoseconds(moment),
        {"app": "nginx"},
        f'192.0.2.7 - - [{stamp}] "GET /line/x{n}x HTTP/1.1" 200 12 "-" "curl/8"',
    )


def config(server: Answering, **settings: Any) -> SourceConfig:  # noqa: ANN401 (fields of SourceConfig)
    given: dict[str, Any] = {"loki": {"query": '{app="nginx"}', "limit": 3}, "allow_private": True}
    given["pull"] = {"start": "1h", "overlap": "60s", "step": "10m"}
    return SourceConfig(name="edge", url=server.url, **{**given, **settings})


@pytest.fixture
def pull(workspace: Workspace, server: Answering) -> Callable[..., Ingested]:
    """`pull(seconds, window=…, **source)` looks at the server at that moment."""

    def run(seconds: float, *, window: tuple[float, float] | None = None, **settings: Any) -> Ingested:  # noqa: ANN401
        asked = Window(since=at(window[0]), until=at(window[1])) if window else None
        return ingest_source(workspace, config(server, **settings), clock=FixedClock(at(seconds)), window=asked)

    return run


def numbers(stored: Stored) -> list[int]:
    """The numbers of the lines in the store, in order; one that was stored twice stands twice."""
    return sorted(int(path.split("x")[1]) for (path,) in stored("SELECT path FROM events"))


def test_looks_one_after_another_store_each_record_once(
    loki: LokiServer, pull: Callable[..., Ingested], stored: Stored
) -> None:
    for look in range(6):
        loki.entries += [entry(n) for n in range(10 * look, 10 * look + 10)]
        done = pull(10 * look + 10)
        assert (10, []) == (done.lines, done.errors)

    assert numbers(stored) == list(range(60))
    assert pull(60).lines == 0


def test_a_late_record_is_found_within_the_overlap_and_those_around_it_are_not_doubled(
    loki: LokiServer, pull: Callable[..., Ingested], stored: Stored
) -> None:
    loki.entries = [entry(n) for n in range(100)]
    pull(100)
    loki.entries.append(entry(500, seconds=70))

    done = pull(130)

    assert numbers(stored) == [*range(100), 500]
    assert done.lines == 1
    assert done.duplicates >= 60


def test_ids_before_the_overlap_are_forgotten(
    loki: LokiServer, pull: Callable[..., Ingested], workspace: Workspace
) -> None:
    from store.state import pulls

    for look in range(10):
        loki.entries += [entry(n) for n in range(60 * look, 60 * look + 60)]
        pull(60 * look + 60, loki={"query": "{}", "limit": 1000})

    with workspace.store.reading() as tx:
        kept = pulls.seen_ids(tx, pulls.positions(tx, "edge"))
    assert 120 <= len(kept) <= 240


@pytest.mark.parametrize(
    "failure", [Reply(status=500), Reply(status=429), Reply(reset=True), Reply([1, 2], cut=2)], ids=str
)
def test_a_server_that_fails_for_good_half_way_keeps_what_came_and_the_next_look_gets_the_rest(
    server: Answering, loki: LokiServer, pull: Callable[..., Ingested], stored: Stored, failure: Reply
) -> None:
    loki.entries = [entry(n) for n in range(20)]
    server.failures = [None] * 9 + [failure] * 9  # a connection that was kept is opened again without being counted

    first = pull(20)
    server.failures = []
    between = numbers(stored)
    second = pull(25)

    assert len(first.errors) == 1
    assert 0 < len(between) < 20
    assert second.errors == []
    assert numbers(stored) == list(range(20))


def test_a_crash_at_any_page_loses_and_doubles_nothing(
    loki: LokiServer, pull: Callable[..., Ingested], stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "_RECORDS", 1)  # each page is a block of its own
    loki.entries = [entry(n, seconds=n // 2) for n in range(30)]
    calls = 0

    class Crash(BaseException):
        pass

    from store.state import pulls

    original = pulls.save_ids

    def crash(*given: Any, **named: Any) -> None:  # noqa: ANN401 (as the function has it)
        nonlocal calls
        calls += 1
        if calls % 3 == 0:
            raise Crash
        original(*given, **named)

    monkeypatch.setattr(pulls, "save_ids", crash)
    crashes = 0
    for _ in range(60):
        try:
            pull(30)
        except (Crash, Fenced):  # the blocks after the one that crashed find the cursor where it was
            crashes += 1
        else:
            break

    assert crashes > 3
    assert numbers(stored) == list(range(30))


def test_a_backfill_stores_its_window_once_and_the_ordinary_look_goes_on_where_it_was(
    loki: LokiServer, pull: Callable[..., Ingested], stored: Stored
) -> None:
    loki.entries = [entry(n, seconds=60 * n) for n in range(300)]
    pull(299 * 60 + 1)
    assert numbers(stored) == list(range(240, 300))

    pull(299 * 60 + 1, window=(100 * 60, 200 * 60))
    assert numbers(stored) == [*range(100, 200), *range(240, 300)]

    loki.entries += [entry(n, seconds=60 * n) for n in range(300, 310)]
    pull(310 * 60)
    pull(310 * 60, window=(50 * 60, 290 * 60))
    assert numbers(stored) == [*range(50, 310)]
    assert pull(310 * 60, window=(50 * 60, 290 * 60)).lines == 0


def test_the_first_ordinary_look_does_not_store_again_what_a_backfill_stored(
    loki: LokiServer, pull: Callable[..., Ingested], stored: Stored
) -> None:
    loki.entries = [entry(n, seconds=60 * n) for n in range(60)]

    pull(3600, window=(600, 1800))
    pull(3600)
    pull(3700)

    assert numbers(stored) == list(range(60))


def test_a_backfill_that_was_killed_goes_on_where_it_was(
    server: Answering, loki: LokiServer, pull: Callable[..., Ingested], stored: Stored
) -> None:
    loki.entries = [entry(n, seconds=60 * n) for n in range(60)]
    server.failures = [None] * 9 + [Reply(status=500)] * 5
    first = pull(9999, window=(0, 3600))
    assert 0 < len(numbers(stored)) < 60
    asked = len(server.asked)

    pull(9999, window=(0, 3600))

    assert first.errors
    assert numbers(stored) == list(range(60))
    assert min(int(one.query["start"]) for one in server.asked[asked:]) > nanoseconds(T0)


def test_an_ordinary_look_after_a_backfill_that_was_killed_half_way_doubles_nothing(
    server: Answering, loki: LokiServer, pull: Callable[..., Ingested], stored: Stored
) -> None:
    loki.entries = [entry(n, seconds=60 * n) for n in range(60)]
    server.failures = [None] * 9 + [Reply(status=500)] * 5
    pull(3600, window=(0, 3600))

    pull(3600)
    pull(3600, window=(0, 3600))

    assert numbers(stored) == list(range(60))


def test_documents_of_elasticsearch_are_read_as_their_lines(
    server: Answering, pull: Callable[..., Ingested], stored: Stored
) -> None:
    documents = [(f"id{n}", entry(n)[0] // 1_000_000, {"message": entry(n)[2]}) for n in range(20)]
    server.answer = ElasticServer(documents)
    settings = {"loki": None, "elasticsearch": {"index": "edge-*", "size": 3}}

    done = [pull(20, **settings), pull(25, **settings)]

    assert [20, 0] == [one.lines for one in done]
    assert numbers(stored) == list(range(20))


class Api:
    """An HTTP API of JSON requests by pages."""

    def __init__(self) -> None:
        self.items: list[dict[str, Any]] = []

    def __call__(self, asked: Asked) -> Reply:
        if asked.headers.get("authorization") != "Bearer kw_test_token":
            return Reply({"error": "who are you"}, status=401)
        begin = 3 * (int(asked.query["page"]) - 1)
        return Reply({"items": self.items[begin : begin + 3]})

    def grow(self, count: int) -> None:
        for n in range(len(self.items), len(self.items) + count):
            moment = at(n).isoformat()
            self.items.append(
                {"id": f"r{n}", "timestamp": moment, "method": "GET", "path": f"/line/x{n}x", "status": 200}
            )


HTTP: dict[str, Any] = {
    "loki": None,
    "http": {"records": "items", "id": "id", "pages": {"kind": "page", "parameter": "page"}},
    "auth": {"bearer": "env:GATEWAY_TOKEN"},
}


def test_an_http_api_is_read_page_by_page_with_a_secret_by_reference(
    server: Answering, pull: Callable[..., Ingested], stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_TOKEN", "kw_test_token")
    server.answer = api = Api()
    for count in (5, 0, 4, 1):
        api.grow(count)
        assert pull(100, **HTTP).lines == count

    assert numbers(stored) == list(range(10))


def test_a_source_without_times_has_no_backfill(
    server: Answering, pull: Callable[..., Ingested], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_TOKEN", "kw_test_token")
    server.answer = Api()

    with pytest.raises(UsageError, match="cannot be asked for a stretch of time"):
        pull(100, window=(0, 50), **HTTP)
    with pytest.raises(UsageError, match="no start was named"):
        pull(100, window=(-3e9 / 2, 50))


def test_a_refused_token_is_an_error_that_does_not_show_it(
    server: Answering, pull: Callable[..., Ingested], monkeypatch: pytest.MonkeyPatch, workspace: Workspace
) -> None:
    monkeypatch.setenv("GATEWAY_TOKEN", "kw_wrong_token")
    server.answer = Api()

    [error] = pull(100, **HTTP).errors

    assert "answered 401" in error
    assert "kw_wrong" not in error
    with workspace.store.reading() as tx:
        from store.state import sources

        assert "answered 401" in sources.source_frame(tx, T0).iloc[0]["last_error"]


def test_records_that_no_format_fits_are_told_and_not_passed_over(
    loki: LokiServer, pull: Callable[..., Ingested], stored: Stored
) -> None:
    loki.entries = [(nanoseconds(T0) + n, {}, "the quick brown fox") for n in range(5)]
    with pytest.raises(FormatError):
        pull(20)

    loki.entries = [entry(n) for n in range(5)]
    pull(20)

    assert numbers(stored) == list(range(5))


def test_a_database_is_read_by_its_cursor(workspace: Workspace, stored: Stored) -> None:
    import sqlite3

    source = SourceConfig(
        name="edge", url="sqlite:///app.db", sql={"query": "SELECT * FROM log", "cursor": "id", "line": "line"}
    )
    with sqlite3.connect(workspace.root / "app.db") as db:
        db.execute("CREATE TABLE log (id INTEGER PRIMARY KEY, line TEXT)")
        for look in range(3):
            db.executemany("INSERT INTO log VALUES (?, ?)", [(n, entry(n)[2]) for n in range(7 * look, 7 * look + 7)])
            db.commit()
            assert ingest_source(workspace, source, clock=FixedClock(T0)).lines == 7
    db.close()

    assert numbers(stored) == list(range(21))


def test_no_secret_of_a_url_is_stored(
    server: Answering, loki: LokiServer, workspace: Workspace, stored: Stored
) -> None:
    loki.entries = [entry(0)]
    url = server.url.replace("//", "//reader:kw-hidden-word@") + "?key=kw-hidden-word"
    source = SourceConfig(**{**config(server).model_dump(), "url": url})

    ingest_source(workspace, source, clock=FixedClock(at(5)))

    assert numbers(stored) == [0]
    assert server.asked[0].headers["authorization"].startswith("Basic ")
    for path in workspace.root.rglob("*"):
        if path.is_file():
            assert b"kw-hidden-word" not in path.read_bytes()

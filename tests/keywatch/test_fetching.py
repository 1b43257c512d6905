"""Objects of stores and servers: each line once, through late ones, growth, renames, crashes and backfills."""

import gzip
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import fsspec
import pytest
from answering import Asked, Reply, serve
from fsspec.spec import AbstractFileSystem

from ingest.sources import asking, objects
from keywatch.collecting.ingesting import Ingested, ingest_source
from keywatch.config.root import SourceConfig
from keywatch.workspace import Workspace
from model.clock import FixedClock
from model.errors import ConfigError, FormatError
from model.window import Window

T0 = datetime(2026, 10, 1, 9, tzinfo=UTC)
Stored = Callable[[str], list[tuple[Any, ...]]]
Fetch = Callable[..., Ingested]
DAILY = "memory://logs/AWSLogs/*/elb/*/{date:%Y/%m/%d}/*.log.gz"


class Store:
    """Objects in memory."""

    def __init__(self) -> None:
        self.fs = fsspec.filesystem("memory")

    def put(self, path: str, data: bytes) -> None:
        self.fs.pipe(f"/logs/{path}", data)

    def move(self, path: str, to: str) -> None:
        self.fs.mv(f"/logs/{path}", f"/logs/{to}")


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """Memory as an object store; `servers` makes it a server of files."""
    monkeypatch.setattr(objects, "STORES", objects.STORES | {"memory"})
    monkeypatch.setattr("keywatch.collecting.fetching.STORES", objects.STORES | {"memory"})
    made = Store()
    made.fs.store.clear()
    made.fs.pseudo_dirs[:] = [""]
    yield made
    made.fs.store.clear()


@pytest.fixture
def files(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The same as a server whose files grow and are renamed."""
    monkeypatch.setattr("keywatch.collecting.fetching.STORES", objects.STORES - {"memory"})
    return store


@pytest.fixture
def fetch(workspace: Workspace) -> Fetch:
    """`fetch(url, day, window=(since, until), **source)` looks at noon of that day of October."""

    def run(url: str, day: float = 31, *, window: tuple[datetime, datetime] | None = None, **source: Any) -> Ingested:  # noqa: ANN401
        clock = FixedClock(datetime(2026, 10, 1, 12, tzinfo=UTC) + timedelta(days=day - 1))
        asked = Window(since=window[0], until=window[1]) if window else None
        return ingest_source(workspace, SourceConfig(name="edge", url=url, **source), clock=clock, window=asked)

    return run


def lines(*numbers: int, at: datetime = T0) -> bytes:
    made = []
    for n in numbers:
        stamp = f"{at + timedelta(seconds=n):%d/%b/%Y:%H:%M:%S +0000}"
        made.append(f'192.0.2.7 - - [{stamp}] "GET /line/x{n}x HTTP/1.1" 200 12 "-" "curl/8"\n')
    return "".join(made).encode()


def numbers(stored: Stored) -> list[int]:
    """The numbers of the lines in the store, in order; one that was stored twice stands twice."""
    return sorted(int(path.split("x")[1]) for (path,) in stored("SELECT path FROM events"))


def filed(store: Store, day: int, *given: int, account: int = 1, name: str = "a") -> None:
    data = gzip.compress(lines(*given, at=T0.replace(day=day)))
    store.put(f"AWSLogs/{account}/elb/eu-west-1/2026/10/{day:02}/{name}.log.gz", data)


@pytest.mark.parametrize("url", ["memory://logs/*.log", "memory://logs/", "memory://logs/**", "memory://logs/a*"])
def test_each_object_is_read_once_and_new_ones_are_found(store: Store, fetch: Fetch, stored: Stored, url: str) -> None:
    store.put("a1.log", lines(*range(5)))
    store.put("a2.log", lines(*range(5, 9)))
    first = fetch(url)
    store.put("a0.log", lines(9))

    second = fetch(url)

    assert (2, 9) == (first.files, first.lines)
    assert (1, 1, 2) == (second.files, second.lines, second.unchanged)
    assert numbers(stored) == list(range(10))


def test_compressed_objects_and_last_lines_without_an_end_are_read_whole(
    store: Store, fetch: Fetch, stored: Stored
) -> None:
    store.put("a.log.gz", gzip.compress(lines(1, 2)[:-1]))
    store.put("b.log", lines(3, 4)[:-1])

    fetch("memory://logs/*")

    assert numbers(stored) == [1, 2, 3, 4]


def test_an_object_that_was_appended_to_is_read_on_and_one_that_was_written_anew_is_read_again(
    store: Store, fetch: Fetch, stored: Stored
) -> None:
    store.put("a.log", lines(1, 2))
    fetch("memory://logs/*.log")
    store.put("a.log", lines(1, 2, 3))
    fetch("memory://logs/*.log")
    assert numbers(stored) == [1, 2, 3]

    store.put("a.log", lines(7, 8, 9, 10))
    fetch("memory://logs/*.log")
    fetch("memory://logs/*.log")

    assert numbers(stored) == [1, 2, 3, 7, 8, 9, 10]


def test_a_rotated_file_of_a_server_is_known_by_its_content(files: Store, fetch: Fetch, stored: Stored) -> None:
    files.put("access.log", lines(1, 2))
    fetch("memory://logs/access.log*")
    files.put("access.log", lines(1, 2, 3))
    files.move("access.log", "access.log.1")
    files.put("access.log", lines(4, 5))
    fetch("memory://logs/access.log*")
    files.move("access.log.1", "access.log.2")
    files.move("access.log", "access.log.1")
    files.put("access.log.2.gz", gzip.compress(lines(1, 2, 3)))
    files.fs.rm("/logs/access.log.2")
    files.put("access.log", lines(6))
    fetch("memory://logs/access.log*")

    assert fetch("memory://logs/access.log*").lines == 0
    assert numbers(stored) == [1, 2, 3, 4, 5, 6]


def test_a_half_line_of_a_growing_file_waits_for_its_end(files: Store, fetch: Fetch, stored: Stored) -> None:
    whole = lines(1, 2)
    files.put("access.log", whole[:-10])
    files.fs.store["/logs/access.log"].created = datetime(2026, 10, 31, 12, tzinfo=UTC)
    fetch("memory://logs/access.log")
    assert numbers(stored) == [1]

    files.put("access.log", whole)
    fetch("memory://logs/access.log")

    assert numbers(stored) == [1, 2]


def test_days_are_read_in_order_and_only_the_last_ones_are_listed_again(
    store: Store, fetch: Fetch, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in range(1, 11):
        filed(store, day, day)
    fetch(DAILY, 10)
    assert numbers(stored) == list(range(1, 11))

    listed: list[str] = []
    original = type(store.fs).ls

    def ls(self: Any, path: str, **given: Any) -> Any:  # noqa: ANN401 (as fsspec has it)
        listed.append(path)
        return original(self, path, **given)

    monkeypatch.setattr(type(store.fs), "ls", ls)
    filed(store, 11, 11)
    filed(store, 9, 12, name="late", account=2)
    fetch(DAILY, 11)

    assert numbers(stored) == list(range(1, 13))
    assert {path[-10:] for path in listed if path[-2:].isdigit() and "2026" in path} == {
        "2026/10/09",
        "2026/10/10",
        "2026/10/11",
    }


def test_a_late_object_within_the_look_back_is_found(store: Store, fetch: Fetch, stored: Stored) -> None:
    for day in (1, 2, 3):
        filed(store, day, day)
    fetch(DAILY, 4)
    filed(store, 3, 33, name="late")
    filed(store, 1, 11, name="too-late")

    fetch(DAILY, 4)
    assert numbers(stored) == [1, 2, 3, 33]
    fetch(DAILY, 4, objects={"late": "4d"})

    assert numbers(stored) == [1, 2, 3, 11, 33]


def test_the_first_look_goes_back_as_far_as_the_config_says(store: Store, fetch: Fetch, stored: Stored) -> None:
    for day in range(1, 11):
        filed(store, day, day)

    fetch(DAILY, 10, objects={"start": "2d"})

    assert numbers(stored) == [8, 9, 10]


def test_a_day_with_an_object_that_cannot_be_read_is_listed_until_it_can(
    store: Store, fetch: Fetch, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in range(1, 6):
        filed(store, day, day)
    original = type(store.fs)._open

    def refuse(self: Any, path: str, *given: Any, **named: Any) -> Any:  # noqa: ANN401 (as fsspec has it)
        if "/02/" in path:
            raise PermissionError(path)
        return original(self, path, *given, **named)

    monkeypatch.setattr(type(store.fs), "_open", refuse)
    first = fetch(DAILY, 5)
    assert [1, 3, 4, 5] == numbers(stored)
    assert "PermissionError" in first.errors[0]
    monkeypatch.undo()
    monkeypatch.setattr("keywatch.collecting.fetching.STORES", objects.STORES | {"memory"})

    fetch(DAILY, 5)

    assert [1, 2, 3, 4, 5] == numbers(stored)


def test_a_connection_that_breaks_in_an_object_goes_on_there(
    store: Store, fetch: Fetch, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.sources.files.BLOCK_BYTES", 1000)
    monkeypatch.setattr("keywatch.collecting.fetching.SMALL", 0)  # as of an object that is none
    monkeypatch.setattr(objects, "_BUFFER", 500)
    store.put("a.log", lines(*range(100)))
    original = objects.Raw.readinto
    left = 10

    def breaking(self: objects.Raw, buffer: Any) -> int:  # noqa: ANN401 (a buffer)
        nonlocal left
        left -= 1
        with objects.told("a.log"):
            if not left:
                raise ConnectionResetError
        return original(self, buffer)

    monkeypatch.setattr(objects.Raw, "readinto", breaking)
    first = fetch("memory://logs/a.log")
    between = numbers(stored)
    second = fetch("memory://logs/a.log")

    assert "ConnectionResetError" in first.errors[0]
    assert 0 < len(between) < 100
    assert second.errors == []
    assert numbers(stored) == list(range(100))


def test_a_truncated_object_is_told_once_read_as_far_as_it_goes_and_does_not_stop_the_days(
    store: Store, fetch: Fetch, stored: Stored
) -> None:
    good = gzip.compress(lines(*range(200)))
    store.put("AWSLogs/1/elb/x/2026/10/01/a.log.gz", good[: len(good) // 2])
    filed(store, 2, 900)

    first, second = fetch(DAILY, 3), fetch(DAILY, 3)

    assert "ends in the middle" in first.errors[0]
    assert 900 in numbers(stored)
    assert len(numbers(stored)) == first.lines
    assert second.lines == 0


def day(number: int, hour: int = 0) -> datetime:
    return datetime(2026, 10, number, hour, tzinfo=UTC)


def test_a_backfill_lists_only_its_days_and_the_next_and_stores_only_its_events(
    store: Store, fetch: Fetch, stored: Stored
) -> None:
    for number in range(1, 11):
        filed(store, number, number)
    store.put("AWSLogs/1/elb/x/2026/10/06/b.log.gz", gzip.compress(lines(55, at=day(5, 23)) + lines(66, at=day(6, 1))))

    done = fetch(DAILY, 10, window=(day(4), day(6)))

    assert numbers(stored) == [4, 5, 55]
    assert done.outside == 2
    fetch(DAILY, 10)
    assert numbers(stored) == [*range(1, 11), 55, 66]


@pytest.mark.parametrize("url", ["memory://logs/*.log", DAILY])
def test_backfills_that_overlap_and_ordinary_looks_store_each_event_once_in_any_order(
    store: Store, fetch: Fetch, stored: Stored, url: str
) -> None:
    for number in range(1, 9):
        filed(store, number, number, 10 + number)
        store.put(f"d{number}.log", lines(number, 10 + number, at=T0.replace(day=number)))
    fetch(url, 8, window=(day(2), day(4)))
    fetch(url, 8, window=(day(3), day(6)))
    assert len(numbers(stored)) == 8
    if url == DAILY:
        filed(store, 9, 9)
    else:
        store.put("d9.log", lines(9, at=T0.replace(day=9)))
    fetch(url, 9)
    again = fetch(url, 9, window=(day(1), day(9, 23)))
    fetch(url, 9)

    assert again.lines == 0
    assert numbers(stored) == sorted([*range(1, 10), *range(11, 19)])


def test_an_object_that_grew_between_a_backfill_and_the_ordinary_look_keeps_each_line_once(
    store: Store, fetch: Fetch, stored: Stored
) -> None:
    store.put("a.log", lines(1, 2) + lines(3, at=day(2)))
    fetch("memory://logs/a.log", window=(day(1), day(2)))
    assert numbers(stored) == [1, 2]
    store.put("a.log", lines(1, 2) + lines(3, at=day(2)) + lines(4))
    fetch("memory://logs/a.log")
    assert numbers(stored) == [1, 2, 3, 4]
    store.put("a.log", lines(1, 2) + lines(3, at=day(2)) + lines(4, 5))
    fetch("memory://logs/a.log", window=(day(1), day(2)))
    fetch("memory://logs/a.log")

    assert numbers(stored) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("file:///var/log/*.log", "no reading of file://"),
        ("memory://a/b::zip://c", "no reading of memory://"),
        ("memory://a/{date:%H}/x", "does not name a day"),
        ("gs://a/b", "not installed"),
        ("mars://a/b", "no reading of mars://"),
    ],
)
def test_an_address_that_cannot_be_read_is_refused_in_a_sentence(
    store: Store, fetch: Fetch, url: str, said: str
) -> None:
    assert store
    with pytest.raises(ConfigError, match=said):
        fetch(url)


def test_a_server_that_does_not_answer_is_told_and_asked_again_later(fetch: Fetch) -> None:
    class Away(AbstractFileSystem):  # type: ignore[misc]  # fsspec has no types
        """A server that refuses the connection, with whatever options it is asked."""

        def __init__(self, host: str, **options: Any) -> None:  # noqa: ANN401
            assert set(options) <= {"port", "username"}
            raise ConnectionRefusedError(111, f"nobody listens at {host}")

    fsspec.register_implementation("smb", Away, clobber=True)

    (told,) = fetch("smb://root@logs.example/share/access.log*").errors

    assert told.startswith(
        "smb://logs.example/share/access.log* cannot be reached: "
        "ConnectionRefusedError: [Errno 111] nobody listens at logs.example\n"
    )


def test_objects_of_no_format_are_an_error(store: Store, fetch: Fetch) -> None:
    store.put("a.log", b"the quick brown fox\n" * 5)

    with pytest.raises(FormatError):
        fetch("memory://logs/a.log")


class Site:
    """A web server of log files with pages that list them."""

    def __init__(self, *, ranges: bool = True) -> None:
        self.files: dict[str, bytes] = {}
        self.ranges = ranges

    def __call__(self, asked: Asked) -> Reply:
        if asked.path.endswith("/"):
            names = sorted(
                {
                    name.removeprefix(asked.path).partition("/")[0]
                    + ("/" if "/" in name.removeprefix(asked.path) else "")
                    for name in self.files
                    if name.startswith(asked.path)
                }
            )
            links = "".join(
                f'<a href="{name}">{name}</a>' for name in ["../", "?C=M", "https://elsewhere.example/x", *names]
            )
            return Reply(f"<html>{links}</html>".encode())
        data = self.files.get(asked.path)
        if data is None:
            return Reply(status=404)
        headers = {"ETag": f'"{hash(data)}"'}
        begin = int(asked.headers.get("range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        if begin and self.ranges:
            return Reply(data[begin:], status=206 if begin < len(data) else 416, headers=headers)
        return Reply(data, headers=headers)


@pytest.mark.parametrize("ranges", [True, False])
def test_files_of_a_web_server_are_listed_and_read_on_when_they_grow(
    fetch: Fetch, stored: Stored, monkeypatch: pytest.MonkeyPatch, *, ranges: bool
) -> None:
    monkeypatch.setattr(asking, "_FIRST_WAIT", 0.001)
    monkeypatch.setattr(objects, "_BUFFER", 64)  # so that going back and forth asks the server
    with serve() as server:
        server.answer = site = Site(ranges=ranges)
        site.files = {
            "/logs/a.log": lines(*range(10, 60)),
            "/logs/old/b.log.gz": gzip.compress(lines(3)),
            "/x/c.log": lines(9),
        }
        done = fetch(server.url + "/logs/**", allow_private=True)
        assert (51, []) == (done.lines, done.errors)
        site.files["/logs/a.log"] += lines(4)
        site.files["/logs/a.log.1"] = site.files.pop("/logs/a.log")
        site.files["/logs/a.log"] = lines(5)

        assert fetch(server.url + "/logs/**", allow_private=True).lines == 2
        assert fetch(server.url + "/logs/**", allow_private=True).lines == 0

    assert numbers(stored) == [3, 4, 5, *range(10, 60)]


def test_a_web_server_that_breaks_off_is_read_on_from_there(
    fetch: Fetch, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.sources.files.BLOCK_BYTES", 1000)
    monkeypatch.setattr(objects, "_BUFFER", 500)
    with serve() as server:
        site = Site()
        site.files = {"/a.log": lines(*range(100))}
        server.answer = lambda asked: replace(site(asked), cut=None if asked.method == "HEAD" else 6000)
        first = fetch(server.url + "/a.log", allow_private=True)
        server.answer = site
        between = numbers(stored)
        second = fetch(server.url + "/a.log", allow_private=True)

    assert "broke off" in first.errors[0]
    assert 0 < len(between) < 100
    assert second.errors == []
    assert numbers(stored) == list(range(100))

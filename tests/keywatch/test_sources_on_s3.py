"""Logs in a real object store: S3 as moto's server plays it, through s3fs."""

import gzip
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingest.sources import ordered
from keywatch.collecting.ingesting import Ingested, ingest_source
from keywatch.config.root import SourceConfig
from keywatch.workspace import Workspace
from model.clock import FixedClock

T0 = datetime(2026, 10, 1, 20, tzinfo=UTC)
Stored = Callable[[str], list[tuple[Any, ...]]]
Line = Callable[..., str]


@pytest.fixture
def bucket(s3: str, monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ANN401 (fsspec has no types)
    import s3fs

    monkeypatch.setenv("BUCKET_KEY", "test")
    monkeypatch.setenv("BUCKET_SECRET", "test")
    fs = s3fs.S3FileSystem(endpoint_url=s3, key="test", secret="test", skip_instance_cache=True)
    if not fs.exists("audit-logs"):
        fs.mkdir("audit-logs")
    return fs


@pytest.fixture
def fetch(workspace: Workspace, s3: str) -> Callable[..., Ingested]:
    """`fetch(url)` looks at the evening of 1 October 2026, or so many seconds later."""

    def run(url: str, later: float = 0) -> Ingested:
        options = {"endpoint_url": s3, "key": "env:BUCKET_KEY", "secret": "env:BUCKET_SECRET"}
        source = SourceConfig.model_validate({"name": "trail", "url": url, "objects": {"options": options}})
        return ingest_source(workspace, source, clock=FixedClock(T0 + timedelta(seconds=later)))

    return run


def test_objects_of_a_bucket_are_read_once_by_day_late_ones_too(
    bucket: Any,  # noqa: ANN401
    fetch: Callable[..., Ingested],
    stored: Stored,
    line: Line,
) -> None:
    for part in range(3):
        data = "".join(line(n) for n in range(part * 10, part * 10 + 10)).encode()
        bucket.pipe(f"audit-logs/elb/2026/10/01/{part}.log.gz", gzip.compress(data))
    url = "s3://audit-logs/elb/{date:%Y/%m/%d}/*.log.gz"
    first = fetch(url)
    bucket.pipe("audit-logs/elb/2026/10/01/0-late.log.gz", gzip.compress(line(30).encode()))
    second = fetch(url)

    assert (3, 30, 1, 1) == (first.files, first.lines, second.files, second.lines)
    assert [(31, 31)] == stored("SELECT count(*), count(DISTINCT ts) FROM events")


def test_a_large_object_is_read_in_ranges_and_goes_on_where_it_ended(
    bucket: Any,  # noqa: ANN401
    fetch: Callable[..., Ingested],
    stored: Stored,
    line: Line,
) -> None:
    text = "".join(line(n) for n in range(120_000))
    bucket.pipe("audit-logs/plain/access.log", text.encode())
    assert 120_000 == fetch("s3://audit-logs/plain/access.log").lines
    bucket.pipe("audit-logs/plain/access.log", (text + line(120_000)).encode())

    assert 1 == fetch("s3://audit-logs/plain/access.log").lines
    assert [(120_001,)] == stored("SELECT count(*) FROM events")


def test_a_bucket_that_is_not_there_is_told_with_its_address(
    bucket: Any,  # noqa: ANN401
    fetch: Callable[..., Ingested],
) -> None:
    del bucket

    (told,) = fetch("s3://no-such-bucket/{date:%Y/%m/%d}/*.gz").errors
    assert told.startswith("There is no object s3://no-such-bucket/")


def test_of_a_large_folder_only_the_end_is_listed_and_what_came_late_is_found_all_the_same(
    bucket: Any,  # noqa: ANN401
    fetch: Callable[..., Ingested],
    stored: Stored,
    line: Line,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ordered, "PAGE", 5)
    monkeypatch.setattr(ordered, "MARGIN", 0.0)
    for part in range(8):
        bucket.pipe(f"audit-logs/flat/{part}.log", line(part).encode())
    url = "s3://audit-logs/flat/*.log"
    first = [fetch(url).files, fetch(url, ordered.EVERY).unchanged]
    bucket.pipe("audit-logs/flat/9.log", line(9).encode())
    bucket.pipe("audit-logs/flat/00-late.log", line(8).encode())
    ends = fetch(url, ordered.EVERY + 30)
    whole = fetch(url, 2 * ordered.EVERY)

    assert [8, 8] == first
    assert (1, 0) == (ends.files, ends.unchanged)
    assert (1, 9) == (whole.files, whole.unchanged)
    assert [(10, 10)] == stored("SELECT count(*), count(DISTINCT ts) FROM events")


def test_what_could_not_be_read_is_listed_again(
    bucket: Any,  # noqa: ANN401
    fetch: Callable[..., Ingested],
    line: Line,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ordered, "PAGE", 5)
    monkeypatch.setattr(ordered, "MARGIN", 0.0)
    for part in range(8):
        bucket.pipe(f"audit-logs/shut/{part}.log", line(part).encode())
    opened = type(bucket)._open

    def refuses(self: Any, path: str, *args: Any, **named: Any) -> Any:  # noqa: ANN401 (as fsspec has it)
        if path.endswith("3.log"):
            raise PermissionError
        return opened(self, path, *args, **named)

    url = "s3://audit-logs/shut/*.log"
    with monkeypatch.context() as patch:
        patch.setattr(type(bucket), "_open", refuses)
        for later in (0, ordered.EVERY):
            fetch(url, later)

    assert 1 == fetch(url, ordered.EVERY + 30).files

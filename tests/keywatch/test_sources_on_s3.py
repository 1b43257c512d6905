"""Logs in a real object store: S3 as moto's server plays it, through s3fs."""

import gzip
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from keywatch.collecting.ingesting import Ingested, ingest_source
from keywatch.config import SourceConfig
from keywatch.workspace import Workspace
from model.clock import FixedClock

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
    """`fetch(url)` looks at the evening of 1 October 2026."""

    def run(url: str) -> Ingested:
        options = {"endpoint_url": s3, "key": "env:BUCKET_KEY", "secret": "env:BUCKET_SECRET"}
        source = SourceConfig.model_validate({"name": "trail", "url": url, "objects": {"options": options}})
        return ingest_source(workspace, source, clock=FixedClock(datetime(2026, 10, 1, 20, tzinfo=UTC)))

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

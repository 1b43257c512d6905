"""A server that is dead or hangs costs a look seconds, and is told by its name."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from ingest.sources import asking, cloudwatch, patience, wire
from ingest.sources.asking import Asker
from ingest.sources.patience import is_away, within
from ingest.sources.wire import Unreachable
from model.errors import IngestError


@contextmanager
def hanging() -> Iterator[int]:
    """The port of a server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_call_that_gives_nothing_in_time_is_left_alone() -> None:
    began = time.monotonic()

    with pytest.raises(Unreachable, match=r"s3://logs did not answer within 0\.05 s"):
        within(0.05, "s3://logs", time.sleep, 5)

    assert time.monotonic() - began < 2


def test_what_a_call_gives_and_raises_comes_through() -> None:
    assert 3 == within(5, "here", max, 1, 3)
    with pytest.raises(TimeoutError, match="its own"):
        within(5, "here", _fail, TimeoutError("its own"))


def _fail(error: Exception) -> None:
    raise error


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (ConnectionResetError(), True),
        (TimeoutError(), True),
        (socket.gaierror(), True),
        (PermissionError(), False),
        (FileNotFoundError(), False),
        (type("ServiceRequestError", (Exception,), {})(), True),
    ],
)
def test_a_server_that_is_away_is_told_from_one_that_refuses(error: Exception, away: bool) -> None:  # noqa: FBT001
    assert away is is_away(error)


def test_a_server_that_never_answers_is_not_asked_five_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "TIMEOUT", 0.2)
    monkeypatch.setattr(asking, "_PATIENCE", 0.3)

    began = time.monotonic()
    with hanging() as port, pytest.raises(IngestError, match="it does not answer") as told:
        Asker(url=f"http://127.0.0.1:{port}", allow_private=True).json("GET", "/")

    assert "It was tried once" in str(told.value)
    assert time.monotonic() - began < 2


def test_all_addresses_of_a_name_share_the_time_of_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "CONNECT", 0.3)

    began = time.monotonic()
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server, ExitStack() as waiting:
        port = server.getsockname()[1]
        for _ in range(3):  # those that the system still takes; it passes over the next ones in silence
            one = waiting.enter_context(socket.socket())
            one.settimeout(0)
            one.connect_ex(("127.0.0.1", port))
        dialled = wire.connection(f"http://127.0.0.1:{port}", allow_private=True, ca=None)
        with pytest.raises(TimeoutError):
            dialled._dial([(socket.AF_INET, "127.0.0.1")] * 9)

    assert time.monotonic() - began < 2.5


def test_a_log_store_of_aws_that_hangs_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("boto3")
    monkeypatch.setattr(cloudwatch, "_ANSWER", 0.3)
    from datetime import UTC, datetime, timedelta

    from model.window import Window

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    now = datetime(2026, 10, 1, tzinfo=UTC)
    with hanging() as port:
        client = cloudwatch.client(region="eu-west-1", profile=None, endpoint=f"http://127.0.0.1:{port}")
        asked = cloudwatch.Cloudwatch(client=client, group="/aws/orders")
        with pytest.raises(Unreachable, match=r"CloudWatch Logs \(/aws/orders\) did not answer"):
            list(asked.pages(Window(since=now - timedelta(hours=1), until=now), {}))


def test_what_is_waited_for_is_told_in_seconds() -> None:
    assert patience.ANSWER <= 20
    assert wire.CONNECT + wire.TIMEOUT <= 30

import gzip
import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from answering import Answering, Reply

from ingest.sources import wire
from ingest.sources.asking import Asker, Refused
from model.errors import ConfigError, IngestError

NOW = datetime(2026, 10, 1, 9, tzinfo=UTC)


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def asker(server: Answering, waits: list[float]) -> Asker:
    return Asker(url=server.url, allow_private=True, sleep=waits.append, wall=lambda: NOW)


def test_an_answer_is_read_as_json(server: Answering, asker: Asker) -> None:
    server.answer = lambda asked: Reply({"method": asked.method, **asked.query})

    found = asker.json("GET", "/v1", {"q": "a b&c"})
    asker.close()

    assert found == {"method": "GET", "q": "a b&c"}


def test_a_gzipped_answer_is_inflated(server: Answering, asker: Asker) -> None:
    server.answer = lambda _: Reply(gzip.compress(b'{"a": 1}'), headers={"Content-Encoding": "gzip"})

    assert asker.json("GET", "") == {"a": 1}
    asker.close()


@pytest.mark.parametrize(
    "failure",
    [
        Reply(status=500),
        Reply(status=503),
        Reply(status=429),
        Reply(reset=True),
        Reply([1, 2, 3], cut=4),
        Reply(b'{"a": [1, 2', unannounced=True),
        Reply(gzip.compress(b"[1]")[:-9], headers={"Content-Encoding": "gzip"}),
    ],
    ids=["500", "503", "429", "reset", "cut", "truncated-json", "truncated-gzip"],
)
def test_a_failure_that_passes_is_tried_again_with_growing_waits(
    server: Answering, asker: Asker, waits: list[float], failure: Reply
) -> None:
    server.answer = lambda _: Reply({"a": 1})
    server.failures = [failure, failure]

    assert asker.json("GET", "") == {"a": 1}
    asker.close()

    assert len(waits) == 2
    assert 0.5 <= waits[0] <= 1.5
    assert 1 <= waits[1] <= 3


def test_an_answer_that_breaks_off_at_the_end_of_a_line_is_not_taken_for_whole(
    server: Answering, asker: Asker, waits: list[float]
) -> None:
    server.answer = lambda _: Reply(b'{"a": 1}\n{"a": 2}\n')
    server.failures = [Reply(b'{"a": 1}\n{"a": 2}\n', cut=9)]

    assert asker.ask("GET", "", read=lambda answer: answer.data.count(b"\n")) == 2
    asker.close()

    assert len(waits) == 1


@pytest.mark.parametrize("later", ["7", format_datetime(NOW + timedelta(seconds=7), usegmt=True)])
def test_retry_after_is_waited_for(server: Answering, asker: Asker, waits: list[float], later: str) -> None:
    server.answer = lambda _: Reply({})
    server.failures = [Reply(status=429, headers={"Retry-After": later})]

    asker.json("GET", "")
    asker.close()

    assert waits == [7.0]


def test_a_server_that_asks_for_an_hour_is_left_to_the_next_ingest(
    server: Answering, asker: Asker, waits: list[float]
) -> None:
    server.failures = [Reply(status=429, headers={"Retry-After": "3600"})]

    with pytest.raises(IngestError, match="asks to wait 3,600 s"):
        asker.json("GET", "")
    asker.close()

    assert waits == []


def test_a_server_that_never_answers_is_given_up_with_a_sentence(server: Answering, asker: Asker) -> None:
    server.answer = lambda _: Reply(status=500)

    with pytest.raises(IngestError, match="answered 500") as caught:
        asker.json("GET", "/v1?token=kw_secret")
    asker.close()

    assert len(server.asked) == 5
    assert "kw_secret" not in str(caught.value)


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refusal_is_told_at_once(server: Answering, asker: Asker, status: int) -> None:
    server.answer = lambda _: Reply({"why": "no"}, status=status)

    with pytest.raises(Refused, match=f'answered {status} .*"why": "no"') as caught:
        asker.json("GET", "")
    asker.close()

    assert (status, 1) == (caught.value.status, len(server.asked))


def test_a_redirect_is_not_followed(server: Answering, asker: Asker) -> None:
    server.answer = lambda _: Reply(status=302, headers={"Location": "http://192.0.2.1/"})

    with pytest.raises(Refused, match="302") as caught:
        asker.json("GET", "")
    asker.close()

    assert "Redirects are not followed" in str(caught.value)
    assert len(server.asked) == 1


def test_a_private_address_is_refused(server: Answering) -> None:
    asker = Asker(url=server.url.replace("http:", "https:"), sleep=lambda _: None)

    with pytest.raises(IngestError, match="which is private"):
        asker.json("GET", "")

    assert server.asked == []


def test_a_name_that_leads_to_a_private_address_is_refused_too(
    server: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    def resolve(*_: Any, **__: Any) -> list[Any]:  # noqa: ANN401 (as socket has it)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in ("1.1.1.1", "10.0.0.1")]

    monkeypatch.setattr(wire.socket, "getaddrinfo", resolve)
    asker = Asker(url="https://logs.example", sleep=lambda _: None)

    with pytest.raises(IngestError, match=r"logs\.example leads to 10\.0\.0\.1, which is private"):
        asker.json("GET", "")
    assert server.asked == []


def test_without_tls_only_private_addresses_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        wire.socket, "getaddrinfo", lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("1.1.1.1", 80))]
    )

    with pytest.raises(ConfigError, match="without TLS"):
        Asker(url="http://logs.example").json("GET", "")
    with pytest.raises(IngestError, match="without TLS"):
        Asker(url="http://logs.example", allow_private=True).json("GET", "")


@pytest.mark.parametrize("zipped", [True, False])
def test_an_answer_without_end_is_cut_off(
    server: Answering, asker: Asker, monkeypatch: pytest.MonkeyPatch, *, zipped: bool
) -> None:
    monkeypatch.setattr(wire, "MAX_BYTES", 1 << 20)
    body = b" " * (3 << 20)
    server.answer = lambda _: (
        Reply(gzip.compress(body), headers={"Content-Encoding": "gzip"}) if zipped else Reply(body)
    )

    with pytest.raises(IngestError, match="longer than 1 MB"):
        asker.json("GET", "")
    asker.close()


def test_a_connection_is_kept_and_one_that_the_server_closed_is_opened_again(server: Answering, asker: Asker) -> None:
    server.answer = lambda _: Reply({})
    for _ in range(3):
        asker.json("GET", "")
    server.failures = [Reply({}, headers={"Connection": "close"})]
    asker.json("GET", "")

    assert asker.json("GET", "") == {}
    asker.close()


@pytest.mark.parametrize("url", ["ftp://logs.example", "https://", "logs.example/v1", "https://logs.example:99999"])
def test_a_url_of_no_server_is_refused_in_a_sentence(url: str) -> None:
    with pytest.raises(ConfigError, match="no address of a server"):
        Asker(url=url).json("GET", "")

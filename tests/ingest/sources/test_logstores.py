"""Each log store hands out every record of a stretch of time once, whatever shares a time or fails between pages."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from answering import Answering, Reply
from logstores import CloudwatchClient, ElasticServer, LokiServer

from ingest.sources.asking import Asker
from ingest.sources.cloudwatch import Cloudwatch
from ingest.sources.elasticsearch import Elasticsearch
from ingest.sources.loki import Loki
from ingest.sources.records import Page, RecordSource, nanoseconds
from model.errors import ConfigError, IngestError
from model.window import Window

T0 = datetime(2026, 10, 1, 9, tzinfo=UTC)
SPAN = Window(since=T0, until=T0 + timedelta(hours=1))
NS = nanoseconds(T0)
MS = NS // 1_000_000


def asker(server: Answering) -> Asker:
    return Asker(url=server.url, allow_private=True, sleep=lambda _: None)


def loki(server: Answering, limit: int = 3, **settings: Any) -> Loki:  # noqa: ANN401 (fields of Loki)
    return Loki(asker=asker(server), query='{app="nginx"}', limit=limit, **settings)


def elastic(server: Answering, **settings: Any) -> Elasticsearch:  # noqa: ANN401 (fields of Elasticsearch)
    given = {"index": "edge-*", "query": {}, "time": "@timestamp", "line": ("message",), "size": 3}
    return Elasticsearch(asker=asker(server), **{**given, "point_in_time": "auto", **settings})


def read(source: RecordSource, position: dict[str, Any] | None = None) -> list[Page]:
    try:
        return list(source.pages(SPAN, position or {}))
    finally:
        source.close()


def lines(pages: list[Page]) -> list[str]:
    """The lines in order, each id once."""
    return [line.decode() for line in {one.id: one.line for page in pages for one in page.records}.values()]


def test_loki_hands_out_all_entries_of_all_streams_in_order(server: Answering) -> None:
    server.answer = LokiServer([(NS + n, {"pod": str(n % 2)}, f"line {n}") for n in range(10)])

    assert lines(read(loki(server))) == [f"line {n}" for n in range(10)]


def test_loki_keeps_apart_what_lies_at_the_edges_of_the_stretch(server: Answering) -> None:
    until = nanoseconds(SPAN.until)
    server.answer = LokiServer([(NS - 1, {}, "before"), (NS, {}, "first"), (until - 1, {}, "last"), (until, {}, "no")])

    assert lines(read(loki(server))) == ["first", "last"]


@pytest.mark.parametrize("together", [2, 3, 4, 7, 12])
def test_loki_loses_no_entry_of_one_nanosecond(server: Answering, together: int) -> None:
    entries = [(NS, {}, "a"), *((NS + 5, {}, f"same {n}") for n in range(together)), (NS + 9, {}, "z")]
    server.answer = LokiServer(entries)

    pages = read(loki(server))

    assert lines(pages) == ["a", *(f"same {n}" for n in range(together)), "z"]
    assert [page.trouble for page in pages if page.trouble] == []


def test_loki_tells_of_entries_of_one_nanosecond_that_its_limit_hides_and_goes_on(server: Answering) -> None:
    server.answer = LokiServer([*((NS, {}, f"same {n}") for n in range(9)), (NS + 9, {}, "z")], most=6)

    pages = read(loki(server))

    assert lines(pages)[-1] == "z"
    assert ["Loki holds more than 6 entries" in page.trouble for page in pages if page.trouble] == [True]


def test_loki_goes_on_from_the_position_of_any_page(server: Answering) -> None:
    server.answer = LokiServer([(NS + n // 2, {}, f"line {n}") for n in range(10)])
    pages = read(loki(server))

    for place, page in enumerate(pages):
        rest = read(loki(server), dict(page.position))
        assert len(lines([*pages[: place + 1], *rest])) == 10


def test_loki_refuses_a_query_that_makes_numbers(server: Answering) -> None:
    server.answer = lambda _: Reply({"data": {"resultType": "matrix", "result": []}})

    with pytest.raises(ConfigError, match="makes numbers"):
        read(loki(server))


@pytest.mark.parametrize("pit", [True, False])
@pytest.mark.parametrize("together", [1, 3, 5])
def test_elasticsearch_hands_out_all_documents_also_those_of_one_millisecond(
    server: Answering, together: int, *, pit: bool
) -> None:
    documents = [(f"id{n:02}", MS + n // together, {"message": f"line {n}"}) for n in range(14)]
    server.answer = ElasticServer(documents, pit=pit)

    assert lines(read(elastic(server))) == [f"line {n}" for n in range(14)]


def test_elasticsearch_gives_its_points_in_time_back(server: Answering) -> None:
    server.answer = store = ElasticServer([(str(n), MS + n, {"message": str(n)}) for n in range(7)])

    read(elastic(server))

    assert (1, {}) == (store.opened, store.frozen)


def test_elasticsearch_takes_the_line_of_the_first_field_that_there_is_or_the_document(server: Answering) -> None:
    server.answer = ElasticServer(
        [
            ("1", MS, {"event": {"original": "nested"}, "message": "other"}),
            ("2", MS + 1, {"event.original": "dotted"}),
            ("3", MS + 2, {"message": "plain\nof two"}),
            ("4", MS + 3, {"status": 200}),
        ]
    )

    found = lines(read(elastic(server, line=("event.original", "message"))))

    assert found[:3] == ["nested", "dotted", "plain of two"]
    assert json.loads(found[3]) == {"status": 200}


def test_elasticsearch_without_a_point_in_time_says_when_a_millisecond_is_too_full(server: Answering) -> None:
    server.answer = ElasticServer([(str(n), MS, {"message": str(n)}) for n in range(10_001)], pit=False)

    with pytest.raises(IngestError, match="More than 10,000 documents"):
        read(elastic(server, size=5000))


def test_elasticsearch_takes_no_answer_of_half_the_shards(server: Answering) -> None:
    server.answer = lambda asked: Reply(
        {"id": "x"} if "_pit" in asked.path else {"_shards": {"failed": 1}, "hits": {"hits": []}}
    )

    with pytest.raises(IngestError, match="shards"):
        read(elastic(server))


@pytest.mark.parametrize("query", [{"term": {"a": 1}}, "status:401"])
def test_elasticsearch_is_asked_the_query_of_the_config(server: Answering, query: Any) -> None:  # noqa: ANN401 (either)
    server.answer = ElasticServer([])

    read(elastic(server, query=query))

    sent = next(asked for asked in server.asked if asked.path == "/_search").document["query"]["bool"]["filter"][1]
    assert sent == (query if isinstance(query, dict) else {"query_string": {"query": query}})


def cloudwatch(client: CloudwatchClient) -> Cloudwatch:
    return Cloudwatch(client=client, group="edge", filter="GET")


def test_cloudwatch_hands_out_all_events_page_by_page() -> None:
    client = CloudwatchClient([(str(n), MS + n, f"line {n}\n") for n in range(10)])

    assert lines(read(cloudwatch(client))) == [f"line {n}" for n in range(10)]
    assert {one["filterPattern"] for one in client.asked} == {"GET"}


def test_cloudwatch_leaves_out_the_end_of_the_stretch() -> None:
    end = nanoseconds(SPAN.until) // 1_000_000

    assert lines(read(cloudwatch(CloudwatchClient([("1", end - 1, "in"), ("2", end, "out")])))) == ["in"]


def test_cloudwatch_begins_the_stretch_again_when_its_token_is_too_old() -> None:
    client = CloudwatchClient([(str(n), MS + n, f"line {n}") for n in range(5)], failures=["InvalidParameterException"])

    assert lines(read(cloudwatch(client), {"token": "3"})) == [f"line {n}" for n in range(5)]


def test_cloudwatch_that_refuses_is_an_error_of_the_source() -> None:
    client = CloudwatchClient([], failures=["AccessDeniedException"])

    with pytest.raises(IngestError, match="AccessDenied"):
        read(cloudwatch(client))

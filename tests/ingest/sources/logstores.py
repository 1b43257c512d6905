"""Servers that speak what Loki, Elasticsearch and CloudWatch Logs document, over a list in memory."""

from dataclasses import dataclass, field
from typing import Any

from answering import Asked, Reply


@dataclass(slots=True)
class LokiServer:
    """`query_range` over (ns, labels, line)."""

    entries: list[tuple[int, dict[str, str], str]]
    most: int = 5000
    """max_entries_limit_per_query."""

    def __call__(self, asked: Asked) -> Reply:
        assert ("GET", "/loki/api/v1/query_range") == (asked.method, asked.path)
        assert asked.query["direction"] == "forward"
        limit = int(asked.query["limit"])
        if limit > self.most:
            return Reply(b"max entries limit per query exceeded", status=400)
        start, end = int(asked.query["start"]), int(asked.query["end"])
        found = sorted(e for e in enumerate(self.entries) if start <= e[1][0] < end)
        found.sort(key=lambda e: e[1][0])
        streams: dict[str, dict[str, Any]] = {}
        for _, (at, labels, line) in found[:limit]:
            stream = streams.setdefault(str(sorted(labels.items())), {"stream": labels, "values": []})
            stream["values"].append([str(at), line])
        return Reply({"status": "success", "data": {"resultType": "streams", "result": list(streams.values())}})


@dataclass(slots=True)
class ElasticServer:
    """`_search` and `_pit` over (id, ms, source)."""

    documents: list[tuple[str, int, dict[str, Any]]]
    pit: bool = True
    frozen: dict[str, list[tuple[str, int, dict[str, Any]]]] = field(default_factory=dict)
    opened: int = 0

    def __call__(self, asked: Asked) -> Reply:
        if asked.path.endswith("/_pit") and asked.method == "POST":
            if not self.pit:
                return Reply({"error": "no handler found"}, status=400)
            self.opened += 1
            self.frozen[f"pit-{self.opened}"] = list(self.documents)
            return Reply({"id": f"pit-{self.opened}"})
        if asked.path == "/_pit" and asked.method == "DELETE":
            del self.frozen[asked.document["id"]]
            return Reply({"succeeded": True})
        return self._search(asked)

    def _search(self, asked: Asked) -> Reply:
        body = asked.document
        assert asked.path == ("/_search" if "pit" in body else "/edge-*/_search")
        documents = self.frozen[body["pit"]["id"]] if "pit" in body else self.documents
        span = body["query"]["bool"]["filter"][0]["range"]["@timestamp"]
        assert span["format"] == "epoch_millis"
        found = sorted(
            (ms, number, name, source)
            for number, (name, ms, source) in enumerate(documents)
            if span["gte"] <= ms < span["lt"]
        )
        if "search_after" in body:
            found = [one for one in found if list(one[:2]) > body["search_after"]]
        keys = len(body["sort"])
        hits = [
            {"_index": "edge-1", "_id": name, "_source": source, "sort": [ms, number][:keys]}
            for ms, number, name, source in found[: body["size"]]
        ]
        return Reply({"_shards": {"failed": 0}, "hits": {"hits": hits}})


class BotoError(Exception):
    """As botocore raises it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.response = {"Error": {"Code": code}}


BotoError.__module__ = "botocore.exceptions"


@dataclass(slots=True)
class CloudwatchClient:
    """`filter_log_events` over (id, ms, message)."""

    events: list[tuple[str, int, str]]
    size: int = 3
    failures: list[str | None] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)

    def filter_log_events(self, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 (as boto3 has it)
        self.asked.append(arguments)
        if self.failures and (code := self.failures.pop(0)):
            raise BotoError(code)
        assert arguments["logGroupName"] == "edge"
        begin = int(arguments.get("nextToken", "0"))
        found = sorted(e for e in self.events if arguments["startTime"] <= e[1] <= arguments["endTime"])
        page = found[begin : begin + self.size]
        answer: dict[str, Any] = {
            "events": [{"eventId": name, "timestamp": ms, "message": text} for name, ms, text in page]
        }
        return answer | ({"nextToken": str(begin + self.size)} if begin + self.size < len(found) else {})

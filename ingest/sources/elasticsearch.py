"""Elasticsearch and OpenSearch: documents by time, through a point in time where the server has one (Elasticsearch).

Without one, a page begins with the millisecond that the one before ended with, and ids keep documents single.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from ingest.sources.asking import Asker, Refused
from ingest.sources.fields import reach
from ingest.sources.records import Page, Position, Record, as_line, nanoseconds
from model.errors import IngestError
from model.window import Window

_ALIVE: Final = "5m"
_MOST: Final = 10_000
"""The longest page that servers give."""
_MS: Final = 1_000_000


@dataclass(slots=True, kw_only=True)
class Elasticsearch:
    """The documents of an index."""

    asker: Asker
    index: str
    query: dict[str, Any] | str
    time: str
    line: Sequence[str]
    size: int
    point_in_time: str
    timed: bool = True
    _snapshot: dict[str, Any] | None = None

    def pages(self, span: Window | None, position: Position) -> Iterator[Page]:
        """The documents of a stretch of time; `position` holds the millisecond to go on from."""
        if span is None:
            return
        start, end = int(position.get("ms", nanoseconds(span.since) // _MS)), nanoseconds(span.until) // _MS
        after: list[Any] | None = None
        size = self.size
        self._snapshot = self._open() if self.point_in_time == "auto" else None
        try:
            while True:
                hits = self._search(start, end, after, size)
                found = [self._record(hit) for hit in hits]
                is_last, last = len(hits) < size, max((one.at // _MS for one in found), default=start)
                yield Page(records=found, position={"ms": end if is_last else last})
                if is_last:
                    return
                if self._snapshot is not None:
                    after = hits[-1]["sort"]
                    continue
                size = self._grown(size, last) if last == start else self.size
                start = last
        finally:
            self._drop()

    def close(self) -> None:
        """Close the connection."""
        self.asker.close()

    def _grown(self, size: int, at: int) -> int:
        if size >= _MOST:
            msg = f"More than {_MOST:,} documents of {self.index} have the time {at} ms, and no page holds them all."
            raise IngestError(msg, hint='Let the role open a point in time, and leave point_in_time = "auto".')
        return min(_MOST, size * 2)

    def _open(self) -> dict[str, Any] | None:
        """A point in time; None where the server has none (OpenSearch) or the role allows none."""
        try:
            answer = self.asker.json("POST", f"/{quote(self.index, safe='*,')}/_pit?keep_alive={_ALIVE}")
        except Refused as error:
            if "index_not_found" in error.what:
                raise
            return None
        return {"id": answer["id"], "keep_alive": _ALIVE} if isinstance(answer, dict) and "id" in answer else None

    def _drop(self) -> None:
        """Give the point in time back; should that fail, the server drops it by itself."""
        if self._snapshot is None:
            return
        snapshot, self._snapshot = self._snapshot["id"], None
        try:
            self.asker.json("DELETE", "/_pit", document={"id": snapshot})
        except IngestError:
            return

    def _search(self, start: int, end: int, after: list[Any] | None, size: int) -> list[dict[str, Any]]:
        span = {"range": {self.time: {"gte": start, "lt": end, "format": "epoch_millis"}}}
        # numeric_type: milliseconds for every kind of date, so that indices agree.
        order = {"order": "asc", "numeric_type": "date", "unmapped_type": "date"}
        document: dict[str, Any] = {
            "size": size,
            "query": {"bool": {"filter": [span, *self._filters()]}},
            "sort": [{self.time: order}],
            "track_total_hits": False,
        }
        if after is not None:
            document["search_after"] = after
        path = f"/{quote(self.index, safe='*,')}/_search"
        if self._snapshot is not None:
            document["pit"], path = self._snapshot, "/_search"
            document["sort"].append({"_shard_doc": "asc"})
        answer = self.asker.json("POST", path, document=document)
        if answer.get("timed_out") or answer.get("_shards", {}).get("failed"):
            msg = f"Some shards of {self.index} did not answer."
            raise IngestError(msg, hint="The next ingest goes on from here.")
        if self._snapshot is not None and "pit_id" in answer:
            self._snapshot = {**self._snapshot, "id": answer["pit_id"]}
        return list(answer["hits"]["hits"])

    def _filters(self) -> list[dict[str, Any]]:
        if isinstance(self.query, str):
            return [{"query_string": {"query": self.query}}]
        return [self.query] if self.query else []

    def _record(self, hit: dict[str, Any]) -> Record:
        document = hit.get("_source", {})
        texts = (reach(document, name) for name in self.line)
        line = next((text for text in texts if isinstance(text, str) and text), document)
        return Record(id=f"{hit.get('_index')}\x1f{hit['_id']}", line=as_line(line), at=int(hit["sort"][0]) * _MS)

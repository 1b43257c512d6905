"""Loki: entries of a log query, oldest first, by nanosecond.

Entries of one nanosecond may fall on two pages, so a page begins with the nanosecond that the one before ended with.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from ingest.sources.asking import Asker, Refused
from ingest.sources.records import Page, Position, Record, as_line, nanoseconds
from model.errors import ConfigError
from model.window import Window

_PATH: Final = "/loki/api/v1/query_range"
_MOST: Final = 100_000


@dataclass(slots=True, kw_only=True)
class Loki:
    """A log query. Raises ConfigError when it makes numbers instead of lines."""

    asker: Asker
    query: str
    limit: int
    timed: bool = True

    def pages(self, span: Window | None, position: Position) -> Iterator[Page]:
        """The entries of a stretch of time; `position` holds the nanosecond to go on from."""
        if span is None:
            return
        start, end, limit = int(position.get("ns", nanoseconds(span.since))), nanoseconds(span.until), self.limit
        while start < end:
            try:
                found = self._ask(start, end, limit)
            except Refused:
                if limit == self.limit:
                    raise
                yield self._over(start, limit // 2)
                start, limit = start + 1, self.limit
                continue
            is_last, last = len(found) < limit, max((one.at for one in found), default=start)
            stuck = not is_last and last == start
            yield Page(records=found, position={"ns": end if is_last else last})
            if is_last:
                return
            if stuck and limit >= _MOST:
                yield self._over(start, limit)
                start, limit = start + 1, self.limit
            else:
                start, limit = last, limit * 2 if stuck else self.limit

    def close(self) -> None:
        """Close the connection."""
        self.asker.close()

    def _over(self, start: int, limit: int) -> Page:
        trouble = f"Loki holds more than {limit:,} entries of one nanosecond ({start}); those beyond were not read."
        return Page(records=(), position={"ns": start + 1}, trouble=trouble)

    def _ask(self, start: int, end: int, limit: int) -> list[Record]:
        params = {"query": self.query, "start": start, "end": end, "limit": limit, "direction": "forward"}
        data = self.asker.ask("GET", _PATH, params, read=lambda answer: _data(json.loads(answer.data)))
        if data.get("resultType", "streams") != "streams":
            msg = f"The query {self.query} makes numbers, not log lines."
            raise ConfigError(msg, hint='Write a log query: {app="nginx"} |= "GET".')
        found = [_record(stream.get("stream", {}), value) for stream in data["result"] for value in stream["values"]]
        return sorted(found, key=lambda record: record.at)


def _data(answer: Any) -> dict[str, Any]:  # noqa: ANN401 (JSON)
    data = answer.get("data") if isinstance(answer, dict) else None
    if isinstance(data, dict):
        return data
    msg = "no data"
    raise ValueError(msg)


def _record(labels: dict[str, str], value: list[Any]) -> Record:
    at, line = int(value[0]), str(value[1])
    named = json.dumps(labels, sort_keys=True)
    return Record(id=f"{at}\x1f{named}\x1f{line}", line=as_line(line), at=at)

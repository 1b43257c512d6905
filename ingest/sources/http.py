"""An HTTP API as the config describes it: where its records are, and how it hands out more than one page.

Records come oldest first. Without `since` and `until` a look goes on where the last one ended, and reads its last page
again: it may have been filled up since.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ingest.sources.asking import Answer, Asker
from ingest.sources.fields import moment_ns, reach
from ingest.sources.paging import Paging, followed
from ingest.sources.records import Page, Position, Record, as_line, nanoseconds
from ingest.sources.wire import shown
from model.errors import IngestError
from model.window import Window

_REMEMBERED: Final = 200_000
"""Records whose ids are remembered by a source without times."""
_SCALES: Final = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}


@dataclass(slots=True, kw_only=True)
class HttpApi:
    """An API; see HttpConfig."""

    asker: Asker
    method: str
    params: Mapping[str, object]
    records: str
    id: str | None
    line: str | None
    time: str | None
    since: str | None
    until: str | None
    time_format: str
    paging: Paging

    @property
    def timed(self) -> bool:
        """Whether it takes a stretch of time."""
        return self.since is not None

    def pages(self, span: Window | None, position: Position) -> Iterator[Page]:
        """The records; `position` holds `count`, and where the pages stand."""
        state = dict(position)
        count = int(state.get("count", 0))
        while True:
            document, headers = self._ask(span, state)
            found = reach(document, self.records)
            if not isinstance(found, list) and not (found is None and _has(document, self.records)):
                msg = f"{shown(self.asker.url)} holds no list of records at {self.records!r}."
                raise IngestError(msg, hint="Name its place in [sources.http] records.")
            items = found or []
            made = [self._record(item, span, count + number) for number, item in enumerate(items)]
            count += len(items)
            following = self._next(state, document, headers, items)
            state = {**(following or self._rest(state, items)), "count": count}
            yield Page(records=made, position=state, keep_from=max(0, count - _REMEMBERED))
            if following is None:
                return

    def close(self) -> None:
        """Close the connection."""
        self.asker.close()

    def _ask(self, span: Window | None, state: Mapping[str, Any]) -> tuple[Any, Mapping[str, str]]:
        params: dict[str, object] = dict(self.params)
        if span is not None and self.since and self.until:
            params |= {self.since: self._written(span, 0), self.until: self._written(span, 1)}
        if self.paging.kind == "next" and "next" in state:
            return self._send(str(state["next"]), {})  # the link holds all parameters
        return self._send("", params | self.paging.parameters(state.get("at", self.paging.start)))

    def _send(self, path: str, params: dict[str, object]) -> tuple[Any, Mapping[str, str]]:
        if self.method == "POST":
            return self.asker.ask("POST", path, document=params, read=_read)  # type: ignore[no-any-return]
        return self.asker.ask("GET", path, params, read=_read)  # type: ignore[no-any-return]

    def _next(
        self, state: Mapping[str, Any], document: object, headers: Mapping[str, str], items: list[Any]
    ) -> dict[str, Any] | None:
        """Where the next page is; None after the last one."""
        paging, at = self.paging, state.get("at")
        is_short = not items or (paging.size_parameter is not None and len(items) < paging.size)
        match paging.kind:
            case "page" if not is_short:
                return {"at": int(at or paging.first) + 1}
            case "offset" if not is_short:
                return {"at": int(at or 0) + len(items)}
            case "cursor" if paging.of_record and not is_short:
                return _moved({"at": reach(items[-1], paging.of_record)}, state)
            case "cursor" if paging.path and items:
                return _moved({"at": reach(document, paging.path)}, state)
            case "next":
                link = paging.link(document, headers)
                return _moved({"next": self._same_server(link)}, state) if link else None
        return None

    def _rest(self, state: Mapping[str, Any], items: list[Any]) -> dict[str, Any]:
        """Where the next look begins: at the page that was the last."""
        paging = self.paging
        if paging.kind == "offset":
            return {"at": int(state.get("at", 0)) + len(items)}
        if paging.kind == "page" and not items:  # the page before may be filled up
            return {"at": max(paging.first, int(state.get("at", paging.first)) - 1)}
        if paging.of_record and items:
            return {"at": reach(items[-1], paging.of_record)}
        return {name: state[name] for name in ("at", "next") if name in state}

    def _same_server(self, link: object) -> str:
        here = self.asker.url
        found, same = followed(here, link)
        if not same:
            msg = f"{shown(here)} leads on to another server, {shown(found)}."
            raise IngestError(msg, hint="Credentials go to the server that the config names, and no other.")
        return found

    def _written(self, span: Window, which: int) -> str | int:
        moment = (span.since, span.until)[which]
        if self.time_format == "iso":
            return moment.isoformat().replace("+00:00", "Z")
        return nanoseconds(moment) // _SCALES[self.time_format]

    def _record(self, item: object, span: Window | None, number: int) -> Record:
        own = reach(item, self.id) if self.id else None
        identity = json.dumps(item, sort_keys=True) if own is None else str(own)
        line = reach(item, self.line) if self.line else item
        at = number
        if span is not None:
            at = moment_ns(reach(item, self.time or "")) or nanoseconds(span.since)
        return Record(id=identity, line=as_line(item if line is None else line), at=at)


def _read(answer: Answer) -> tuple[Any, Mapping[str, str]]:
    """The answer as JSON, or as one JSON record a line. Raises ValueError for one that is not whole."""
    lines = [line for line in answer.data.splitlines() if line.strip()]
    kind = answer.headers.get("content-type", "").lower()
    if not lines or "ndjson" in kind or "jsonl" in kind:
        return [json.loads(line) for line in lines], answer.headers
    try:
        return json.loads(answer.data), answer.headers
    except json.JSONDecodeError:
        if len(lines) == 1:
            raise
        return [json.loads(line) for line in lines], answer.headers


def _has(document: object, path: str) -> bool:
    """Whether there is a null where the list should be: some servers write an empty list so."""
    outer, _, name = path.rpartition(".")
    inside = reach(document, outer)
    return isinstance(inside, dict) and name in inside


def _moved(following: dict[str, Any], state: Mapping[str, Any]) -> dict[str, Any] | None:
    """The next page, unless there is none, or it is the one that was just read."""
    return following if all(v is not None and v != "" and state.get(n) != v for n, v in following.items()) else None

"""Walks a list that a server hands out in pages, and says whether it was whole.

A key that is missing here is taken for removed, so nothing is assumed: a page that is shorter than asked for does not
end a list (servers cap sizes), and a cursor, a link or a page that comes again does not either: that is an error.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from ingest.sources.asking import Answer, Asker, joined
from ingest.sources.fields import reach
from ingest.sources.paging import Paging, followed
from ingest.sources.wire import shown
from model.errors import InventoryError

MOST: Final = 100_000
"""Pages of one list; a server that has more hands out new cursors for ever."""
EMPTY: Final = 50
"""Empty pages in a row, each with a new cursor: some stores filter after they cut pages."""


@dataclass(slots=True, kw_only=True)
class Listing:
    """One list of a server."""

    asker: Asker
    path: str = ""
    items: str = ""
    """Where the answer holds its records, by dots; empty: the answer is the list."""
    paging: Paging = field(default_factory=Paging)
    method: str = "GET"
    params: Mapping[str, object] = field(default_factory=dict)
    may_lack: bool = False
    """Whether an answer without `items` is one without records, as Google writes it."""
    _seen: set[bytes] = field(init=False, default_factory=set)
    _turns: set[str] = field(init=False, default_factory=set)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Every record, each once. Raises InventoryError when the list is not whole, IngestError like `Asker.ask`."""
        self._seen, self._turns = set(), set()
        at: object = self.paging.start
        count = empty = 0
        for _ in range(MOST):
            document, headers = self._ask(at)
            records = self._records(document)
            fresh = [record for record in records if self._is_new(record)]
            yield from fresh
            count += len(records)
            empty = 0 if records else empty + 1
            if records and not fresh:
                self._fail("hands out the same page again")
            total = reach(document, self.paging.total) if self.paging.total else None
            following = self._following(document, headers, records, at, count)
            if following is None or _is_reached(total, len(self._seen)):
                self._check(total)
                return
            if empty > EMPTY:
                self._fail(f"hands out {empty} empty pages in a row")
            at = following
        self._fail(f"has more than {MOST:,} pages")

    def _ask(self, at: object) -> tuple[Any, Mapping[str, str]]:
        if self.paging.kind == "next" and at is not None:
            return self.asker.ask(self.method, str(at), read=_read)  # type: ignore[no-any-return]
        params = {**self.params, **self.paging.parameters(at)}
        if self.method == "POST":
            return self.asker.ask("POST", self.path, document=params, read=_read)  # type: ignore[no-any-return]
        return self.asker.ask("GET", self.path, params, read=_read)  # type: ignore[no-any-return]

    def _records(self, document: object) -> list[dict[str, Any]]:
        found = reach(document, self.items)
        outer, _, name = self.items.rpartition(".")
        holder = reach(document, outer) if self.items else None
        if found is None and isinstance(holder, dict) and (name in holder or self.may_lack):
            return []  # some servers write an empty list as null
        if found == {}:
            return []  # and those in Lua as an object
        if not isinstance(found, list):
            self._fail(f"answered with no list of keys at {self.items!r}" if self.items else "answered with no list")
        if not all(isinstance(record, dict) for record in found):
            self._fail("lists something that is no object")
        return found

    def _is_new(self, record: dict[str, Any]) -> bool:
        digest = hashlib.sha256(json.dumps(record, sort_keys=True).encode()).digest()[:16]
        size = len(self._seen)
        self._seen.add(digest)
        return len(self._seen) > size

    def _following(
        self, document: object, headers: Mapping[str, str], records: list[dict[str, Any]], at: object, count: int
    ) -> object:
        """Where the next page is; None after the last one."""
        paging = self.paging
        over = bool(paging.more) and reach(document, paging.more or "") is False
        match paging.kind:
            case _ if over:
                found = None
            case "page" if records:
                return int(str(at)) + 1
            case "offset" if records:
                return count
            case "cursor" if paging.of_record:
                found = reach(records[-1], paging.of_record) if records else None
            case "cursor":
                found = reach(document, paging.path or "")
            case "next":
                link = paging.link(document, headers)
                found = self._same_server(link) if link else None
            case _:
                found = None
        return self._turn(found)

    def _turn(self, following: object) -> object:
        """The next cursor or link, which must be one that was not asked for yet."""
        if following is None or following == "":
            return None
        if str(following) in self._turns:
            self._fail("leads back to a page that was read")
        self._turns.add(str(following))
        return following

    def _same_server(self, link: object) -> str:
        found, same = followed(self.asker.url, link)
        if not same:
            self._fail(f"leads on to another server, {shown(found)}")
        return found

    def _check(self, total: object) -> None:
        if isinstance(total, int) and len(self._seen) < total:
            self._fail(f"speaks of {total:,} keys and handed out {len(self._seen):,}")

    def _fail(self, what: str) -> NoReturn:
        msg = f"{shown(joined(self.asker.url, self.path))} {what}, so the list is not whole."
        raise InventoryError(msg, hint="Nothing was changed; the next sync tries again.")


def _is_reached(total: object, count: int) -> bool:
    return isinstance(total, int) and not isinstance(total, bool) and 0 < total <= count


def _read(answer: Answer) -> tuple[Any, Mapping[str, str]]:
    return json.loads(answer.data), answer.headers

"""Records that a server hands out in pages: made single by their ids, and gathered to blocks.

A page's ids, and where to go on after it, are stored in the transaction that stores its records.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Protocol

from ingest.sources.files import Block
from model.clock import Clock
from model.errors import IngestError
from model.segment import Cursor
from model.window import Window

Position = Mapping[str, Any]
"""Where to go on, as JSON; what it holds is the source's own affair. Empty: from the start."""

_BYTES: Final = 32 << 20
_RECORDS: Final = 100_000
_SECONDS: Final = 5.0
"""A block is stored once it has so many bytes or records, or its first record has waited so long."""
_HEAD: Final = 4096
_DIGEST: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record of a server."""

    id: str
    """Tells it from all other records of the source."""
    line: bytes
    """One line, without its end."""
    at: int
    """Its time in nanoseconds since 1970, or for a source that has none a number that grows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One answer of a server."""

    records: Sequence[Record]
    position: Position
    """Where to go on after it."""
    keep_from: int = 0
    """Ids of records before this (`Record.at`) need not be remembered: they are not asked for again."""
    done: float = 0.0
    """Share of what is to be read, 0 to 1."""
    trouble: str | None = None
    """A sentence about what the server could not hand out."""


class RecordSource(Protocol):
    """A server that is asked for records."""

    @property
    def timed(self) -> bool:
        """Whether it can be asked for a stretch of time."""
        ...

    def pages(self, span: Window | None, position: Position) -> Iterator[Page]:
        """The pages of a stretch of time (None where the source is not timed), from `position` on."""
        ...

    def close(self) -> None:
        """Close its connections."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled(Block):
    """A block of records."""

    position: Position
    ids: bytes
    """The digests of its records' ids, 16 bytes each."""
    newest: int
    """The largest `Record.at` in it."""
    keep_from: int
    duplicates: int
    troubles: tuple[str, ...]


@dataclass(slots=True)
class _Gathering:
    """Pages that wait to become a block."""

    since: float
    lines: list[bytes] = field(default_factory=list)
    ids: list[bytes] = field(default_factory=list)
    size: int = 0
    newest: int = 0
    duplicates: int = 0
    troubles: list[str] = field(default_factory=list)
    last: Page | None = None

    def add(self, page: Page, seen: set[bytes]) -> None:
        """Take a page's records that are new."""
        for record in page.records:
            mark = digest(record.id)
            if mark in seen:
                self.duplicates += 1
                continue
            seen.add(mark)
            self.ids.append(mark)
            self.lines.append(record.line + b"\n")
            self.size += len(record.line) + 1
            self.newest = max(self.newest, record.at)
        if page.trouble:
            self.troubles.append(page.trouble)
        self.last = page

    def is_due(self, now: float) -> bool:
        """Whether it is time to store it."""
        return self.size >= _BYTES or len(self.lines) >= _RECORDS or (bool(self.lines) and now - self.since >= _SECONDS)


def blocks(
    pages: Iterable[Page], *, before: Cursor | None, start: Cursor, seen: set[bytes], clock: Clock
) -> Iterator[Pulled]:
    """Pages to blocks without the records whose ids are in `seen`, which grows.

    `before` is the cursor in the state, `start` the same or a fresh one. When a page cannot be had, what came before it
    is handed out first.
    """
    gathering = _Gathering(clock.monotonic())
    head, failure = b"", None
    iterator = iter(pages)
    while True:
        try:
            page = next(iterator, None)
        except IngestError as error:
            page, failure = None, error
        if page is not None:
            gathering.add(page, seen)
            head = head or b"".join(gathering.lines[:100])[:_HEAD]
        if gathering.last is not None and (page is None or gathering.is_due(clock.monotonic())):
            block = _block(gathering, gathering.last, head, before, before or start)
            yield block
            before, gathering = block.after, _Gathering(clock.monotonic())
        if page is None:
            break
    if failure is not None:
        raise failure


def _block(gathering: _Gathering, last: Page, head: bytes, before: Cursor | None, at: Cursor) -> Pulled:
    data = b"".join(gathering.lines)
    after = replace(at, offset=at.offset + len(data), lines=at.lines + len(gathering.lines), epoch=at.epoch + 1)
    return Pulled(
        data=data,
        head=head,
        before=before,
        after=after,
        done=last.done,
        position=last.position,
        ids=b"".join(gathering.ids),
        newest=gathering.newest,
        keep_from=last.keep_from,
        duplicates=gathering.duplicates,
        troubles=tuple(gathering.troubles),
    )


def digest(identity: str) -> bytes:
    """What is remembered of a record's id."""
    return hashlib.blake2b(identity.encode("utf-8", "replace"), digest_size=_DIGEST).digest()


def digests(ids: bytes) -> Iterator[bytes]:
    """Take `Pulled.ids` apart."""
    return (ids[at : at + _DIGEST] for at in range(0, len(ids), _DIGEST))


def origin(source: str, kind: str, window: str = "") -> str:
    """The origin of a source's records; a backfill's window has one of its own."""
    return hashlib.sha256(f"{source}\x1f{kind}\x1f{window}".encode()).hexdigest()[:20]


def as_line(value: object) -> bytes:
    """A record as one line: text as it is, anything else as JSON."""
    if isinstance(value, str):
        return " ".join(value.splitlines()).encode("utf-8", "replace")
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str).encode("utf-8", "replace")


def nanoseconds(moment: datetime) -> int:
    """Since 1970; exact."""
    whole = int(moment.replace(microsecond=0).timestamp())
    return whole * 1_000_000_000 + moment.microsecond * 1000

"""Events on a ClickHouse server, as `store.events.interface.Events`."""

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from model.retention import Cuts
from model.segment import Segment, SegmentId
from store.events.clickhouse import copying, erasing, expiring, merging, reading, sweeping, writing
from store.events.clickhouse.connecting import Client, Server
from store.events.erasing import Swap
from store.events.interface import Copy, Unfolded, Written
from store.events.reader import EventsReader

if TYPE_CHECKING:
    import duckdb

    from store.events.interface import Batches


class ClickhouseEvents:
    """The tables of one database. Nothing is connected before it is used."""

    def __init__(self, server: Server, *, scratch: Path) -> None:
        self._server, self._scratch = server, scratch
        self._client: Client = None
        self._lock = threading.Lock()
        scratch.mkdir(parents=True, exist_ok=True, mode=0o700)

    @property
    def scratch(self) -> Path:
        """A folder of this machine."""
        return self._scratch

    @property
    def shown(self) -> str:
        """Host and database."""
        return self._server.shown

    def draft(
        self,
        duck: "duckdb.DuckDBPyConnection",
        events: pa.Table,
        *,
        segment: SegmentId,
        kept: Collection[str],
        batches: "Batches | None" = None,
    ) -> Written:
        """Nothing is sent before it is published."""
        return writing.draft(self._server, duck, events, segment=segment, kept=kept, batches=batches)

    def merge(self, inputs: Sequence[Segment], *, segment: SegmentId, kept: Collection[str], seal: bool) -> Written:
        """Events stay where they are; their counts become those of one segment."""
        return merging.merged(self._server, inputs, segment=segment, kept=kept, seal=seal)

    def publish(self, written: Written, intend: Callable[[], None]) -> None:
        """The intent is committed before anything is sent."""
        assert isinstance(written, writing.Waiting)  # noqa: S101 (made by draft or merge)
        intend()
        with self._told("written") as client:
            written.put(client)

    def discard(self, written: Written) -> None:
        """Its rows go; no other segment holds its batch, or others hold all of them."""
        self.remove([written.id])

    @contextmanager
    def reader(
        self, manifest: Sequence[Segment], kept: Sequence[str], only: Sequence[str] | None
    ) -> Iterator[EventsReader]:
        """A session of its own."""
        with self._told("read"), reading.open_reader(self._server, manifest, kept, only) as found:
            yield found

    def reseal(self, manifest: Sequence[Segment], refs: Sequence[str], kept: Sequence[str], now: datetime) -> Unfolded:
        """Successors with other counts of the same events."""
        with self._told("counted") as client:
            return merging.resealed(self._server, client, manifest, refs=refs, kept=kept, now=now)

    def erase(self, swap: Swap) -> int:
        """Partition by partition; ingest has to stand still."""
        with self._told("erased") as client:
            return erasing.erase(client, self._server, swap)

    def probe(self, now: datetime) -> None:
        """An insert of no row: it needs the same rights."""
        del now
        with self._told("written") as client:
            whole = f"{self._server.database}.batches"
            client.command(f"INSERT INTO {whole} SELECT * FROM {whole} WHERE 0")

    def stored(self) -> set[str]:
        """As the server's table of batches has it."""
        with self._told("read") as client:
            return sweeping.stored(client, self._server)

    def remove(self, gone: Collection[str]) -> None:
        """Rows are deleted."""
        with self._told("removed") as client:
            sweeping.remove(client, self._server, gone)

    def expire(self, dropped: Sequence[Segment], cuts: Cuts, now: datetime) -> None:
        """The server lets rows go by their age."""
        del dropped
        with self._told("let go") as client:
            expiring.expire(client, self._server, cuts, now)

    def missing(self, manifest: Sequence[Segment], *, most: int) -> list[str]:
        """Segments with another number of events than the manifest has."""
        looked = sorted(manifest, key=lambda one: one.ingested_at)[-most:]
        looked = [one for one in looked if one.events_dropped_at is None]
        with self._told("counted") as client:
            looked = [one for one in looked if expiring.not_expired(client, self._server, [one])]
            there = sweeping.counts(client, self._server, looked)
        return [f"{one.id} has {there[one.id]:,} of {one.rows:,} events" for one in looked if there[one.id] != one.rows]

    def size(self, manifest: Sequence[Segment]) -> int:
        """Of all tables, whatever the manifest has."""
        del manifest
        with self._told("measured") as client:
            return sweeping.size(client, self._server)

    @contextmanager
    def export(self, segment: Segment) -> Iterator[Copy]:
        """Out of the tables."""
        with self._told("read"), copying.exported(self._server, segment) as copy:
            yield copy

    def adopt(self, segment: Segment, copy: Copy) -> int:
        """Into the tables."""
        with self._told("written") as client:
            copying.adopted(client, self._server, segment, copy)
        return 0

    def close(self) -> None:
        """Close the connection, if there is one."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    @contextmanager
    def _told(self, what: str) -> Iterator[Any]:
        """The one connection; readers have their own."""
        with self._server.told(what):
            with self._lock:
                if self._client is None:
                    self._client = self._server.client()
            yield self._client


def open_clickhouse(url: str, *, scratch: Path) -> ClickhouseEvents:
    """The events of a URL, as `connecting` has them. Raises ConfigError."""
    return ClickhouseEvents(Server.of(url), scratch=scratch)

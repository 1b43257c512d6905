"""Events in segments' files, as `store.events.interface.Events`.

What writes is imported where it is needed: with Arrow and NumPy it takes longer to start than a question takes.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from model.errors import StoreError
from model.retention import Cuts
from model.segment import Segment, SegmentId
from store.events.damage import told_of_damage
from store.events.files import KINDS, Files, Stored
from store.events.ids import new_id
from store.events.interface import Copy, Unfolded, Written
from store.events.reader import EventsReader, open_reader
from store.events.sharing import Shared

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from store.events.erasing import Swap
    from store.events.interface import Batches

_ROWS = 50_000


class SegmentedEvents:
    """Segments of Parquet, in a folder or an object store."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self._lock = Lock()
        self._shared: Shared | None = None

    def share(self) -> None:
        """Let all readers from now on use one DuckDB, until `close`: for a process that asks again and again."""
        with self._lock, told_of_damage():
            self._shared = self._shared or Shared.of(self.files)

    def forget(self) -> None:
        """Keep nothing of what readers were told so far, where they share; for files that were erased in."""
        if (shared := self._shared) is not None:
            shared.forget()

    @property
    def scratch(self) -> Path:
        """That of the files."""
        return self.files.scratch

    @property
    def shown(self) -> str:
        """Where the files are."""
        return str(self.files.scratch)

    def draft(
        self,
        duck: "duckdb.DuckDBPyConnection",
        events: "pa.Table",
        *,
        segment: SegmentId,
        kept: Collection[str],
        batches: "Batches | None" = None,
    ) -> Written:
        """Drafts of its files."""
        from store.events.segments import draft_segment

        return draft_segment(duck, events, files=self.files, segment=segment, kept=kept, batches=batches)

    def merge(self, inputs: Sequence[Segment], *, segment: SegmentId, kept: Collection[str], seal: bool) -> Written:
        """Drafts of a larger one's files."""
        from store.events.merging import draft_merged, sweep_sorting

        sweep_sorting(self.files.scratch)
        with told_of_damage():
            return draft_merged(self.files, inputs, segment=segment, kept=kept, seal=seal)

    def publish(self, written: Written, intend: Callable[[], None]) -> None:
        """Files that no manifest knows are remains: no intent has to say so."""
        from store.events.segments import Drafted, publish_segment

        del intend
        assert isinstance(written, Drafted)  # noqa: S101 (made by draft or merge)
        publish_segment(self.files, written)

    def discard(self, written: Written) -> None:
        """Its files go."""
        from store.events.segments import Drafted

        assert isinstance(written, Drafted)  # noqa: S101 (made by draft or merge)
        for kind in written.kinds:
            self.files.remove(written.id, kind)

    @contextmanager
    def reader(
        self, manifest: Sequence[Segment], kept: Sequence[str], only: Sequence[str] | None
    ) -> Iterator[EventsReader]:
        """DuckDB over the files."""
        shared = self._shared
        opening = (
            open_reader(self.files, manifest, kept, only) if shared is None else shared.reader(manifest, kept, only)
        )
        with told_of_damage(), opening as found:
            yield found

    def reseal(self, manifest: Sequence[Segment], refs: Sequence[str], kept: Sequence[str], now: datetime) -> Unfolded:
        """Successors of the segments' files."""
        with told_of_damage():
            from store.events.reseal import reseal

            return reseal(self.files, manifest, refs, kept, now)

    def erase(self, swap: "Swap") -> int:
        """Files are written anew in their places; who reads an old one goes on."""
        with told_of_damage():
            from store.events.erasing import swap_all

            return swap_all(self.files, swap)

    def probe(self, now: datetime) -> None:
        """An empty file."""
        segment = new_id(now)
        try:
            self.files.draft(segment, "events").touch(mode=0o600)
            self.files.publish(segment, ["events"])
            self.files.remove(segment, "events")
        except OSError as error:
            msg = f"The events cannot be written: {error.strerror or error}."
            raise StoreError(msg, hint="Make room, or give this user the right to write there.") from None

    def stored(self) -> set[str]:
        """By the names of files and drafts."""
        return {one.segment for one in self.files.stored()}

    def remove(self, gone: Collection[str]) -> None:
        """Files and drafts go."""
        chosen = set(gone)
        for one in self._stored(chosen):
            self.files.remove_stored(one)

    def expire(self, dropped: Sequence[Segment], cuts: Cuts, now: datetime) -> None:
        """The files of dropped events go."""
        del cuts, now
        for one in dropped:
            self.files.remove(one.id, "events")

    def missing(self, manifest: Sequence[Segment], *, most: int) -> list[str]:
        """Files that are not there; all are looked for."""
        del most
        return [
            self.files.name(one.id, kind)
            for one in manifest
            for kind in _kinds(one)
            if not self.files.exists(one.id, kind)
        ]

    def size(self, manifest: Sequence[Segment]) -> int:
        """As the manifest has it."""
        return sum(one.bytes for one in manifest)

    @contextmanager
    def export(self, segment: Segment) -> Iterator[Copy]:
        """Out of the files."""
        with self._opened() as duck:
            tables = {kind: self._select(segment, kind) for kind in _kinds(segment)}
            counts = {kind: duck.sql(tables[kind]).to_arrow_table() for kind in tables if kind != "events"}
            events = duck.sql(tables["events"]).to_arrow_reader(_ROWS) if "events" in tables else None
            yield Copy(events=events, usage=counts.get("usage"), facets=counts.get("facets"))

    def adopt(self, segment: Segment, copy: Copy) -> int:
        """Into files; those of an earlier try are written over."""
        from store.events.parquet import write_sorted

        readers = {"events": copy.events} | {
            kind: None if table is None else table.to_reader()
            for kind, table in (("usage", copy.usage), ("facets", copy.facets))
        }
        size = 0
        try:
            for kind, rows in readers.items():
                if rows is not None:
                    draft = self.files.draft(segment.id, kind)
                    write_sorted(rows, draft, kind)
                    size += draft.stat().st_size
            self.files.publish(segment.id, [kind for kind, rows in readers.items() if rows is not None])
        except OSError as error:
            msg = f"The segment {segment.id} cannot be written: {error}"
            raise StoreError(msg, hint="Make room, and try again: what was copied stays.") from None
        return size

    def close(self) -> None:
        """The shared DuckDB goes."""
        with self._lock:
            if self._shared is not None:
                self._shared.close()
                self._shared = None

    def _stored(self, chosen: set[str]) -> Iterator[Stored]:
        return (one for one in list(self.files.stored()) if one.segment in chosen)

    @contextmanager
    def _opened(self) -> "Iterator[duckdb.DuckDBPyConnection]":
        import duckdb

        with told_of_damage():
            duck = duckdb.connect(":memory:", config={"threads": 2, "temp_directory": ""})
            try:
                duck.execute("SET TimeZone = 'UTC'")
                self.files.attach(duck)
                yield duck
            finally:
                duck.close()

    def _select(self, segment: Segment, kind: str) -> str:
        name = self.files.name(segment.id, kind).replace("'", "''")
        return f"SELECT * FROM read_parquet('{name}')"


def _kinds(segment: Segment) -> list[str]:
    kinds = KINDS if segment.sealed else KINDS[:1]
    return [kind for kind in kinds if kind != "events" or segment.events_dropped_at is None]

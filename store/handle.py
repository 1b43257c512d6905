"""The store as the rest of the program holds it: a state database, and segments of events in files."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb
from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError
from sqlalchemy.orm import Session

from model.actor import actor
from model.clock import SystemClock
from model.errors import Fenced, StoreError, UsageError
from model.segment import Segment
from model.window import Window
from store.commits import Commits
from store.events.files import Files, FolderFiles
from store.events.interface import Events, Written
from store.events.reader import EventsReader
from store.events.segmented import SegmentedEvents
from store.leasing import check_fences
from store.state import audit, intents, segments
from store.state.damage import refused
from store.state.engine import open_engine
from store.state.inventory import known_refs
from store.state.upgrade import HEAD, schema_of, upgrade

Transaction = Session
"""One transaction of the state; other rooms pass it on and never look inside."""


@dataclass(frozen=True, slots=True)
class Store:
    """A state database and segments of events. Open with `Store.open`, close with `close`."""

    state: Engine
    """SQLite or PostgreSQL."""
    events: Events
    """Where events are kept."""
    audit_key: audit.KeySource | None = None
    """Gives the key of the audit log; without one its chain is a plain one."""
    commits: Commits = field(default_factory=Commits, compare=False)
    """How they fare."""

    @classmethod
    def open(cls, state_url: str, events: Path | Events, audit_key: audit.KeySource | None = None) -> "Store":
        """Open or create the store, and bring an older schema up to date; `events` is a folder, or `open_events`.

        Raises StoreError when the database cannot be opened, its schema is newer than this program, or it is empty
        beside segments that it should know.
        """
        engine = open_engine(state_url)
        kept = SegmentedEvents(FolderFiles(events)) if isinstance(events, Path) else events
        before = schema_of(engine)
        if before is None and (count := len(kept.stored())):
            # The next ingest would take all of them for the remains of a writer that died, and sweep them.
            msg = f"The state {engine.url.render_as_string()} is empty, but there are {count} segments of events."
            raise StoreError(
                msg,
                hint="Put the state back from a backup, or mend [store] in keywatch.toml. To begin anew, move the"
                " segments away: all logs are read again then.",
            )
        upgrade(engine)
        opened = cls(engine, kept, audit_key)
        if before not in {None, HEAD}:
            opened._note_upgrade(str(before))
        return opened

    def _note_upgrade(self, before: str) -> None:
        """In the audit log, whose end is known from here on: logs of before schema 0008 did not say where they end."""
        with self.transaction() as tx:
            subject, detail = "the state's schema", {"from": before, "to": HEAD}
            audit.record(
                tx, at=SystemClock().now(), actor=actor(), action="schema upgraded", subject=subject, detail=detail
            )

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """A transaction that writes: all of it is committed at the end, or none of it.

        Raises StoreError when the database cannot be written: a full disk, a lock that nobody gives back; Fenced when
        it is written under a lease (`store.leasing`) that somebody else has by now.
        """
        writing = self.state.execution_options(writes=True)
        try:
            with Session(writing, expire_on_commit=False, info=self._info) as session:
                session.begin()
                check_fences(session, self.state)
                yield session
                with self.commits.timed():
                    session.commit()
        except Fenced as error:
            self.commits.failed(error)
            raise
        except (OperationalError, DatabaseError) as error:
            if isinstance(error, IntegrityError):
                raise
            hint = "Nothing of it was written. Make room, check the disk, and try again."
            told = refused(self.state, error, "written", hint=hint)
            self.commits.failed(told)
            raise told from None

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """A transaction that reads; it sees one moment of the state. Raises StoreError when it cannot be read."""
        try:
            with Session(self.state, info=self._info) as session:
                yield session
        except (OperationalError, DatabaseError) as error:
            if isinstance(error, IntegrityError) or isinstance(error.orig, duckdb.Error):
                raise
            raise refused(self.state, error, "read", hint="Check that its file or server is there.") from None

    @contextmanager
    def reader(
        self,
        window: Window | None = None,
        *,
        only: Sequence[str] | None = None,
        since: datetime | None = None,
        kept: Sequence[str] | None = None,
    ) -> Iterator[EventsReader]:
        """A snapshot of the events; with `window`, segments that cannot touch its days are left out.

        With `only`, the rows of these key_refs alone are in it; with `since`, segments that came after that moment.
        `kept` are the key_refs that tails do not fold, for who knows them already.
        Raises StoreError when a segment cannot be read, also for what is asked of the reader.
        """
        with self.reading() as tx:
            manifest = segments.overlapping(tx, window)
        if since is not None:
            manifest = [segment for segment in manifest if segment.ingested_at > since]
        with self.reader_of(manifest, only=only, kept=kept) as reader:
            yield reader

    @contextmanager
    def reader_of(
        self, manifest: Sequence[Segment], *, only: Sequence[str] | None = None, kept: Sequence[str] | None = None
    ) -> Iterator[EventsReader]:
        """A snapshot of the events of some segments. Raises StoreError when one cannot be read."""
        if kept is None:
            with self.reading() as tx:
                kept = known_refs(tx)
        with self.events.reader(manifest, kept, only) as reader:
            yield reader

    def publish(self, written: Written, segment: Segment) -> None:
        """Make a segment that was made durable; `segment` is what the manifest will have of it. Raises StoreError.

        Where remains of a writer that dies could not be told from what others do, an intent is committed first.
        """

        def intend() -> None:
            with self.transaction() as tx:
                intents.intend(tx, segment)

        self.events.publish(written, intend)

    @property
    def files(self) -> Files:
        """Where the segments' files are. Raises UsageError when events are in no files."""
        if not isinstance(self.events, SegmentedEvents):
            msg = f"The events are in {self.events.shown}, and not in files."
            raise UsageError(msg, hint="That server's own tools copy them consistently (docs/clickhouse.md).")
        return self.events.files

    @property
    def _info(self) -> dict[str, object]:
        return {audit.KEY: self.audit_key}

    def close(self) -> None:
        """Give the database connections back."""
        self.events.close()
        self.state.dispose()

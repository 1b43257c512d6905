"""The store as the rest of the program holds it: a state database and a folder of event segments."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError
from sqlalchemy.orm import Session

from model.errors import StoreError
from model.window import Window
from store.events.reader import EventsReader, open_reader
from store.state import segments
from store.state.engine import open_engine
from store.state.inventory import known_refs
from store.state.upgrade import upgrade

Transaction = Session
"""One transaction of the state; other rooms pass it on and never look inside."""


@dataclass(frozen=True, slots=True)
class Store:
    """A state database and a folder of event segments. Open with `Store.open`, close with `close`."""

    state: Engine
    """SQLite or PostgreSQL."""
    events_root: Path
    """Where the segments' files lie."""

    @classmethod
    def open(cls, state_url: str, events_root: Path) -> "Store":
        """Open or create the store, and bring an older schema up to date.

        Raises StoreError when the database cannot be opened or its schema is newer than this program.
        """
        engine = open_engine(state_url)
        upgrade(engine)
        events_root.mkdir(parents=True, exist_ok=True, mode=0o700)
        return cls(engine, events_root)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """A transaction that writes: all of it is committed at the end, or none of it.

        Raises StoreError when the database cannot be written: a full disk, a lock that nobody gives back.
        """
        writing = self.state.execution_options(writes=True)
        try:
            with Session(writing, expire_on_commit=False) as session, session.begin():
                yield session
        except (OperationalError, DatabaseError) as error:
            if isinstance(error, IntegrityError):
                raise
            msg = f"The state {self.state.url.render_as_string()} cannot be written: {error.orig}."
            raise StoreError(msg, hint="Nothing of it was written. Make room, check the disk, and try again.") from None

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """A transaction that reads; it sees one moment of the state."""
        with Session(self.state) as session:
            yield session

    @contextmanager
    def reader(
        self, window: Window | None = None, *, only: Sequence[str] | None = None, since: datetime | None = None
    ) -> Iterator[EventsReader]:
        """A snapshot of the events; with `window`, segments that cannot touch its days are left out.

        With `only`, the rows of these key_refs alone are in it; with `since`, segments that came after that moment.
        """
        with self.reading() as tx:
            manifest = segments.overlapping(tx, window)
            kept = known_refs(tx)
        if since is not None:
            manifest = [segment for segment in manifest if segment.ingested_at > since]
        with open_reader(self.events_root, manifest, kept, only) as reader:
            yield reader

    def close(self) -> None:
        """Give the database connections back."""
        self.state.dispose()

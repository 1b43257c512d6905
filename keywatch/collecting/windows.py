"""Reading a window of time out of files: a pass of its own, with cursors of its own, that stores no event twice.

The ordinary pass over a source reads everything; a backfill reads only the events of its window. Each leaves out what
the others have stored: the events of their windows, up to the line that they have come to.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ingest.sources.content import Content, digest
from ingest.sources.files import Block, Look
from keywatch.collecting.keeping import Keep
from keywatch.config.root import SourceConfig
from keywatch.workspace import Workspace
from model.segment import Cursor
from model.window import Window
from store.state import pulls, segments
from store.state.pulls import Backfill


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """One pass over a source's files."""

    name: str
    """Its cursors go by this: the source's name, or a backfill's."""
    window: Window | None = None
    """None: everything."""
    others: Sequence[tuple[Window | None, Sequence[Cursor]]] = field(default=())
    """The other passes and how far they have come."""

    def keep_of(self, content: Content) -> Callable[[Block], Keep | None]:
        """Which events of the content's blocks are stored; the content stands at its start afterwards."""
        reached = [
            (window, found)
            for window, cursors in self.others
            if (found := furthest(content, cursors)) is not None and found.offset
        ]
        content.head()
        if self.window is None and not reached:
            return lambda _block: None
        return lambda block: _keep(block, self.window, reached)

    def keep_of_file(self, seen: Look) -> Callable[[Block], Keep | None]:
        """The same for a file, which is opened only when there is another pass, or a window. Raises IngestError."""
        if self.window is None and not self.others:
            return lambda _block: None
        with Content(seen.path, seen.roots) as content:
            return self.keep_of(content)

    def has_all(self, signature: str, path: str | None = None) -> bool:
        """Whether an unchanged file was read whole by a pass that covers this one's window.

        `path` is its name, where a signature alone does not tell files apart.
        """
        return any(
            cursor.signature == signature and path in {None, cursor.path}
            for window, cursors in self.others
            if _covers(window, self.window)
            for cursor in cursors
        )


def open_pass(workspace: Workspace, source: SourceConfig, window: Window | None, now: datetime) -> Pass:
    """The pass for a window; a backfill is remembered before anything of it is stored."""
    own = None if window is None else Backfill(name=_name(source, window), source=source.name, window=window)
    if own is not None:
        with workspace.store.transaction() as tx:
            pulls.save_backfill(tx, own, now)
    with workspace.store.reading() as tx:
        made: list[tuple[Window | None, Sequence[Cursor]]] = [
            (one.window, segments.cursors(tx, one.name))
            for one in pulls.backfills(tx, source.name)
            if own is None or one.name != own.name
        ]
        if own is not None:
            made.append((None, segments.cursors(tx, source.name)))
    return Pass(name=source.name if own is None else own.name, window=window, others=made)


def inside(window: Window) -> str:
    """SQL over an event."""
    return f"(ts >= TIMESTAMP '{_spelt(window.since)}' AND ts < TIMESTAMP '{_spelt(window.until)}')"


def furthest(content: Content, cursors: Sequence[Cursor]) -> Cursor | None:
    """The cursor that has come furthest in this content, under whatever name."""
    head = content.head()
    beginnings: dict[int, str] = {}
    for cursor in sorted(cursors, key=lambda one: -one.offset):
        size = cursor.head_size
        if size not in beginnings:
            beginnings[size] = digest(head[:size])
        if size and beginnings[size] == cursor.head_hash and content.skip_to(cursor.offset) == cursor.tail_hash:
            return cursor
    return None


def _keep(block: Block, window: Window | None, reached: Sequence[tuple[Window | None, Cursor]]) -> Keep | None:
    conditions = [] if window is None else [inside(window)]
    begin = block.before.offset if block.before else 0
    for other, cursor in reached:
        if cursor.offset > begin:
            within = "TRUE" if other is None else inside(other)
            conditions.append(f"NOT ({within} AND line <= {cursor.lines - block.before_lines})")
    if not conditions:
        return None
    return Keep(condition=" AND ".join(conditions), only_events=window is not None)


def _covers(outer: Window | None, inner: Window | None) -> bool:
    if outer is None or inner is None:
        return outer is None
    return outer.since <= inner.since and inner.until <= outer.until


def _name(source: SourceConfig, window: Window) -> str:
    return f"{source.name} {window.since.isoformat()}/{window.until.isoformat()}"


def _spelt(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")

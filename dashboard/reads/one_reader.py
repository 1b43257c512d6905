"""One reader for all that a page asks: it is opened once, and of few keys what there is is read once."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime

from dashboard.reads.opened import Place, place, reading
from model.event import UNKNOWN_PREFIX
from model.window import Window
from store.events.reader import EventsReader

Refs = tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class _Once:
    """A reader that is opened when something is asked for that no cache has."""

    where: Place
    window: Window
    refs: Refs | None
    """None: those of all keys."""
    since: datetime | None
    """Counts are read once, and single events from then on when a question asks for many of them; None: neither."""
    stack: ExitStack = field(default_factory=ExitStack)
    opened: EventsReader | None = None
    held: bool = False
    """Whether the single events are."""

    def fits(self, where: Place, window: Window, refs: Refs | None) -> bool:
        mine = self.window
        return (where, refs) == (self.where, self.refs) and mine.since <= window.since and window.until <= mine.until

    def reader(self, *, single: bool) -> EventsReader:
        if self.opened is None:
            self.opened = self.stack.enter_context(reading(self.where, self.window, self.refs))
            if self.since is not None:
                self.opened.hold_counts()
        if single and self.since is not None and not self.held:
            self.opened.hold_events(self.since)
            self.held = True
        return self.opened


_once: ContextVar[_Once | None] = ContextVar("once", default=None)


@contextmanager
def at_once(window: Window, refs: Refs | None = None, *, since: datetime | None = None) -> Iterator[None]:
    """Until it ends, questions about these key_refs (None: all) in the window share one reader; raises AccessDenied.

    With `since` counts are read once, and single events from then on when a question is about many of them.
    """
    here = place()
    if ((once := _once.get()) is not None and once.fits(here, window, refs)) or _folded(refs):
        yield
        return
    with ExitStack() as stack:
        token = _once.set(_Once(where=here, window=window, since=since, refs=refs, stack=stack))
        try:
            yield
        finally:
            _once.reset(token)


@contextmanager
def reading_of(
    where: Place, window: Window, refs: Refs | None = None, *, single: bool = False
) -> Iterator[EventsReader]:
    """A reader for a question about these key_refs (None: all): the shared one, or one of its own.

    `single` says that the question is about single events, and not about counts and the hours that a window cuts.
    """
    once = _once.get()
    if once is not None and once.fits(where, window, refs):
        yield once.reader(single=single)
        return
    # What is folded has no key_ref of its own, so there the reader has to know all.
    with reading(where, window, None if _folded(refs) else refs) as reader:
        yield reader


def _folded(refs: Refs | None) -> bool:
    return refs is not None and any(ref.startswith(UNKNOWN_PREFIX) for ref in refs)

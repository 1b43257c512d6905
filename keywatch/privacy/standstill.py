"""Nobody writes while something is erased."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Final

from keywatch.process import work
from keywatch.workspace import Workspace
from store.events.places import CLICKHOUSE
from store.state import sources

_PATIENCE: Final = timedelta(seconds=30)
"""For a worker that reads a source just now: a look takes seconds."""


@contextmanager
def standstill(workspace: Workspace) -> Iterator[None]:
    """Hold what writes segments anew; where events are on ClickHouse, what ingests as well.

    A file of a segment is changed by nobody else; a day's partition takes whatever comes in. Raises WorkspaceLocked.
    """
    with ExitStack() as stack:
        stack.enter_context(workspace.lock(work.SEGMENTS))
        if workspace.is_shared and workspace.config.store.events.startswith((*CLICKHOUSE, "env:", "keyring:")):
            with workspace.store.reading() as tx:
                known = sources.names(tx)
            for name in sorted({*known, *(one.name for one in workspace.config.sources)}):
                stack.enter_context(workspace.lock(work.ingest_of(name), patience=_PATIENCE))
        yield

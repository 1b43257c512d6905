"""Which routes a source may have: the cap remembers those that the store has, so that a restart allows no more."""

from typing import Final

from ingest.routes import OVERFLOW, Cap
from keywatch.workspace import Workspace
from store.queries.routes import routes_of
from store.state import segments

_EVENTS: Final = 5_000_000
_SEGMENTS: Final = 200
"""How many of a source's newest events and segments are asked for their routes, once a process."""


def cap_of(workspace: Workspace, source: str) -> Cap:
    """The cap of a source's routes; the same for each look of this process."""
    found = workspace.caps.get(source)
    if found is None:
        found = workspace.caps[source] = Cap(workspace.config.routes.limit)
        with workspace.store.reading() as tx:
            newest = segments.newest(tx, source, rows=_EVENTS, count=_SEGMENTS)
        if newest:
            with workspace.store.reader_of(newest) as reader:
                found.seed((host, route) for host, route in routes_of(reader, source) if route != OVERFLOW)
    return found

"""Ingest of what is no local file: servers, objects and standard input.

The clients of the network are loaded where they are used: a local file is read without them.
"""

from collections.abc import Callable

from keywatch.collecting.ingested import Ingested, Progress
from keywatch.collecting.opening import Reading, never, open_reading
from keywatch.config.root import SourceConfig
from keywatch.workspace import Workspace
from model.clock import Clock
from model.errors import FormatError, IngestError, UsageError
from model.window import Window
from store.state import sources


def is_elsewhere(source: SourceConfig) -> bool:
    """Whether a source is anything but local files."""
    return source.url is not None or source.asked is not None or source.path == "-"


def check_place(workspace: Workspace, source: SourceConfig, clock: Clock) -> None:
    """Look up all that reading it needs, and ask nobody. Raises ConfigError."""
    if source.asked is not None:
        from keywatch.collecting.servers import open_server

        server, _ = open_server(workspace, source, clock)
        server.close()
    elif source.url is not None:
        from keywatch.collecting.fetching import open_place

        open_place(workspace, source, clock)


def ingest_elsewhere(
    workspace: Workspace,
    source: SourceConfig,
    *,
    clock: Clock,
    window: Window | None = None,
    progress: Progress | None = None,
    stopped: Callable[[], bool] = never,
) -> Ingested:
    """Read what is new; with `window`, the events of that time. The caller holds the workspace's lock.

    What went wrong half-way stands in `errors`. Raises FormatError when nothing has a
    format, UsageError and ConfigError.
    """
    workspace.sweep(clock.now())
    result = Ingested(source.name)
    failure: FormatError | None = None
    with open_reading(workspace, source, clock=clock, result=result, progress=progress, stopped=stopped) as reading:
        try:
            _reader(source)(reading, window)
        except FormatError as error:
            failure = error
            result.errors.append(str(error))
        except IngestError as error:
            result.errors.append(str(error))
    if result.errors:
        with workspace.store.transaction() as tx:
            sources.note_error(tx, source.name, result.errors[-1], clock.now())
    if failure is not None and not result.lines:
        raise failure
    return result


def _reader(source: SourceConfig) -> Callable[[Reading, Window | None], None]:
    if source.path == "-":
        msg = f"The source {source.name} is standard input."
        raise UsageError(msg, hint=f"… | keywatch ingest --source {source.name} -")
    if source.asked is None:
        from keywatch.collecting.fetching import read_objects

        return read_objects
    from keywatch.collecting.pulling import read_server

    return read_server

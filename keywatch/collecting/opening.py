"""What an ingest of one source holds open: its parsers, a core each, and the threads that they run on."""

import gc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from queue import SimpleQueue
from typing import Final

import pyarrow as pa

from ingest.block import BlockFiles
from ingest.formats.interface import Format, Options
from ingest.parse import Other, Parser, no_other
from ingest.second import Seconds
from ingest.sources.files import Block
from keywatch.collecting.admitting import cap_of
from keywatch.collecting.ingested import Ingested, Progress
from keywatch.collecting.keeping import Keep
from keywatch.collecting.treating import treatment
from keywatch.config.root import SourceConfig
from keywatch.workspace import Workspace
from model.clock import Clock
from model.processors import processors
from store.handle import Transaction
from store.state import refs

PARSERS: Final = min(processors(), 2)
"""Blocks that are parsed side by side; each takes some 180 MB, and an ingest shall stay under 600."""


def never() -> bool:
    """Nobody says stop."""
    return False


def options_of(source: SourceConfig) -> Options:
    """What the config says about a source's lines."""
    return Options(
        keys=tuple(place.place for place in source.keys),
        fields=source.fields,
        log_format=source.log_format,
        pattern=source.pattern,
    )


@dataclass(slots=True)
class Reading:
    """The open parts of one source's ingest."""

    workspace: Workspace
    source: SourceConfig
    clock: Clock
    result: Ingested
    progress: Progress | None
    pool: ThreadPoolExecutor
    parsers: "SimpleQueue[Parser]"
    """Those that are idle."""
    memory: BlockFiles
    """Files in memory that blocks are copied into."""
    kept: frozenset[str]
    """The key_refs that are never folded."""
    kept_number: int
    """It grows when there are others."""
    lineage: str = ""
    """What the cursors of this pass go by, when it is not the source's name."""
    keep: Callable[[Block], Keep | None] = lambda _block: None
    """Which events of a block are stored; None: all."""
    also: Callable[[Transaction, Block, datetime], None] | None = None
    """Told of each block in the transaction that stores it."""
    stopped: Callable[[], bool] = never
    """Whether to read no further block."""
    seconds: Seconds | None = None
    """Finds the formats that some lines have beside the one that most have; None where the config names one."""

    def other(self, fmt: Format) -> Other:
        """Who is asked about lines that a format cannot read."""
        return no_other if self.seconds is None else partial(self.seconds.plan, fmt.name)

    @property
    def options(self) -> Options:
        """What the config says about the source's lines."""
        return options_of(self.source)


@contextmanager
def open_reading(
    workspace: Workspace,
    source: SourceConfig,
    *,
    clock: Clock,
    result: Ingested,
    progress: Progress | None,
    stopped: Callable[[], bool] = never,
) -> Iterator[Reading]:
    """The parsers of a source, closed at the end."""
    # Arrow's own allocator keeps what it had: 45 MB more, and a third more time in the system.
    pa.set_memory_pool(pa.system_memory_pool())
    with workspace.store.reading() as tx:
        kept, number = refs.read_refs(tx)
    with ExitStack() as stack:
        # What is loaded by now stays: the collector would walk through it again and again, 8 % of an ingest.
        gc.freeze()
        stack.callback(gc.unfreeze)
        treated = stack.enter_context(treatment(workspace, source, cap=cap_of(workspace, source.name)))
        parsers: SimpleQueue[Parser] = SimpleQueue()
        for _ in range(PARSERS):
            parser = Parser(treated)
            stack.callback(parser.close)
            parsers.put(parser)
        # Those that are parsed, and the next one.
        memory = BlockFiles(PARSERS + 1)
        stack.callback(memory.close)
        pool = stack.enter_context(ThreadPoolExecutor(PARSERS, thread_name_prefix="parse"))
        reading = Reading(
            workspace, source, clock, result, progress, pool, parsers, memory, kept, number, stopped=stopped
        )
        if source.format == "auto" and source.log_format is None and source.pattern is None:
            reading.seconds = Seconds(reading.options)
        yield reading

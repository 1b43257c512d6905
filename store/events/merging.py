"""Several segments become one: their events by key and time, their usage and facets added up.

The inputs' files are not touched: who reads them goes on. Events keep the batch and the line that they came with.
"""

import shutil
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

import duckdb

from model.errors import StoreError
from model.segment import Segment, SegmentId
from store.events import aggregate
from store.events.files import KINDS, Files, quoted
from store.events.parquet import write_sorted
from store.events.segments import SEAL_ROWS, Drafted
from store.events.sorting import ROWS, by_key_and_time

_MEMORY: Final = "256MB"
"""What DuckDB may take; what it cannot hold goes to the disk."""
_SORTING: Final = "sorting-"
_ORDER: Final = {"usage": "key_ref, hour", "facets": "key_ref, kind, day"}


def draft_merged(
    files: Files, inputs: Sequence[Segment], *, segment: SegmentId, kept: Collection[str], seal: bool
) -> Drafted:
    """Write the drafts of one segment that holds all of `inputs`; it is sealed from SEAL_ROWS events on, or by `seal`.

    `kept` are the key_refs that are never folded. Raises StoreError when the disk refuses, duckdb.Error when an input
    cannot be read.
    """
    rows = sum(one.rows for one in inputs)
    sealed = seal or rows >= SEAL_ROWS or any(one.sealed for one in inputs)
    kinds = KINDS if sealed else KINDS[:1]
    try:
        with tempfile.TemporaryDirectory(dir=files.scratch, prefix=_SORTING) as scratch, _opened(scratch) as duck:
            files.attach(duck)
            duck.execute("CREATE TEMP TABLE kept AS SELECT unnest(CAST(? AS VARCHAR[])) AS key_ref", [list(kept)])
            count = write_sorted(
                by_key_and_time(duck, _read(files, inputs, "events")), files.draft(segment, "events"), "events"
            )
            for kind in kinds[1:]:
                write_sorted(
                    duck.sql(_summed(files, inputs, kind)).to_arrow_reader(ROWS), files.draft(segment, kind), kind
                )
    except duckdb.OutOfMemoryException:
        msg = (
            f"{len(inputs)} segments of {rows:,} events cannot be merged: neither {_MEMORY} of memory nor the room in"
            f" {files.scratch} suffices to sort them."
        )
        raise StoreError(msg, hint="Nothing was changed. Make room there; it is tried again.") from None
    except OSError as error:
        msg = f"The segment {files.name(segment, 'events')} cannot be written: {error}"
        raise StoreError(msg, hint="Nothing of it counts. Make room, check the disk, and try again.") from None
    if count != rows:
        msg = f"{len(inputs)} segments should hold {rows} events, and {count} are in their files."
        raise StoreError(msg, hint="Their files are not what was written: put them back from a backup.")
    return Drafted(
        id=segment,
        sealed=sealed,
        bytes=sum(files.draft(segment, kind).stat().st_size for kind in kinds),
        min_ts=min(one.min_ts for one in inputs),
        max_ts=max(one.max_ts for one in inputs),
        kinds=kinds,
        activity=[],
    )


def sweep_sorting(root: Path) -> None:
    """Remove what a merge that died had on the disk to sort by. The caller holds the workspace's lock."""
    for folder in root.glob(f"{_SORTING}*"):
        shutil.rmtree(folder, ignore_errors=True)


def _opened(scratch: str) -> duckdb.DuckDBPyConnection:
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": 2,
        "memory_limit": _MEMORY,
        "temp_directory": scratch,
        "preserve_insertion_order": False,
    }
    duck = duckdb.connect(":memory:", config=config)
    duck.execute("SET TimeZone = 'UTC'")
    return duck


def _summed(files: Files, inputs: Sequence[Segment], kind: str) -> str:
    """The partial counts of the sealed inputs, and those of the tails, as one."""
    sealed = [one for one in inputs if one.sealed]
    tails = [one for one in inputs if not one.sealed]
    parts = [f"SELECT * FROM {_read(files, sealed, kind)}"] if sealed else []
    if tails:
        source = _read(files, tails, "events")
        folded = aggregate.folded(source, f"({aggregate.known(source, 'kept')})")
        counts = aggregate.usage if kind == "usage" else aggregate.facets
        parts.append(counts(f"({folded})"))
    union = " UNION ALL BY NAME ".join(f"({part})" for part in parts)
    return f"{aggregate.added_up(kind, f'({union})')} ORDER BY {_ORDER[kind]}"


def _read(files: Files, segments: Sequence[Segment], kind: str) -> str:
    return f"read_parquet({quoted(files.name(one.id, kind) for one in segments)})"

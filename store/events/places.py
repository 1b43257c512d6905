"""What `[store] events` names: a folder, a prefix of an object store, or a database of a ClickHouse server."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from store.events.files import FolderFiles
from store.events.interface import Events
from store.events.segmented import SegmentedEvents

CLICKHOUSE: Final = ("clickhouse://", "clickhouses://", "chdb://")


def is_url(events: str) -> bool:
    """Whether it names anything but a folder."""
    return "://" in events and not events.startswith("file://")


def is_object_store(events: str) -> bool:
    """Whether listing what is there costs money and time."""
    return is_url(events) and not events.startswith(CLICKHOUSE)


def open_events(events: str, *, root: Path, scratch: Path, options: Mapping[str, object]) -> Events:
    """Where events are kept; a folder's path is relative to `root`. Raises ConfigError for a URL that nothing opens.

    `scratch` is the folder of this machine for what is made of events elsewhere, and `options` are fsspec's.
    """
    if not is_url(events):
        return SegmentedEvents(FolderFiles(root / events.removeprefix("file://")))
    if events.startswith(CLICKHOUSE):
        from store.events.clickhouse.engine import open_clickhouse

        return open_clickhouse(events, scratch=scratch)
    from store.events.objects import ObjectFiles

    return SegmentedEvents(ObjectFiles(events, scratch=scratch, options=options))

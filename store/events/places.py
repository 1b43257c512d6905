"""What `[store] events` names: a folder, or a prefix of an object store."""

from collections.abc import Mapping
from pathlib import Path

from store.events.files import Files, FolderFiles


def is_url(events: str) -> bool:
    """Whether it names anything but a folder."""
    return "://" in events and not events.startswith("file://")


def open_files(events: str, *, root: Path, scratch: Path, options: Mapping[str, object]) -> Files:
    """The files of segments; a folder's path is relative to `root`. Raises ConfigError for a URL that nothing opens.

    `scratch` is the folder of this machine for what is on its way to an object store, and `options` are fsspec's.
    """
    if not is_url(events):
        return FolderFiles(root / events.removeprefix("file://"))
    from store.events.objects import ObjectFiles

    return ObjectFiles(events, scratch=scratch, options=options)

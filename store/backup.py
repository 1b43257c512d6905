"""Backup and restore: a copy of the state, then the files of the segments that this copy knows.

Segments never change and outlive their rows by an hour, so whatever the copied manifest names is there to be copied,
and the copied cursors stand where the copied rows end. Nobody is stopped for it.
"""

import hashlib
import json
import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

from model.errors import StoreError, UsageError
from model.segment import Segment
from store.events.files import KINDS, file_name
from store.handle import Store
from store.state import segments
from store.state.engine import open_engine
from store.state.upgrade import KNOWN, schema_of, upgrade

_STATE: Final = "state.db"
_EVENTS: Final = "events"
_LIST: Final = "backup.json"
_NAMES: Final = re.compile(rf"{_STATE}|{_EVENTS}/[0-9]+/[0-9A-Za-z.-]+\.parquet")
Told = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What a backup holds."""

    segments: int
    events: int
    bytes: int


def backup(store: Store, folder: Path, *, now: datetime, told: Told | None = None) -> Copied:
    """Copy the store into a new folder; the list of its files with their SHA-256 is written last.

    `told(done, of)` hears of progress in files. Raises UsageError for a folder that is none or not empty and for a
    state that is no SQLite file, StoreError when something cannot be copied.
    """
    if store.state.dialect.name != "sqlite":
        msg = f"The state is on {store.state.dialect.name}, whose own tools copy it consistently."
        raise UsageError(
            msg, hint="Run pg_dump first, then copy the folder or prefix of the events: segments never change."
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        msg = f"{folder} is not empty." if folder.is_dir() else f"{folder} is no folder."
        raise UsageError(msg, hint="Name a folder that does not exist yet.")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _copy_state(store, folder / _STATE)
        manifest = _manifest_of(folder / _STATE)
        named = [(Path(_STATE), folder / _STATE)]
        for number, (segment, kind) in enumerate(files := list(_files(manifest)), 1):
            name = Path(_EVENTS) / file_name(segment, kind)
            with store.files.open(segment, kind) as source:
                named.append((name, _copied(source, folder / name)))
            if told is not None:
                told(number, len(files))
        listed = {str(name): {"sha256": _digest(path), "bytes": path.stat().st_size} for name, path in named}
        total = sum(path.stat().st_size for _, path in named)
        text = json.dumps({"made_at": now.isoformat(), "files": listed}, indent=1)
        _written(folder / _LIST, text.encode())
    except OSError as error:
        msg = f"The backup {folder} cannot be written: {error}"
        raise StoreError(msg, hint="The store is as it was. Remove the folder, make room, and try again.") from None
    return Copied(segments=len(manifest), events=sum(one.rows for one in manifest), bytes=total)


def restore(folder: Path, store: Store, *, told: Told | None = None) -> Copied:
    """Fill an empty store from a backup, after every file of it was compared with its SHA-256.

    Raises UsageError when the folder holds no backup or the store is not empty, StoreError when a file is missing or
    is not what was written, or the backup's schema is newer.
    """
    listed = _listed(folder)
    _require_empty(store)
    for number, (name, known) in enumerate(listed.items(), 1):
        _compare(folder / name, known)
        if told is not None:
            told(number, 2 * len(listed))
    try:
        for number, name in enumerate((each for each in listed if each != _STATE), len(listed) + 1):
            _put_back(folder / name, store)
            if told is not None:
                told(number, 2 * len(listed))
        # The state comes last: without it, nothing of the events counts.
        _fill_state(folder / _STATE, store)
    except OSError as error:
        msg = f"The backup cannot be put back: {error}"
        raise StoreError(msg, hint="Make room, empty the folder of the events, and try again.") from None
    upgrade(store.state)
    with store.reading() as tx:
        manifest = segments.overlapping(tx, None)
    total = sum(int(one["bytes"]) for one in listed.values())
    return Copied(segments=len(manifest), events=sum(one.rows for one in manifest), bytes=total)


def _copy_state(store: Store, target: Path) -> None:
    os.close(os.open(target, os.O_CREAT | os.O_RDWR, 0o600))
    copy = sqlite3.connect(target)
    pooled = store.state.raw_connection()
    try:
        _connection(pooled).backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
    finally:
        pooled.close()
        copy.close()


def _fill_state(source: Path, store: Store) -> None:
    copy = sqlite3.connect(f"file:{source}?mode=ro", uri=True)
    pooled = store.state.raw_connection()
    try:
        copy.backup(_connection(pooled))
    finally:
        pooled.close()
        copy.close()


def _connection(pooled: Any) -> sqlite3.Connection:  # noqa: ANN401 (SQLAlchemy's proxy of the driver's connection)
    found = pooled.driver_connection
    assert isinstance(found, sqlite3.Connection)  # noqa: S101 (the dialect was asked)
    return found


def _manifest_of(state: Path) -> list[Segment]:
    opened = Store.open(f"sqlite:///{state}", state.parent / _EVENTS)
    try:
        with opened.reading() as tx:
            return segments.overlapping(tx, None)
    finally:
        opened.close()


def _files(manifest: list[Segment]) -> Iterator[tuple[str, str]]:
    for one in manifest:
        for kind in KINDS if one.sealed else KINDS[:1]:
            if kind != "events" or one.events_dropped_at is None:
                yield one.id, kind


def _listed(folder: Path) -> dict[str, dict[str, Any]]:
    try:
        found = json.loads((folder / _LIST).read_bytes())["files"]
        listed = {str(name): dict(known) for name, known in found.items()}
        if _STATE not in listed or any(_NAMES.fullmatch(name) is None for name in listed):
            raise ValueError("it names other files than a backup has")  # noqa: EM101, TRY003, TRY301 (told just below)
        return listed  # noqa: TRY300 (the check above is part of reading it)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        msg = f"{folder} holds no whole backup: {_LIST} cannot be read ({getattr(error, 'strerror', None) or error})."
        raise UsageError(msg, hint="Name the folder that `keywatch store backup` wrote to its end.") from None


def _require_empty(store: Store) -> None:
    with store.reading() as tx:
        count = len(segments.ids(tx))
    if count or any(not one.is_draft for one in store.files.stored()):
        msg = f"The store is not empty: it has {count} segments."
        raise UsageError(msg, hint="Restore into a new workspace: `keywatch init DIR`, with the old pepper.")


def _compare(path: Path, known: dict[str, Any]) -> None:
    try:
        same = _digest(path) == known["sha256"]
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}."
        raise StoreError(msg, hint="Nothing was restored. Take another backup.") from None
    if not same:
        msg = f"{path} is not what was written."
        raise StoreError(msg, hint="Nothing was restored. Take another backup.")
    if path.name == _STATE:
        _require_known(path)


def _require_known(path: Path) -> None:
    engine = open_engine(f"sqlite:///{path}")
    try:
        schema = schema_of(engine)
    finally:
        engine.dispose()
    if schema not in KNOWN:
        msg = f"The backup's schema is {schema}, newer than this keywatch."
        raise StoreError(msg, hint="Install the keywatch that made it, or a newer one.")


def _put_back(copy: Path, store: Store) -> None:
    segment, kind, _ = copy.name.split(".")
    with copy.open("rb") as source:
        _copied(source, store.files.draft(segment, kind))
    store.files.publish(segment, [kind])


def _copied(source: BinaryIO, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(target, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as write:
        shutil.copyfileobj(source, write, 1 << 20)
        write.flush()
        os.fsync(write.fileno())
    return target


def _written(target: Path, content: bytes) -> None:
    with os.fdopen(os.open(target, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as write:
        write.write(content)
        write.flush()
        os.fsync(write.fileno())


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

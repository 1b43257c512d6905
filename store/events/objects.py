"""Segments in an object store: a file is put whole, and read back by way of a folder of this machine.

Objects never change, so what was fetched once is good for ever; small ones are kept, of large ones only the parts that
a question needs are asked for.
"""

import io
import mmap
import os
import secrets
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

import duckdb
from fsspec.spec import AbstractFileSystem

from model.errors import ConfigError
from store.events.files import Stored, file_name, files_below

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SCHEME: Final = "segments"
"""What DuckDB asks us for."""
_WHOLE: Final = 8 << 20
"""Bytes of an object that is fetched whole."""
_BLOCK: Final = 1 << 20
"""Bytes that are asked for at least, of a larger one."""
_KEPT: Final = 2 << 30
"""Bytes of fetched objects that stay on this machine."""


class ObjectFiles:
    """Segments below a prefix of an object store."""

    def __init__(self, url: str, *, scratch: Path, options: Mapping[str, object], keep: int = _KEPT) -> None:
        """Nothing is connected yet. Raises ConfigError for a URL that no installed package opens."""
        self._fs, self._prefix = _file_system(url, options)
        self._url, self._scratch, self._keep = url.rstrip("/"), scratch, keep
        self._drafts, self._cache = scratch / "drafts", scratch / "fetched"
        for folder in (self._drafts, self._cache):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = threading.Lock()
        self._size = sum(size for _, size, _ in self._held())

    @property
    def scratch(self) -> Path:
        """The folder for drafts and fetched objects."""
        return self._scratch

    def name(self, segment: str, kind: str) -> str:
        """As `attach` lets DuckDB read it."""
        return f"{_SCHEME}://{file_name(segment, kind)}"

    def draft(self, segment: str, kind: str) -> Path:
        """On this machine."""
        path = self._drafts / f"{file_name(segment, kind)}.draft"
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return path

    def publish(self, segment: str, kinds: Sequence[str]) -> None:
        """Put each whole; the store makes an object visible when all of it has come."""
        for kind in kinds:
            draft, place = self.draft(segment, kind), self._place(segment, kind)
            with draft.open("rb+") as file:
                os.fsync(file.fileno())
            size = draft.stat().st_size
            with _told(place):
                self._fs.put_file(str(draft), place)
                arrived = self._fs.info(place)["size"]
            if arrived != size:
                msg = f"{place} has {arrived} bytes of {size}"
                raise OSError(msg)
            draft.unlink()
            # What was erased may lie here still; machines that fetched it before let it go as they do others.
            self._fetched(file_name(segment, kind)).unlink(missing_ok=True)

    def copy(self, segment: str, kind: str, into: str) -> int:
        """Inside the store."""
        source, place = self._place(segment, kind), self._place(into, kind)
        with _told(source):
            self._fs.cp_file(source, place)
            return int(self._fs.info(place)["size"])

    def remove(self, segment: str, kind: str) -> None:
        """Remove the object, and what was fetched of it."""
        with suppress(FileNotFoundError), _told(self._place(segment, kind)):
            self._fs.rm_file(self._place(segment, kind))
        self._fetched(file_name(segment, kind)).unlink(missing_ok=True)

    def exists(self, segment: str, kind: str) -> bool:
        """Ask the store."""
        with _told(self._place(segment, kind)):
            return bool(self._fs.exists(self._place(segment, kind)))

    def open(self, segment: str, kind: str) -> BinaryIO:
        """Its bytes, block by block."""
        return self.read(file_name(segment, kind))

    def stored(self) -> Iterator[Stored]:
        """All objects below the prefix, and the drafts of this machine."""
        with _told(self._url):
            self._fs.invalidate_cache()
            found = self._fs.find(self._prefix)
        for place in found:
            if place.endswith(".parquet"):
                yield Stored(place.rpartition("/")[2].partition(".")[0], place, is_draft=False)
        yield from files_below(self._drafts)

    def remove_stored(self, stored: Stored) -> None:
        """Remove one of them."""
        with suppress(FileNotFoundError):
            if stored.is_draft:
                Path(stored.place).unlink()
            else:
                with _told(stored.place):
                    self._fs.rm_file(stored.place)

    def attach(self, duck: duckdb.DuckDBPyConnection) -> None:
        """Let a connection read the objects."""
        duck.register_filesystem(_View(self))

    def read(self, name: str) -> BinaryIO:
        """An object by its `file_name`. Raises OSError."""
        kept = self._fetched(name)
        with suppress(FileNotFoundError):
            os.utime(kept)  # what was used last goes last
            return _mapped(kept)
        place, size = f"{self._prefix}/{name}", self.size(name)
        with _told(place):
            if size > _WHOLE:
                found: BinaryIO = self._fs.open(place, "rb", block_size=_BLOCK, size=size)
                return found
            data = self._fs.cat_file(place)
        self._keep_one(kept, data)
        return io.BytesIO(data)

    def size(self, name: str) -> int:
        """Bytes of an object. Raises OSError."""
        with suppress(FileNotFoundError):
            return self._fetched(name).stat().st_size
        with _told(name):
            return int(self._fs.info(f"{self._prefix}/{name}")["size"])

    def _keep_one(self, kept: Path, data: bytes) -> None:
        draft = kept.with_name(f"{secrets.token_hex(8)}.part")
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as file:
            file.write(data)
        draft.rename(kept)
        with self._lock:
            self._size += len(data)
            if self._size > self._keep:
                self._make_room(kept)

    def _make_room(self, kept: Path) -> None:
        """Let go the quarter that nobody has read for the longest time."""
        found = sorted(self._held())
        self._size = sum(size for _, size, _ in found)
        for _, size, path in found:
            if self._size <= self._keep * 3 // 4:
                return
            if path != kept:
                path.unlink(missing_ok=True)
                self._size -= size

    def _held(self) -> Iterator[tuple[float, int, Path]]:
        """When each fetched object was last read, its bytes, its place; other readers put and take meanwhile."""
        for path in self._cache.iterdir():
            with suppress(FileNotFoundError):
                stat = path.stat()
                yield stat.st_mtime, stat.st_size, path

    def _place(self, segment: str, kind: str) -> str:
        return f"{self._prefix}/{file_name(segment, kind)}"

    def _fetched(self, name: str) -> Path:
        return self._cache / name.replace("/", "-")


class _View(AbstractFileSystem):  # type: ignore[misc]  # fsspec has no types
    """What DuckDB sees: objects by their names, each of which is there."""

    protocol = _SCHEME
    cachable = False

    def __init__(self, files: ObjectFiles) -> None:
        super().__init__()
        self._files = files

    def _open(self, path: str, mode: str = "rb", **_options: Any) -> BinaryIO:  # noqa: ANN401 (as fsspec calls it)
        del mode
        return self._files.read(path)

    def size(self, path: str) -> int:
        """As the store says."""
        return self._files.size(str(path).removeprefix(f"{_SCHEME}://"))

    def modified(self, path: str) -> datetime:
        """Never."""
        del path
        return _EPOCH

    def glob(self, path: str, **_options: Any) -> list[str]:  # noqa: ANN401 (as fsspec calls it)
        """The manifest has said what there is."""
        return [str(path)]

    def exists(self, path: str, **_options: Any) -> bool:  # noqa: ANN401 (as fsspec calls it)
        """The manifest has said so."""
        del path
        return True


def _mapped(path: Path) -> BinaryIO:
    """A file's bytes; DuckDB leaves what it opened to the collector, and a mapping needs no closing."""
    with path.open("rb") as file:
        if not os.fstat(file.fileno()).st_size:
            return io.BytesIO()
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)  # type: ignore[return-value]  # it reads like one


@contextmanager
def _told(place: str) -> Iterator[None]:
    """Whatever a store's package raises becomes an OSError."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001 (each package has errors of its own)
        msg = f"{place}: {type(error).__name__}: {error}"
        raise OSError(msg) from None


def _file_system(url: str, options: Mapping[str, object]) -> tuple[Any, str]:
    import fsspec

    protocol = url.partition("://")[0]
    try:
        fs = fsspec.filesystem(protocol, use_listings_cache=False, skip_instance_cache=True, **options)
    except (ImportError, ValueError, TypeError) as error:
        msg = f"[store] events = {url} cannot be opened: {error}"
        raise ConfigError(
            msg, hint="Install the extra for it: keywatch[s3] for s3://, adlfs for az://, gcsfs for gs://."
        ) from None
    return fs, str(fs._strip_protocol(url)).rstrip("/")  # noqa: SLF001 (fsspec has no public name for it)

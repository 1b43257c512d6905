"""A block's bytes as a file that DuckDB's own readers can open: in memory, never on disk."""

import os
from types import TracebackType
from typing import Self


class BlockFile:
    """An anonymous file in memory; holds one block at a time. Close it, or use it as a context manager.

    Raises OSError when the system has none: then lines are taken apart one by one.
    """

    def __init__(self) -> None:
        if not hasattr(os, "memfd_create") or not os.path.isdir("/proc/self/fd"):  # noqa: PTH112 (no Path for one look)
            msg = "this system has no files in memory"
            raise OSError(msg)
        self._descriptor = os.memfd_create("block")

    @property
    def path(self) -> str:
        """The name under which this process opens it."""
        return f"/proc/self/fd/{self._descriptor}"

    def hold(self, data: bytes) -> None:
        """Put `data` in the place of what was held."""
        # Over what was there: to give pages back and take them anew costs the system 0.2 µs a line.
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        left = memoryview(data)
        while left:
            left = left[os.write(self._descriptor, left) :]
        os.ftruncate(self._descriptor, len(data))

    def read(self, at: int, size: int) -> bytes:
        """Bytes of what is held."""
        return os.pread(self._descriptor, size, at)

    def close(self) -> None:
        """Give the memory back."""
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

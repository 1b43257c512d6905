"""`jsonl:PATH`: each alert is one JSON line at the end of a file, on disk before the delivery counts as sent."""

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path

from alerts.channels.interface import SendError
from alerts.payload import complete
from model.incident import Alert

_PERMANENT = frozenset({errno.EISDIR, errno.ENOTDIR, errno.ELOOP, errno.ENXIO})


class FileChannel:
    """A file that alerts are appended to; made readable by its owner only."""

    def __init__(self, url: str, *, document: Callable[[Alert, str], object] = complete) -> None:
        """Open nothing yet; `url` is `jsonl:PATH` or `jsonl:///PATH`. Raises SendError without a path."""
        self._document = document
        path = url.removeprefix("jsonl:")
        path = path.removeprefix("//") if path.startswith("///") else path
        if not path or path.startswith("//"):
            what = f"The target {url!r} names no file on this machine."
            raise SendError(
                what, error_class="bad_request", hint="Write jsonl:alerts.jsonl or jsonl:/var/log/alerts.jsonl."
            )
        self._path = Path(path)

    def send(self, alert: Alert, idempotency_key: str) -> None:
        """Append the document (`keywatch.alert/1`) as one line; raises SendError when it is not safely on disk."""
        line = json.dumps(self._document(alert, idempotency_key), separators=(",", ":")).encode() + b"\n"
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._append(line)
        except OSError as error:
            what = f"The file {self._path} cannot be written: {error.strerror or error}."
            permanent = error.errno in _PERMANENT
            raise SendError(what, error_class="bad_request" if permanent else "unknown", permanent=permanent) from None

    def _append(self, line: bytes) -> None:
        # Not through a link: whoever may write to the folder could lead alerts into a file of ours.
        descriptor = os.open(self._path, os.O_APPEND | os.O_CREAT | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            if os.write(descriptor, line) != len(line):
                os.ftruncate(descriptor, size)  # half a line would spoil the next one
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

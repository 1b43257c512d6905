"""A draft: a report's files are written beside the final folder first, so that nobody ever sees half a report."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from model.errors import ReportError
from reports.lines import Digester
from reports.parts import Part, Written


class Draft:
    """Files on their way; readable by their owner only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.written: dict[str, Written] = {}
        """By name, in the order in which they were added."""
        self.lines: dict[str, bytes] = {}
        """The digests of their lines."""

    def add(self, part: Part) -> Written:
        """Write a file, piece by piece."""
        whole, lines, size = hashlib.sha256(), Digester(part.name), 0
        path = self._folder / part.name
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            for piece in part.pieces:
                file.write(piece)
                whole.update(piece)
                lines.add(piece)
                size += len(piece)
            file.flush()
            os.fsync(file.fileno())
        written = Written(name=part.name, sha256=whole.hexdigest(), bytes=size, rows=part.rows)
        self.lines[part.name] = lines.end()
        self.written[part.name] = written
        return written


@contextmanager
def drafting(folder: Path) -> Iterator[Draft]:
    """A draft that becomes `folder`, or joins the files there, when all of it is written.

    Files of the same name are replaced in the order in which they were added, others stay. Raises ReportError when the
    folder cannot be written.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        inside = folder.is_dir() and any(folder.iterdir())
        # A sibling of where the files go, so that renaming moves no bytes.
        with tempfile.TemporaryDirectory(dir=folder if inside else folder.parent, prefix=".keywatch-report-") as made:
            place = Path(made) / "files"
            place.mkdir(mode=0o700)
            draft = Draft(place)
            yield draft
            if inside:
                for name in draft.written:
                    (place / name).replace(folder / name)
            else:
                place.replace(folder)
            _settle(folder)
    except OSError as error:
        msg = f"The report cannot be written to {folder}: {error.strerror or error}."
        raise ReportError(msg, hint="Name a folder that you may write to with -o.") from error


def _settle(folder: Path) -> None:
    """The folder's own entry is on the disk before anybody is told of it."""
    for one in (folder, folder.parent):
        descriptor = os.open(one, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

"""The share of all that is to be read, from the share of each file: weighed by the bytes that are new in it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from keywatch.collecting.ingested import Progress


@dataclass(slots=True)
class Meter:
    """Takes the place of a Progress, and tells it the share of the whole."""

    tell: Progress
    base: float = 0.0
    """Share of the whole that lies before these files."""
    span: float = 1.0
    """Share of the whole that these files are."""
    _files: dict[str, tuple[int, float]] = field(default_factory=dict)
    _done: float = 0.0
    _current: str = ""

    def begin(self, files: Iterable[tuple[str, int, float]], *, part: int = 0, parts: int = 1) -> None:
        """The files that come now, as part `part` of `parts`: path, bytes, and the share that was read before."""
        self._files = {str(Path(path)): (size, read) for path, size, read in files}
        self._done, self._current = 0.0, ""
        self.base, self.span = part / parts, 1 / parts

    def __call__(self, path: Path, share: float, lines: int) -> None:
        """Tell how far the whole has come."""
        name = str(path)
        if name != self._current:
            self._done += self._new(self._current)
            self._current = name
        total = sum(self._new(one) for one in self._files)
        _, read = self._files.get(name, (0, 0.0))
        within = self._new(name) * max(0.0, (share - read) / (1 - read) if read < 1 else 1.0)
        whole = (self._done + within) / total if total else share
        self.tell(path, self.base + self.span * min(1.0, whole), lines)

    def _new(self, name: str) -> float:
        size, read = self._files.get(name, (0, 0.0))
        return size * (1 - read)

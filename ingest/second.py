"""The second format of lines: in a file where two alternate, each line is read in its own.

nginx writes combined lines until somebody changes its log_format; two servers write into one file; a container's output
is its access log and something else.
"""

from collections.abc import Sequence
from typing import Final

from ingest.formats.interface import Format, Options, Plan
from ingest.formats.registry import other
from model.errors import FormatError

_FEW: Final = 0.01
"""Where so few lines cannot be read they are asked about once: they are broken ones, as a rule."""
_SHORT: Final = 40
"""Characters in which a time, a method, a path and a status have no room."""


def _is_broken(line: str) -> bool:
    line = line.strip()
    return len(line) < _SHORT or (line.startswith("{") and not line.endswith("}"))


class Seconds:
    """Finds second formats; what it learned of one block serves the next."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._known: Format | None = None
        self._asked = False

    def plan(self, besides: str, sample: Sequence[str], share: float) -> Plan | None:
        """The plan for lines that the format `besides` cannot read; `share` is how many of all they are."""
        if self._asked and self._known is None and share < _FEW:
            return None
        if 2 * sum(map(_is_broken, sample)) > len(sample):
            return None
        self._asked = True
        fmt = self._known
        if fmt is None or fmt.name == besides or fmt.confidence(sample, self._options) <= _FEW:
            fmt = self._known = other(sample, self._options, besides=besides)
        try:
            return None if fmt is None else fmt.plan(sample, self._options)
        except FormatError:
            return None  # it is none that these options fit

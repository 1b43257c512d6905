"""Asks every format about nasty lines, alone and among good ones: it must end, whatever the patterns are."""

import sys
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parent))

import nasty
from fuzz import options_of

from ingest.formats.registry import FORMATS
from model.errors import FormatError

_WORST: Final = (" ", '"', "\\", "a", "- ")
_ENDS: Final = 18
"""So many of a line's long variants are its beginnings with an endless end."""


def main(every: int) -> None:
    """Every so-many-th of the nasty lines, the worst runs behind all beginnings, and each format's own long lines."""
    worst = [(begin + piece * nasty.LONGEST)[: nasty.LONGEST] for begin in nasty.BEGINS for piece in _WORST]
    lines = [*worst, *list(nasty.every())[::every]]
    for line in lines:
        for fmt in FORMATS.values():
            fmt.confidence([line], options_of(fmt.name))
    for name, own in nasty.samples().items():
        fmt, options = FORMATS[name], options_of(name)
        long = list(nasty.stretched(own[0]))
        for line in [*long[-_ENDS:], *long[:: max(1, every // 10)]]:
            sample = [own[0], line, own[-1]]
            fmt.confidence(sample, options)
            try:
                fmt.plan(sample, options)
            except FormatError:
                continue


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 1)

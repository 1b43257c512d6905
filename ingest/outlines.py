"""Outlines of paths: a number, a UUID or a hash stands for any other, so that few texts need be looked at.

Of a block's 25,000 paths some dozen outlines are left, and those of the next block are the same. To look at each path
for secrets and identifiers takes 1.3 µs, to draw its outline 0.2.

An outline stands for its paths: whatever `redact` and `route_sql` find does not depend on what is left out. Such a
segment is an identifier whatever its digits, and no secret: it has no capital letters, no run of 28 characters, and no
family of tokens begins with hexadecimal digits alone. Two families are told by what stands between slashes: `1//0`,
wherefore paths with empty segments are looked at themselves, and a company's own prefixes.
"""

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from model.coded import Coded, encoded

_SEGMENT: Final = "(?:[0-9]{1,18}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{16,27})"
_STAND_IN: Final = "/1"
_EMPTY: Final = "//"
_TELLING = re.compile("[^/]*[^0-9a-f/-][^/]*")
"""A prefix that no such segment can hold, or be a part of."""


def outlined(paths: pa.Array, prefixes: Sequence[str]) -> Coded:
    """The outlines of distinct paths, a column over them; each path is its own with a prefix of hexadecimal digits."""
    if not all(_TELLING.fullmatch(prefix) for prefix in prefixes):
        return Coded(np.arange(len(paths), dtype=np.int32), paths)
    # The last segment first: a search that ends at the end is cheap, and few texts are left for the others.
    last = encoded(pa.chunked_array([pc.replace_substring_regex(paths, f"/{_SEGMENT}$", _STAND_IN)]))
    inner = pc.replace_substring_regex(last.values, f"/{_SEGMENT}/", f"{_STAND_IN}/")
    return last.within(encoded(pa.chunked_array([inner])))


def stands(outline: str) -> bool:
    """Whether it stands for its paths."""
    return _EMPTY not in outline

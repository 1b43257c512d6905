"""Some lines of a block are the same as all of them say, however they lie in it."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import lines
from ingest.framing.interface import Records


@given(
    texts=st.lists(st.text("abé", max_size=9), min_size=1, max_size=30),
    chosen=st.sets(st.integers(0, 29)),
    step=st.integers(1, 40),
    open_end=st.booleans(),
    wrapped=st.booleans(),
)
def test_some_rows_are_those_of_the_whole_table(
    texts: Sequence[str],
    chosen: set[int],
    step: int,
    open_end: bool,  # noqa: FBT001 (drawn by hypothesis)
    wrapped: bool,  # noqa: FBT001
) -> None:
    data = "\n".join(texts).encode() + (b"" if open_end and texts[-1] else b"\n")
    places = np.array(sorted(at for at in chosen if at < len(texts)), dtype=np.int64)
    numbers = np.arange(len(texts), dtype=np.int32) * 3 + 1 if wrapped else None
    records = Records(data, numbers=numbers, envelopes=[str(at) for at in range(len(texts))] if wrapped else None)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "_STEP", step)
        some = lines.rows_of(records, places).to_pylist()

    assert [row for at, row in enumerate(lines.table(records).to_pylist()) if at in chosen] == some

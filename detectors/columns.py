"""Columns of frames: 24 hours as one, and texts that are looked for among many."""

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from detectors.frames import HOURS, PACKED


def packed(values: "np.ndarray[Any, Any]") -> "pd.Series[Any]":
    """An array of rows by 24 hours as a column of the kind `hours`."""
    flat = pa.array(np.ascontiguousarray(values, dtype=np.float32).reshape(-1))
    return pd.Series(pa.FixedSizeListArray.from_arrays(flat, HOURS), dtype=PACKED)


def unpacked(lists: "pd.Series[Any]") -> "np.ndarray[tuple[Any, ...], np.dtype[Any]]":
    """A column of the kind `hours` as an array of rows by 24 hours."""
    flat = pa.chunked_array(pa.array(lists.array)).combine_chunks()
    return np.asarray(flat.flatten()).reshape(-1, HOURS)


def among(column: "pd.Series[Any]", values: Collection[str]) -> "pd.Series[bool]":
    """Whether each text of a column is one of `values`; a missing one is not.

    As `isin`, which takes 43 ms to look through ten thousand values one by one.
    """
    wanted = pa.array(list(values), type=pa.large_string())
    found = pc.is_in(pa.array(column, type=pa.large_string(), from_pandas=True), value_set=wanted)
    return pd.Series(np.asarray(found), index=column.index, dtype=bool)

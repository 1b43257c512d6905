"""Arrow arrays from their buffers.

`pyarrow.array` and `pyarrow.scalar` import pandas to look at what they are given, for 0.35 s and 45 MB; so does a
function of `pyarrow.compute` that is given a Python value, and `to_numpy`.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa


def strings(texts: Sequence[str | None]) -> pa.LargeStringArray:
    """An array of texts and nulls."""
    held = [text or "" for text in texts]
    whole = "".join(held)
    # Nearly always; to encode each text takes three times as long.
    plain = whole.isascii()
    octets: Sequence[str] | Sequence[bytes] = held if plain else [text.encode("utf-8", "replace") for text in held]
    offsets = np.zeros(len(held) + 1, dtype=np.int64)
    np.cumsum(np.fromiter(map(len, octets), dtype=np.int64, count=len(held)), out=offsets[1:])
    data = whole.encode("utf-8", "replace")
    present = None
    if None in texts:
        there = np.fromiter((text is not None for text in texts), dtype=np.bool_, count=len(held))
        present = pa.py_buffer(np.packbits(there, bitorder="little").tobytes())
    return pa.LargeStringArray.from_buffers(len(held), pa.py_buffer(offsets), pa.py_buffer(data), present, -1)


def integer(number: int) -> pa.Int32Scalar:
    """A 32-bit number."""
    return integers(np.array([number], dtype=np.int32))[0]


def integers(numbers: np.ndarray[tuple[int], np.dtype[np.int32]]) -> pa.Int32Array:
    """An array of 32-bit numbers."""
    return pa.Array.from_buffers(pa.int32(), len(numbers), [None, pa.py_buffer(np.ascontiguousarray(numbers))])


def booleans(mask: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> pa.BooleanArray:
    """An array of truths."""
    packed = np.packbits(mask, bitorder="little").tobytes()
    return pa.Array.from_buffers(pa.bool_(), len(mask), [None, pa.py_buffer(packed)])


def truths(array: pa.BooleanArray | pa.ChunkedArray) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """The truths of an array without nulls."""
    if not len(array):
        return np.zeros(0, dtype=np.bool_)
    whole = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    bits = np.frombuffer(whole.buffers()[1], dtype=np.uint8)
    return np.unpackbits(bits, count=whole.offset + len(whole), bitorder="little")[whole.offset :].view(np.bool_)

"""Columns whose values repeat: a code for each row and each value once, as Arrow's and Parquet's dictionaries have it.

What is done to a column (redaction, fingerprints, networks) is done to its values; the rows only take other codes, for
0.005 µs each, where a join by text costs 0.1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from model.arrow import booleans, integer, strings

Codes = np.ndarray[tuple[int], np.dtype[np.int32]]
Mask = np.ndarray[tuple[int], np.dtype[np.bool_]]

NO_CODE: Final = integer(-1)


@dataclass(frozen=True, slots=True)
class Coded:
    """A column of texts."""

    codes: Codes
    """The place of each row's value; -1 for null."""
    values: pa.Array
    """Texts, none of them twice and none null."""

    def __len__(self) -> int:
        return len(self.codes)

    def texts(self) -> list[str]:
        """The values."""
        return list(self.values.to_pylist())

    def has(self, text: str) -> Mask:
        """The rows that have this value."""
        return np.isin(self.codes, [code for code, each in enumerate(self.texts()) if each == text])

    def mapped(self, found: Sequence[str | None]) -> "Coded":
        """The column with another text, or null, in the place of each value; several may become one."""
        return of_texts(self.codes, found)

    def within(self, inner: "Coded") -> "Coded":
        """The same where `inner` is a column over the values: this column's rows take theirs from it."""
        return Coded(looked_up(inner.codes, self.codes), inner.values)

    def among(self, kept: Mask) -> "Coded":
        """The rows of the mask, and the values that they have."""
        codes = self.codes[kept]
        used = np.zeros(len(self.values) + 1, dtype=np.bool_)
        used[codes] = True
        used = used[:-1]
        if used.all():
            return Coded(codes, self.values)
        places = np.where(used, np.cumsum(used, dtype=np.int32) - 1, -1).astype(np.int32)
        return Coded(looked_up(places, codes), self.values.filter(booleans(used)))

    def arrow(self) -> pa.DictionaryArray:
        """The column as Arrow has it."""
        null = self.codes < 0
        present = pa.py_buffer(np.packbits(~null, bitorder="little").tobytes()) if null.any() else None
        codes = pa.Array.from_buffers(pa.int32(), len(self.codes), [present, pa.py_buffer(self.codes)])
        return pa.DictionaryArray.from_arrays(codes, self.values, safe=False)


def encoded(column: pa.ChunkedArray) -> Coded:
    """A column that is coded now; its values are texts, or numbers."""
    if not len(column):
        return Coded(np.zeros(0, dtype=np.int32), strings([]))
    found = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    whole = found.unify_dictionaries().combine_chunks()
    codes = whole.indices.cast(pa.int32()) if whole.indices.type != pa.int32() else whole.indices
    return Coded(numbers(codes.fill_null(NO_CODE)), whole.dictionary)


def of_texts(codes: Codes, texts: Sequence[str | None]) -> Coded:
    """A column by codes into texts that may be null or stand there twice."""
    distinct = list(dict.fromkeys(texts))
    if None not in distinct:
        if len(distinct) == len(texts):
            return Coded(codes, strings(distinct))
    else:
        distinct.remove(None)
    places = dict(zip(distinct, range(len(distinct)), strict=True))
    own = np.fromiter(map(places.get, texts, repeat(-1)), dtype=np.int32, count=len(texts))
    return Coded(looked_up(own, codes), strings(distinct))


def constant(text: str | None, rows: int) -> Coded:
    """The same text, or null, in every row."""
    return of_texts(np.zeros(rows, dtype=np.int32), [text])


def first(*columns: Coded | None) -> Coded | None:
    """In each row the first of the columns that has a text; None when there is no column."""
    there = [column for column in columns if column is not None]
    if len(there) < 2:  # noqa: PLR2004 (two make a choice)
        return there[0] if there else None
    codes, texts = there[0].codes, there[0].texts()
    for column in there[1:]:
        codes = np.where(codes < 0, np.where(column.codes < 0, -1, column.codes + len(texts)), codes).astype(np.int32)
        texts += column.texts()
    return of_texts(codes, texts)


def paired(one: Coded, other: Coded) -> tuple[Codes, Codes, Codes]:
    """The distinct pairs of two columns' codes, as two arrays, and the place of each row's pair in them."""
    wide = np.int64(len(other.values) + 1)
    both = (one.codes.astype(np.int64) + 1) * wide + (other.codes + 1)
    found = pa.Array.from_buffers(pa.int64(), len(both), [None, pa.py_buffer(both)]).dictionary_encode()
    pairs = np.frombuffer(found.dictionary.buffers()[1], dtype=np.int64)[: len(found.dictionary)]
    return (
        numbers(found.indices),
        (pairs // wide - 1).astype(np.int32),
        (pairs % wide - 1).astype(np.int32),
    )


def looked_up(table: Codes, codes: Codes) -> Codes:
    """The table's entry for each code; -1 stays."""
    return np.append(table, np.int32(-1))[codes].astype(np.int32, copy=False)


def wide(column: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """A column of moments or whole numbers without nulls, as numbers. Arrow's own way would load pandas."""
    array = column.combine_chunks().cast(pa.int64())
    held = np.frombuffer(array.buffers()[1], dtype=np.int64) if len(array) else np.zeros(0, dtype=np.int64)
    return held[array.offset : array.offset + len(array)]


def numbers(array: pa.Int32Array) -> Codes:
    """An array without nulls, not copied."""
    held = np.frombuffer(array.buffers()[1], dtype=np.int32) if len(array) else np.zeros(0, dtype=np.int32)
    return held[array.offset : array.offset + len(array)]

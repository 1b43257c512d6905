"""Tables of the same columns to one, whose texts are one dictionary each."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from model.coded import Coded, encoded, looked_up, numbers


def together(tables: Sequence[pa.Table]) -> pa.Table:
    """The rows of all tables, in their order. A column that is a dictionary in one of them is one in the whole."""
    if len(tables) == 1:
        return tables[0]
    return pa.table({name: _joined([table[name] for table in tables]) for name in tables[0].column_names})


def _joined(parts: Sequence[pa.ChunkedArray]) -> pa.DictionaryArray | pa.ChunkedArray:
    if any(pa.types.is_dictionary(part.type) for part in parts):
        return _chained([encoded(part) for part in parts]).arrow()
    return pa.chunked_array([chunk for part in parts for chunk in part.cast(parts[0].type).chunks], type=parts[0].type)


def _chained(parts: Sequence[Coded]) -> Coded:
    """The rows of all parts: only their values are looked at."""
    found = pa.concat_arrays([part.values.cast(pa.large_string()) for part in parts]).dictionary_encode()
    places, begin = numbers(found.indices), np.cumsum([0, *(len(part.values) for part in parts)])
    codes = [looked_up(places[at : at + len(part.values)], part.codes) for at, part in zip(begin, parts, strict=False)]
    return Coded(np.concatenate(codes), found.dictionary)

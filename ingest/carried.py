"""Rows that carry their own secret in another of their texts: it is taken out there, and where it stood is flagged.

No family of tokens need know such a secret. Looking for one text in another takes DuckDB 0.03 µs a row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa

from ingest.redact import MARK
from ingest.secrets import SHORT, Credentials
from model.arrow import integers, strings
from model.coded import Coded, Codes, Mask

CLEANED: Final = ("path", "user_agent", "host")
"""The texts that a secret is taken out of."""
_ROUNDS: Final = 8
"""Own secrets of one request that are taken out, one after another."""


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of a block's rows, beside their credentials."""

    rows: pa.Table
    good: Mask
    """Which rows become events; what is found is told of these, by their place among them."""
    held: Credentials


def in_url(duck: duckdb.DuckDBPyConnection, texts: Texts, column: str) -> Mask | None:
    """The events whose secret stands in `column` (target or referer), as it is or with percent escapes."""
    secret = texts.held.secret
    if secret is None or column not in texts.rows.column_names:
        return None
    if texts.rows[column].null_count == len(texts.rows):
        return None
    bares = [(code, each.bare[0]) for code, each in enumerate(texts.held.of_secret) if each.bare]
    if not bares:
        return None
    decoded = f"contains({column}, '%') AND contains(TRY(url_decode({column})), bare)"
    found = _places(duck, texts, secret, bares, f"contains({column}, bare) OR ({decoded})", column)
    mask = np.zeros(len(secret), dtype=np.bool_)
    mask[found] = True
    return mask


def holders(duck: duckdb.DuckDBPyConnection, texts: Texts) -> list[int]:
    """The places of the events that hold one of their secrets in a text of CLEANED."""
    there = [name for name in CLEANED if name in texts.rows.column_names]
    condition = " OR ".join(f"contains({name}, bare)" for name in there)
    held = texts.held
    found: set[int] = set()
    of_secret, of_also = ([each.bare for each in of] for of in (held.of_secret, held.of_also))
    for column, parts in ((held.secret, of_secret), (held.also, of_also)):
        bares = [(code, bare) for code, some in enumerate(parts) for bare in some if len(bare) >= SHORT]
        if column is not None and there and bares:
            found.update(_places(duck, texts, column, bares, condition, *there).tolist())
    return sorted(found)


def taken_out(columns: dict[str, Coded], places: Sequence[int], held: Credentials) -> dict[str, Coded]:
    """The columns of CLEANED with the rows' own secrets replaced in them, the longest first."""
    names = [name for name in CLEANED if name in columns]
    texts = {name: columns[name].texts() for name in names}
    codes = {name: columns[name].codes.copy() for name in names}
    known = {name: {text: code for code, text in enumerate(texts[name])} for name in names}
    for place in places:
        row = [texts[name][codes[name][place]] if codes[name][place] >= 0 else None for name in names]
        for name, text in zip(names, _cleaned(row, held.bares(place)), strict=True):
            if text is not None:
                code = known[name].setdefault(text, len(texts[name]))
                if code == len(texts[name]):
                    texts[name].append(text)
                codes[name][place] = code
    # Without the texts that no row has any more: Parquet would keep them in its dictionary.
    every = np.ones(len(columns[names[0]]), dtype=np.bool_) if names else np.ones(0, dtype=np.bool_)
    return columns | {name: Coded(codes[name], strings(texts[name])).among(every) for name in names}


def _cleaned(row: Sequence[str | None], bares: Sequence[str]) -> Sequence[str | None]:
    for _ in range(_ROUNDS):
        inside = [bare for bare in bares if any(text is not None and bare in text for text in row)]
        if not inside:
            break
        longest = max(inside, key=len)
        row = [text if text is None else text.replace(longest, MARK) for text in row]
    return row


def _places(
    duck: duckdb.DuckDBPyConnection,
    texts: Texts,
    column: Coded,
    bares: Sequence[tuple[int, str]],
    condition: str,
    *names: str,
) -> Codes:
    """The events for which the condition holds with one of the bare secrets of their code."""
    codes = np.full(len(texts.good), -1, dtype=np.int32)
    codes[texts.good] = column.codes
    place = np.cumsum(texts.good, dtype=np.int32) - 1
    looked = texts.rows.select(list(names)).append_column("code", integers(codes))
    duck.register("looked", looked.append_column("place", integers(place)))
    keys = integers(np.array([code for code, _ in bares], dtype=np.int32))
    duck.register("bares", pa.table([keys, strings([bare for _, bare in bares])], names=["code", "bare"]))
    asked = f"SELECT DISTINCT place FROM looked JOIN bares USING (code) WHERE {condition}"
    found = duck.execute(asked).fetchnumpy()["place"]
    for name in ("looked", "bares"):
        duck.unregister(name)
    return np.asarray(found, dtype=np.int32)

"""Rows that carry their own secret in another of their texts: it is taken out there, and where it stood is flagged.

No family of tokens need know such a secret. Looking for one text in another takes DuckDB 0.03 µs a row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingest.redact import MARK
from ingest.secrets import SHORT, Credentials
from model.arrow import integers, strings
from model.coded import Coded, Mask, of_texts

CLEANED: Final = ("path", "user_agent", "host")
"""The texts that a secret is taken out of."""
URLS: Final = {"target": ("path", "target"), "referer": ("referer",)}
"""Where a secret is flagged, and the texts that are looked at: a target is there only where it is not the path."""
_ROUNDS: Final = 8
"""Own secrets of one request that are taken out, one after another."""


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of a block's rows, beside their credentials."""

    rows: pa.Table
    good: Mask
    """Which rows become events; what is found is told of these, by their place among them."""
    held: Credentials


@dataclass(frozen=True, slots=True)
class Found:
    """The events that hold a secret of their own, by their places."""

    holders: Sequence[int]
    """In a text of CLEANED; in order."""
    in_target: Mask | None
    in_referer: Mask | None
    """Their key's secret, as it is or with percent escapes; None where the lines have no such text, or no secret."""


def look_up(duck: duckdb.DuckDBPyConnection, texts: Texts) -> Found:
    """Look for the secrets of all rows in their other texts."""
    held, places = texts.held, set[int]()
    urls = {name: np.zeros(int(texts.good.sum()), dtype=np.bool_) for name in URLS if name in texts.rows.column_names}
    of_secret, of_also = ([each.bare for each in of] for of in (held.of_secret, held.of_also))
    for column, parts in ((held.secret, of_secret), (held.also, of_also)):
        if column is None:
            continue
        for place in range(max(map(len, parts), default=0)):
            bares = [some[place] if len(some) > place else None for some in parts]
            asked = urls if column is held.secret and not place else {}
            found = _holding(duck, texts, column, bares, tuple(asked))
            places.update(found["place"][found["holds"]].tolist())
            for name, mask in asked.items():
                mask[found["place"][found[name]]] = True
    if held.secret is None or not any(of_secret):
        urls = {}
    return Found(sorted(places), *(urls.get(name) for name in URLS))


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


def _holding(
    duck: duckdb.DuckDBPyConnection,
    texts: Texts,
    column: Coded,
    bares: Sequence[str | None],
    urls: Sequence[str],
) -> Mapping[str, npt.NDArray[Any]]:
    """The events with one of the bare secrets of their codes in a text: `place`, `holds`, and one truth for each URL.

    The secret stands beside each row as a dictionary's value: a join by code would take twice as long.
    """
    codes = np.full(len(texts.good), -1, dtype=np.int32)
    codes[texts.good] = column.codes
    place = np.cumsum(texts.good, dtype=np.int32) - 1
    there = [name for name in CLEANED if name in texts.rows.column_names]
    names = dict.fromkeys((*there, *(text for url in urls for text in URLS[url])))
    looked = texts.rows.select([name for name in names if name in texts.rows.column_names])
    looked = looked.append_column("place", integers(place))
    duck.register("looked", looked.append_column("bare", of_texts(codes, bares).arrow()))
    plain = {name: f"contains({name}, bare)" for name in names}
    escaped = {name: f"contains({name}, '%') AND contains(TRY(url_decode({name})), bare)" for name in names}
    inside = " OR ".join(plain[name] for name in there) or "false"
    told = {"holds": f"strlen(bare) >= {SHORT} AND ({inside})"} | {
        url: " OR ".join(f"{plain[name]} OR {escaped[name]}" for name in URLS[url]) for url in urls
    }
    shown = ", ".join(f"coalesce({condition}, false) AS {name}" for name, condition in told.items())
    # Each text is looked at once; what the few rows that this leaves hold is asked of them alone.
    wanted = " OR ".join((*plain.values(), *(escaped[name] for url in urls for name in URLS[url]))) or "false"
    try:
        found = duck.execute(f"SELECT place, {shown} FROM looked WHERE bare IS NOT NULL AND ({wanted})").fetchnumpy()
        return {name: np.asarray(values) for name, values in found.items()}
    finally:
        duck.unregister("looked")

"""Redaction of many texts in RE2: a look at all, the steps for the few that need them."""

from collections.abc import Sequence

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from ingest.redact import issued_sql, look, quoted, redact_sql
from model.arrow import strings

LOOKED_AT = 4000
"""Characters of a text in which secrets are looked for; what stands behind them is not kept."""


def cut(texts: pa.Array, longest: int) -> pa.Array:
    """The first characters of each text."""
    most = pc.max(pc.binary_length(texts)).as_py() or 0
    return texts if most <= longest else pc.utf8_slice_codeunits(texts, 0, longest)


def cleaned(
    duck: duckdb.DuckDBPyConnection, texts: pa.Array, prefixes: Sequence[str], *, issued_only: bool = False
) -> pa.Array:
    """The texts, at most LOOKED_AT characters of each, redacted; `issued_only`: only those with a token of a family."""
    texts = cut(texts, LOOKED_AT)
    looked = f"regexp_matches(t, {quoted(look(prefixes))})"
    if issued_only:
        looked += f" AND {issued_sql('t', prefixes)}"
    asked = pa.table([texts], names=["t"])
    # What a look finds is few, so the steps, which are large, are seldom put into a statement at all.
    found = _run(duck, asked, f"SELECT {looked} AS it FROM asked")["it"].combine_chunks()
    if not pc.any(found).as_py():
        return texts
    steps = _run(duck, asked.filter(found), f"SELECT {redact_sql('t', prefixes)} AS t FROM asked")["t"]
    return pc.replace_with_mask(texts, found, steps.combine_chunks().cast(texts.type))


def cleaned_texts(duck: duckdb.DuckDBPyConnection, texts: Sequence[str], prefixes: Sequence[str]) -> list[str]:
    """The same of a list."""
    return list(cleaned(duck, strings(texts), prefixes).to_pylist()) if texts else []


def _run(duck: duckdb.DuckDBPyConnection, asked: pa.Table, query: str) -> pa.Table:
    duck.register("asked", asked)
    try:
        return duck.sql(query).to_arrow_table()
    finally:
        duck.unregister("asked")

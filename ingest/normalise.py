"""Rows to events: each repeating column's values become what is stored of them, and the columns stand side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa

from ingest import distinct
from ingest.carried import CLEANED, Found, Texts, look_up, taken_out
from ingest.formats.sql import outcome_of_status
from ingest.paths import capped, paths
from ingest.rows import TEXTS
from ingest.secrets import credentials, flags
from ingest.strays import adopted, in_referers
from ingest.treatment import Treatment
from model.arrow import booleans, integers
from model.coded import Coded, Codes, Mask, constant, encoded, first, of_texts
from model.event import EVENT_COLUMNS, Flag, Outcome

_ARROW: Final = {
    "TIMESTAMP WITH TIME ZONE": pa.timestamp("us", "UTC"),
    "VARCHAR": pa.string(),
    "SMALLINT": pa.int16(),
    "INTEGER": pa.int32(),
    "BIGINT": pa.int64(),
    "DOUBLE": pa.float64(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """The rows of a block, as `rows_sql` gives them."""

    rows: pa.Table
    good: Mask
    """Which of them become events."""
    line: Codes
    """The number of each row's line, from 1."""
    path_is_name: bool
    """Whether the path is the name of an operation."""


def events(duck: duckdb.DuckDBPyConnection, block: Block, treatment: Treatment) -> pa.Table:
    """The events: EVENT_COLUMNS without `batch`; texts that repeat are dictionaries."""
    raw = {name: encoded(block.rows[name]).among(block.good) for name in _coded(block)}
    if not block.path_is_name:
        raw = adopted(block.rows, block.good, raw, treatment)
    held = credentials(raw.get("secret"), raw.get("key_id"), raw.get("also"), treatment)
    texts = Texts(block.rows, block.good, held)
    found = look_up(duck, texts)
    if found.holders:
        raw |= taken_out({name: raw[name] for name in CLEANED if name in raw}, found.holders, held)
    marks = first(_flags(texts, found), in_referers(block.rows, block.good, raw, treatment))
    # The texts are coded now, and are a third of what a block takes.
    block = replace(block, rows=block.rows.drop_columns(_texts(block)))
    del texts
    made = _looked_at(duck, raw, treatment) | {name: held.key(name) for name in ("key_ref", "key_hint")}
    made["outcome"] = raw.get("outcome") or _outcomes(duck, block, treatment)
    if "path" in raw:
        made |= _routed(duck, raw, made, block, treatment)
    made["flags"] = marks
    made["source"] = constant(treatment.source, int(block.good.sum()))
    return _table(block, made)


def _coded(block: Block) -> list[str]:
    return [name for name in (*TEXTS, "path") if name in block.rows.column_names]


def _texts(block: Block) -> list[str]:
    return [name for name in (*_coded(block), "target", "referer") if name in block.rows.column_names]


def _looked_at(
    duck: duckdb.DuckDBPyConnection, raw: Mapping[str, Coded], treatment: Treatment
) -> dict[str, Coded | None]:
    """Addresses, user agents, methods, hosts; what the log itself says of country and operator comes first."""
    made: dict[str, Coded | None] = {name: raw.get(name) for name in ("country", "asn")}
    if "address" in raw:
        found = distinct.addresses(raw["address"], treatment)
        made |= {"ip": found.ip, "network": found.network}
        made |= {"country": first(made["country"], found.country), "asn": first(made["asn"], found.asn)}
    if "user_agent" in raw:
        made["user_agent"], made["client"] = distinct.agents(duck, raw["user_agent"], treatment)
    if "method" in raw:
        made["method"] = distinct.methods(duck, raw["method"], treatment)
    if "host" in raw:
        made["host"] = distinct.hosts(duck, raw["host"], treatment)
    return made


def _outcomes(duck: duckdb.DuckDBPyConnection, block: Block, treatment: Treatment) -> Coded:
    """The outcomes by status alone."""
    rows = int(block.good.sum())
    if "status" not in block.rows.column_names:
        return constant(Outcome.UNKNOWN, rows)
    status = encoded(block.rows["status"]).among(block.good)
    told = treatment.memory.outcomes.of([*map(str, status.values.to_pylist()), "NULL"], partial(_told, duck))
    return of_texts(np.where(status.codes < 0, len(told) - 1, status.codes), told)


def _told(duck: duckdb.DuckDBPyConnection, statuses: Sequence[str]) -> list[str]:
    listed = ", ".join(f"({status})" for status in statuses)
    asked = f"SELECT {outcome_of_status('CAST(s AS SMALLINT)')} FROM (VALUES {listed}) t(s)"
    return [row[0] for row in duck.execute(asked).fetchall()]


def _routed(
    duck: duckdb.DuckDBPyConnection,
    raw: Mapping[str, Coded],
    made: Mapping[str, Coded | None],
    block: Block,
    treatment: Treatment,
) -> dict[str, Coded]:
    found = paths(duck, raw["path"], raw.get("method"), treatment, path_is_name=block.path_is_name)
    nothing = constant(None, len(found.path))
    succeeded = (made["outcome"] or nothing).has(Outcome.OK)
    route = capped(treatment.cap, found.route, made.get("host") or nothing, succeeded)
    return {"path": found.path, "route": route}


def _flags(texts: Texts, found: Found) -> Coded | None:
    held = texts.held
    # Where only the URL can hold a credential, one that is known stood in it.
    url = found.in_target if "target" in texts.rows.column_names else held.known()
    marks = (
        (Flag.KEY_IN_URL, url if "path" in texts.rows.column_names else None),
        (Flag.KEY_IN_REFERER, found.in_referer),
        (Flag.UNVERIFIED_TOKEN, held.unverified()),
        (Flag.SEVERAL_KEYS, held.several()),
    )
    return flags(marks, int(texts.good.sum()))


def _table(block: Block, made: Mapping[str, Coded | None]) -> pa.Table:
    """The columns of an event side by side; those that the lines do not have are null."""
    good = None if block.good.all() else booleans(block.good)
    rows = int(block.good.sum())
    columns = dict[str, pa.Array | pa.ChunkedArray]()
    for name, kind in EVENT_COLUMNS.items():
        column = made.get(name)
        if name == "batch":
            continue
        if name == "line":
            columns[name] = integers(block.line[block.good])
        elif column is not None:
            columns[name] = column.arrow()
        elif name in block.rows.column_names and name not in TEXTS:
            held = block.rows[name] if good is None else block.rows[name].filter(good)
            columns[name] = held.cast(_ARROW[kind])
        else:
            columns[name] = pa.nulls(rows, _ARROW[kind])
    return pa.table(columns)

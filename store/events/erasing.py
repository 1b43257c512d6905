"""Addresses and keys taken out of the segments' files: each file that has them is written anew in its own place.

Rows and counts stay what they were. A file takes the old one's place by rename, as in `store.events.reseal`, and a
reader that holds an old file keeps it; what was merged but is still kept for readers is written anew too.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import duckdb

from model.errors import StoreError
from model.event import Flag
from store.events.files import KINDS, Files
from store.events.parquet import write_sorted

_ROWS: Final = 50_000
TEXTS: Final = ("route", "path", "host", "user_agent", "request_id")
"""Columns of an event in which an address may stand among other words."""
REFERER: Final = f"{Flag.KEY_IN_REFERER}:{{}}"
"""The flags of a call without a credential that name a key."""
TELLING: Final = "NOT IN ('ip', 'network')"
"""Kinds of facets whose value may have an address among other words; a network stays, since many share it."""
WHOLE: Final = r"(^|[^0-9A-Za-z.:])({})($|[^0-9A-Za-z.:]|[.:]($|[^0-9A-Za-z]))"
"""An address that stands alone, for RE2: not a part of a longer one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """What goes, and what comes in its place."""

    refs: Sequence[str]
    ref: str
    addresses: Sequence[str]
    address: str


def swap_all(files: Files, swap: Swap) -> int:
    """Write every file anew that holds what goes; returns of how many segments.

    The caller lets nobody else write. Raises duckdb.Error for a file that cannot be read, StoreError when the disk or
    the object store refuses.
    """
    if not swap.refs and not swap.addresses:
        return 0
    touched = set()
    with duckdb.connect(":memory:", config={"threads": 2, "temp_directory": ""}) as duck:
        duck.execute("SET TimeZone = 'UTC'")
        files.attach(duck)
        for segment in sorted({one.segment for one in files.stored() if not one.is_draft}):
            for kind in KINDS:
                if files.exists(segment, kind) and _swap_file(duck, files, segment, kind, swap):
                    touched.add(segment)
    return len(touched)


def _swap_file(duck: duckdb.DuckDBPyConnection, files: Files, segment: str, kind: str, swap: Swap) -> bool:
    source = f"read_parquet({_text(files.name(segment, kind))})"
    columns = {row[0] for row in duck.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()}
    holds, puts = _conditions(columns, swap)
    if not holds or not duck.execute(f"SELECT 1 FROM {source} WHERE {' OR '.join(holds)} LIMIT 1").fetchall():
        return False
    replaced = ", ".join(f"{put} AS {name}" for name, put in puts.items())
    try:
        rows = duck.sql(f"SELECT * REPLACE ({replaced}) FROM {source}").to_arrow_reader(_ROWS)
        write_sorted(rows, files.draft(segment, kind), kind)
        files.publish(segment, [kind])
    except OSError as error:
        files.draft(segment, kind).unlink(missing_ok=True)
        msg = f"The segment {segment} cannot be written: {error}"
        raise StoreError(msg, hint="It is as it was. Make room, check the disk, and erase again.") from None
    return True


def _conditions(columns: set[str], swap: Swap) -> tuple[list[str], dict[str, str]]:
    """What tells that a file holds it, and the columns' new values."""
    holds, puts = [], {}
    if swap.refs:
        mine = f"key_ref IN ({', '.join(map(_text, swap.refs))})"
        holds.append(mine)
        puts["key_ref"] = f"CASE WHEN {mine} THEN {_text(swap.ref)} ELSE key_ref END"
        if "key_hint" in columns:
            puts["key_hint"] = f"CASE WHEN {mine} THEN NULL ELSE key_hint END"
        if "flags" in columns:
            flagged = f"flags IN ({', '.join(map(_text, map(REFERER.format, swap.refs)))})"
            holds.append(flagged)
            puts["flags"] = f"CASE WHEN {flagged} THEN {_text(REFERER.format(swap.ref))} ELSE flags END"
    if not swap.addresses:
        return holds, puts
    known = f"IN ({', '.join(map(_text, swap.addresses))})"
    pattern = _text(WHOLE.format("|".join(map(re.escape, swap.addresses))))

    def without(name: str) -> str:
        once = f"regexp_replace({name}, {pattern}, '\\1{swap.address}\\3', 'g')"
        # Twice, since two that stand side by side share the character between them.
        return f"regexp_replace({once}, {pattern}, '\\1{swap.address}\\3', 'g')"

    if "ip" in columns:
        holds.append(f"ip {known}")
        puts["ip"] = f"CASE WHEN ip {known} THEN {_text(swap.address)} ELSE ip END"
    if "value" in columns:
        whole, part = f"(kind = 'ip' AND value {known})", f"(kind {TELLING} AND regexp_matches(value, {pattern}))"
        holds += [whole, part]
        puts["value"] = (
            f"CASE WHEN {whole} THEN {_text(swap.address)} WHEN {part} THEN {without('value')} ELSE value END"
        )
    for name in TEXTS:
        if name in columns:
            holds.append(f"regexp_matches({name}, {pattern})")
            puts[name] = without(name)
    return holds, puts


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"

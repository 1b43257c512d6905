"""Addresses and keys taken out of the tables: partitions that have them are written anew, and take the old ones' place.

`key_ref` and a facet's `value` are in the order of their tables, so no `ALTER TABLE … UPDATE` may change them. What is
put in place by `REPLACE PARTITION` is there at once and whole: a reader sees the old rows or the new ones, and who dies
on the way leaves partitions that are done and partitions that are not; the next erasure goes on with those.
"""

import re
from typing import Final

from model.errors import StoreError
from store.events.clickhouse.connecting import Client, Server
from store.events.erasing import REFERER, TELLING, TEXTS, WHOLE, Swap

_TABLES: Final = {"events": "count()", "usage": "sum(requests)", "facets": "sum(requests)"}
"""Table to what does not change when it is written anew: rows of counts may become one."""
_SETTINGS: Final = "prefer_column_name_to_alias = 1, insert_deduplicate = 0, mutations_sync = 2"


def erase(client: Client, server: Server, swap: Swap) -> int:
    """Swap everywhere; returns in how many segments it stood. Raises StoreError when somebody writes meanwhile."""
    if not swap.refs and not swap.addresses:
        return 0
    touched: set[str] = set()
    for table in _TABLES:
        holds, puts = _conditions(table, swap)
        if holds:
            where = " OR ".join(f"({one})" for one in holds)
            touched |= _segments(client, server, table, where)
            _rewrite(client, server, table, where, puts)
    return len(touched)


def _segments(client: Client, server: Server, table: str, where: str) -> set[str]:
    query = f"SELECT DISTINCT toString(segment) FROM {server.database}.{table} WHERE {where}"
    if table == "events":
        mine = f"SELECT toString(batch) FROM {server.database}.events WHERE {where}"
        query = f"SELECT DISTINCT segment FROM {server.database}.batches WHERE batch IN ({mine})"
    return {str(row[0]) for row in client.query(query).result_rows}


def _rewrite(client: Client, server: Server, table: str, where: str, puts: dict[str, str]) -> None:
    whole, draft = f"{server.database}.{table}", f"{server.database}.erasing_{table}"
    found = client.query(f"SELECT DISTINCT _partition_id FROM {whole} WHERE {where}").result_rows
    replaced = ", ".join(f"{put} AS {name}" for name, put in puts.items())
    try:
        for (partition,) in sorted(found):
            client.command(f"DROP TABLE IF EXISTS {draft} SYNC")
            client.command(f"CREATE TABLE {draft} AS {whole}")
            here = f"WHERE _partition_id = {_text(partition)}"
            client.command(
                f"INSERT INTO {draft} SELECT * REPLACE ({replaced}) FROM {whole} {here} SETTINGS {_SETTINGS}"
            )
            same = [
                client.query(f"SELECT {_TABLES[table]} FROM {one} {here}").result_rows[0][0] for one in (whole, draft)
            ]
            if same[0] != same[1]:
                msg = f"Somebody writes to {server.shown} meanwhile; one day of it was left as it was."
                raise StoreError(msg, hint="Stop every keywatch that ingests into it, and erase again.")
            client.command(f"ALTER TABLE {whole} REPLACE PARTITION ID {_text(partition)} FROM {draft}")
    finally:
        client.command(f"DROP TABLE IF EXISTS {draft} SYNC")


def _conditions(table: str, swap: Swap) -> tuple[list[str], dict[str, str]]:
    """What tells that a row holds it, and the columns' new values; as `store.events.erasing` has them for files."""
    holds, puts = [], {}
    if swap.refs:
        mine = f"key_ref IN ({', '.join(map(_text, swap.refs))})"
        holds.append(mine)
        puts["key_ref"] = f"if({mine}, {_text(swap.ref)}, CAST(key_ref AS Nullable(String)))"
        if table == "events":
            puts["key_hint"] = f"if({mine}, NULL, CAST(key_hint AS Nullable(String)))"
            flagged = f"ifNull(flags IN ({', '.join(map(_text, map(REFERER.format, swap.refs)))}), 0)"
            holds.append(flagged)
            puts["flags"] = f"if({flagged}, {_text(REFERER.format(swap.ref))}, CAST(flags AS Nullable(String)))"
    if not swap.addresses:
        return holds, puts
    known = f"IN ({', '.join(map(_text, swap.addresses))})"
    if table == "events":
        holds.append(f"ip {known}")
        puts["ip"] = f"if(ip {known}, {_text(swap.address)}, ip)"
    pattern = _text(WHOLE.format("|".join(map(re.escape, swap.addresses))))

    def without(name: str) -> str:
        text, into = f"CAST({name} AS Nullable(String))", _text(f"\\1{swap.address}\\3")
        once = f"replaceRegexpAll({text}, {pattern}, {into})"
        # Twice, since two that stand side by side share the character between them.
        return f"replaceRegexpAll({once}, {pattern}, {into})"

    def told(name: str) -> str:
        return f"ifNull(match(CAST({name} AS Nullable(String)), {pattern}), 0)"

    if table == "facets":
        whole, part = f"kind = 'ip' AND value {known}", f"kind {TELLING} AND {told('value')}"
        holds += [whole, part]
        puts["value"] = f"multiIf({whole}, {_text(swap.address)}, {part}, {without('value')}, value)"
    for name in {"events": TEXTS, "usage": ("host",)}.get(table, ()):
        holds.append(told(name))
        puts[name] = without(name)
    return holds, puts


def _text(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"

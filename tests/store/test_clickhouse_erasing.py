"""Addresses and keys taken out of ClickHouse's tables, on the real engine: nothing else changes."""

from typing import Any

import pytest

from store.events.clickhouse import erasing
from store.events.clickhouse.connecting import Client, Server
from store.events.erasing import Swap
from tests.engines import clickhouse, clickhouse_server

__all__ = ["clickhouse", "clickhouse_server"]

REFS, ADDRESS = ("fp:1:aa", "fp:1:bb"), "192.0.2.1"
SWAP = Swap(refs=REFS, ref="id:key-1", addresses=(ADDRESS,), address="address-1")
COLUMNS = (
    "ts, source, key_ref, key_hint, ip, network, method, route, path, host, status, outcome, user_agent, batch, line,"
    " counted_as, segment, sealed, flags"
)
SUMS = {"events": "count()", "usage": "sum(requests)", "facets": "sum(requests)"}


@pytest.fixture
def server(clickhouse: str) -> Server:
    """Twelve events of two keys and of nobody over six days, sealed; and a tail."""
    found = Server.of(clickhouse)
    client = found.client()
    for segment, rows, sealed in (("s1", 12, "true"), ("s2", 3, "false")):
        ref = "multiIf(number % 3 = 0, 'fp:1:aa', number % 3 = 1, 'fp:1:bb', NULL)"
        client.command(
            f"INSERT INTO {found.database}.arriving ({COLUMNS}) SELECT toDateTime64('2026-10-01 12:00:00', 6, 'UTC')"
            f" + number * 43200, 'edge', {ref}, 'kw_1', if(number % 2 = 0, '{ADDRESS}', '{ADDRESS}1'), '192.0.2.0/24',"
            f" 'GET', '/from/{ADDRESS}', '/from/{ADDRESS}/{ADDRESS}/x{ADDRESS}', 'h', 200, 'ok', 'bot ({ADDRESS})',"
            f" '{segment}', number, {ref}, '{segment}', {sealed}, if({ref} IS NULL, 'key_in_referer:fp:1:aa', NULL)"
            f" FROM numbers({rows})"
        )
        client.command(f"INSERT INTO {found.database}.batches VALUES ('{segment}', '{segment}', now64(6), now64(6))")
    return found


def rows(client: Client, server: Server, table: str) -> list[tuple[Any, ...]]:
    return list(client.query(f"SELECT * FROM {server.database}.{table} ORDER BY ALL").result_rows)


def test_they_are_gone_from_every_table_and_all_sums_stay(server: Server, clickhouse_server: Client) -> None:
    def sums() -> dict[str, int]:
        queries = {table: f"SELECT {what} FROM {server.database}.{table}" for table, what in SUMS.items()}
        return {table: clickhouse_server.query(query).result_rows[0][0] for table, query in queries.items()}

    before = sums()
    assert 2 == erasing.erase(clickhouse_server, server, SWAP)

    held = [row for table in SUMS for row in rows(clickhouse_server, server, table)]
    words = {str(cell) for row in held for cell in row}
    assert before == sums()
    assert not words & {ADDRESS, *REFS, "key_in_referer:fp:1:aa", f"GET /from/{ADDRESS}", f"bot ({ADDRESS})"}
    assert {"address-1", "id:key-1", "GET /from/address-1", "bot (address-1)", f"{ADDRESS}1", "192.0.2.0/24"} <= words
    assert {f"/from/address-1/address-1/x{ADDRESS}", "key_in_referer:id:key-1"} <= words
    hints = f"SELECT count() FROM {server.database}.events WHERE key_ref = 'id:key-1' AND key_hint IS NOT NULL"
    assert 0 == clickhouse_server.query(hints).result_rows[0][0]


def test_erasing_again_changes_nothing_and_leaves_no_table_behind(server: Server, clickhouse_server: Client) -> None:
    tables = f"SELECT name FROM system.tables WHERE database = '{server.database}' ORDER BY name"
    known = clickhouse_server.query(tables).result_rows
    erasing.erase(clickhouse_server, server, SWAP)
    once = [rows(clickhouse_server, server, table) for table in SUMS]

    assert 0 == erasing.erase(clickhouse_server, server, SWAP)
    assert once == [rows(clickhouse_server, server, table) for table in SUMS]
    assert known == clickhouse_server.query(tables).result_rows


def test_of_nobody_nothing_is_written_anew(server: Server, clickhouse_server: Client) -> None:
    parts = f"SELECT name FROM system.parts WHERE database = '{server.database}' AND active ORDER BY name"
    before = clickhouse_server.query(parts).result_rows
    other = Swap(refs=("fp:1:zz",), ref="id:key-9", addresses=("198.51.100.9",), address="address-9")

    assert 0 == erasing.erase(clickhouse_server, server, other)
    assert before == clickhouse_server.query(parts).result_rows

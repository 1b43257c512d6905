"""Keys that come after their traffic: the order of ingest and import makes no difference."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from keywatch.inventory.registering import register
from keywatch.workspace import Workspace
from model.clock import SystemClock
from model.key import Key, KeyId, KeyRef
from store.events.reseal import reseal
from store.state import segments

SECRET = "ac_live_Zr8Qm2Lk5Tn9Vb3Xw7Yc4Hd6"


def refused(line: Callable[..., str], count: int) -> str:
    """A log in which one key is refused `count` times, among others that work without one."""
    asked = "".join(line(n, path=f"/v1/calls?api_key={SECRET}", status=401) for n in range(count))
    return asked + "".join(line(count + n) for n in range(50))


@pytest.mark.parametrize("count", [40, 6_000], ids=["a tail", "a sealed segment"])
def test_a_key_imported_after_its_refused_requests_is_counted_under_its_own_reference(
    count: int,
    tmp_path: Path,
    workspace: Workspace,
    ingest: Callable[..., Any],
    stored: Callable[[str], list[tuple[Any, ...]]],
    line: Callable[..., str],
) -> None:
    log = tmp_path / "access.log"
    log.write_text(refused(line, count))
    ingest(log)
    ref = str(workspace.pepper.key_ref(SECRET))
    folded = stored("SELECT key_ref, sum(requests) FROM usage WHERE outcome = 'unauthenticated' GROUP BY 1")

    assert [("unknown:192.0.2.0/24", count)] == folded

    with workspace.lock("test"):
        keys = [Key(key_id=KeyId("k1"), key_refs=(KeyRef("id:k1"), KeyRef(ref)))]
        register(workspace, keys, where="test", now=SystemClock().now())

    for table in ("usage", "facets"):
        kind = "WHERE outcome = 'unauthenticated'" + (" AND kind = 'ip'" if table == "facets" else "")
        assert [(ref, count)] == stored(f"SELECT key_ref, sum(requests) FROM {table} {kind} GROUP BY 1")
    assert [(50,)] == stored("SELECT sum(requests) FROM usage WHERE key_ref IS NULL")


def test_the_logs_first_and_last_look_at_a_key_are_known_from_before_its_import(
    tmp_path: Path,
    workspace: Workspace,
    ingest: Callable[..., Any],
    stored: Callable[[str], list[tuple[Any, ...]]],
    line: Callable[..., str],
) -> None:
    from store.state.inventory import key_frame

    log = tmp_path / "access.log"
    log.write_text(refused(line, 30))
    ingest(log)
    ref = workspace.pepper.key_ref(SECRET)
    register(workspace, [Key(key_id=KeyId("k1"), key_refs=(ref,))], where="test", now=SystemClock().now())
    (low, high) = stored(f"SELECT min(ts), max(ts) FROM events WHERE key_ref = '{ref}'")[0]
    with workspace.store.reading() as tx:
        row = key_frame(tx).iloc[0]

    assert (low, high) == (row["first_seen"], row["last_seen"])
    assert row["last_success"] is None or row["last_success"] != row["last_success"]


@pytest.mark.parametrize("at_once", [50, 700])
def test_counted_some_keys_after_another_the_counts_are_those_of_one_piece(
    at_once: int,
    tmp_path: Path,
    workspace: Workspace,
    ingest: Callable[..., Any],
    line: Callable[..., str],
) -> None:
    log = tmp_path / "access.log"
    log.write_text(refused(line, 6_000))
    ingest(log)
    ref, now, files = str(workspace.pepper.key_ref(SECRET)), SystemClock().now(), workspace.store.files
    with workspace.store.reading() as tx:
        manifest = segments.overlapping(tx, None)

    def counted(at_once: int) -> list[list[tuple[Any, ...]]]:
        ((_, new),) = reseal(files, manifest, [ref], [], now, at_once=at_once).successors
        names = [files.name(new.id, kind) for kind in ("usage", "facets")]
        return [duckdb.sql(f"SELECT * FROM read_parquet('{name}') ORDER BY ALL").fetchall() for name in names]

    usage, facets = counted(10_000)

    assert [usage, facets] == counted(at_once)
    assert 6_050 == sum(row[4] for row in usage)
    assert {ref, None} == {row[1] for row in usage} == {row[1] for row in facets}

"""An object store that is dead, hangs or stops half-way: one look loses seconds, and nothing that was there."""

import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import fsspec
import pytest

from ingest.sources import objects, patience
from keywatch.collecting.ingesting import Ingested, ingest_source
from keywatch.config.root import SourceConfig
from keywatch.workspace import Workspace
from model.clock import FixedClock

Look = Callable[..., Ingested]
Stored = Callable[[str], list[tuple[Any, ...]]]
Line = Callable[..., str]


@pytest.fixture
def look(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Look:
    """`look(url, …)` with options of the file system."""
    for module in ("ingest.sources.objects", "keywatch.collecting.fetching"):
        monkeypatch.setattr(f"{module}.STORES", objects.STORES | {"memory"})
    monkeypatch.setattr(objects, "ANSWER", 0.5)

    def run(url: str, **options: str) -> Ingested:
        source = SourceConfig.model_validate({"name": "trail", "url": url, "objects": {"options": options}})
        return ingest_source(workspace, source, clock=FixedClock(datetime(2026, 10, 1, 20, tzinfo=UTC)))

    return run


@pytest.mark.parametrize("hangs", [True, False])
def test_a_dead_object_store_costs_a_look_seconds_and_is_told_by_its_source(
    look: Look,
    hangs: bool,  # noqa: FBT001
) -> None:
    pytest.importorskip("s3fs")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        if not hangs:
            server.close()
        began = time.monotonic()
        done = look("s3://logs/**", endpoint_url=f"http://127.0.0.1:{port}", key="test", secret="test")

    (error,) = done.errors
    assert "trail (s3://logs/**)" in error
    assert time.monotonic() - began < 5


def test_of_a_store_that_stops_half_way_no_further_object_is_waited_for(
    look: Look, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    fs = fsspec.filesystem("memory")
    fs.store.clear()
    for n in range(9):
        fs.pipe(f"/logs/{n}.log", line(n).encode())
    asked: list[str] = []
    opened = type(fs)._open

    def fails(self: Any, path: str, *args: Any, **named: Any) -> Any:  # noqa: ANN401 (as fsspec has it)
        asked.append(path)
        if len(asked) > 4:
            monkeypatch.setattr(type(fs), "info", _gone)
            raise TimeoutError
        return opened(self, path, *args, **named)

    def _gone(*_: Any, **__: Any) -> None:  # noqa: ANN401
        raise ConnectionResetError

    with monkeypatch.context() as patch:
        patch.setattr(type(fs), "_open", fails)
        done = look("memory://logs/*.log")
    monkeypatch.undo()

    assert len(asked) == 5
    assert any("trail (memory://logs/*.log)" in error for error in done.errors)


def test_one_object_that_breaks_off_does_not_hold_up_the_others(
    look: Look, stored: Stored, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    fs = fsspec.filesystem("memory")
    fs.store.clear()
    for n in range(4):
        fs.pipe(f"/logs/{n}.log", line(n).encode())
    opened = type(fs)._open

    def fails(self: Any, path: str, *args: Any, **named: Any) -> Any:  # noqa: ANN401 (as fsspec has it)
        if path.endswith("1.log"):
            raise ConnectionResetError
        return opened(self, path, *args, **named)

    with monkeypatch.context() as patch:
        patch.setattr(type(fs), "_open", fails)
        first = look("memory://logs/*.log")
    second = look("memory://logs/*.log")

    assert (3, 1) == (first.lines, len(first.errors))
    assert (1, 0) == (second.lines, len(second.errors))
    assert [(4,)] == stored("SELECT count(*) FROM events")


def test_the_words_of_a_store_have_their_time() -> None:
    assert patience.ANSWER <= 20
    assert patience.PIECE <= 30

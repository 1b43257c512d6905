"""Fault 30: one line in a hundred is no JSON. Each becomes a reject with a reason, and every other line is stored."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from keywatch.collecting.ingesting import Ingested
from keywatch.workspace import Workspace
from model.clock import SystemClock
from store.state.sources import reject_frame, source_frame

LINES = 6000
EVERY = 100
Stored = Callable[[str], list[tuple[Any, ...]]]
BROKEN = {
    "cut": lambda text: text[: len(text) // 2],
    "joined": lambda text: text[: len(text) // 2] + text,
    "single quotes": lambda text: text.replace('"', "'"),
    "no quotes": lambda text: text.replace('"', ""),
    "a bare line end inside": lambda text: text.replace(", ", ",\n", 1),
    "a list": lambda text: f"[{text}]",
    "a text": lambda _: '"GET /"',
    "a quote too many": lambda text: text.replace("/line", '"/line'),
    "no time": lambda text: text.replace("time_iso8601", "moment"),
    "another language": lambda _: "2026/10/01 09:30:00 [error] 12#12: *1 upstream timed out",
}


def record(n: int) -> str:
    return json.dumps(
        {
            "time_iso8601": "2026-10-01T09:30:00Z",
            "remote_addr": "192.0.2.7",
            "request": f"GET /line/x{n}x HTTP/1.1",
            "status": 200,
            "http_x_api_token": f"kw_live_{n % 7}",
        }
    )


@pytest.mark.parametrize("how", BROKEN)
def test_every_good_line_is_stored_and_every_bad_one_is_a_reject_with_a_reason(
    workspace: Workspace, ingest: Callable[..., Ingested], tmp_path: Path, stored: Stored, how: str
) -> None:
    log = tmp_path / "access.log"
    lines = [BROKEN[how](record(n)) if n % EVERY == EVERY // 2 else record(n) for n in range(LINES)]
    log.write_text("".join(f"{line}\n" for line in lines))
    bad = [number for number, line in enumerate("\n".join(lines).split("\n"), 1) if not good(line)]

    done = ingest(log)

    count = LINES - LINES // EVERY
    assert (count, len(bad), 0) == (done.events, done.rejects, done.skipped)
    assert [(count, count)] == stored("SELECT count(*), count(DISTINCT path) FROM events")
    assert [(count,)] == stored("SELECT CAST(sum(requests) AS BIGINT) FROM usage")
    with workspace.store.reading() as tx:
        rejects, sources = reject_frame(tx), source_frame(tx, SystemClock().now())
    assert len(bad) == sources["rejects"].iloc[0]
    assert sorted(rejects["line"]) == bad[: len(rejects)]
    assert len(rejects) >= 20
    assert all(rejects["reason"].str.len() > 5)
    assert all(rejects["sample"].str.len() > 0)


def good(line: str) -> bool:
    """Whether a line is one of ours."""
    try:
        found = json.loads(line)
    except ValueError:
        return False
    return isinstance(found, dict) and "time_iso8601" in found


def test_a_reject_is_looked_at_once(ingest: Callable[..., Ingested], workspace: Workspace, tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text("".join((BROKEN["cut"](record(n)) if n == 50 else record(n)) + "\n" for n in range(EVERY)))

    assert [1, 0] == [ingest(log).rejects for _ in range(2)]
    with workspace.store.reading() as tx:
        assert [51] == list(reject_frame(tx)["line"])

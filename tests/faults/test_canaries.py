"""No secret at rest: fifty canaries in every place of a log, and none of them anywhere in the workspace."""

import json
import random
import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from keywatch.collecting.ingesting import Ingested
from keywatch.workspace import Workspace
from model.errors import FormatError
from store.state.sources import reject_frame

Ingest = Callable[..., Ingested]
SHAPES: list[tuple[str, str, int]] = [
    ("ac_live_", string.ascii_letters + string.digits, 24),
    ("ghp_", string.ascii_letters + string.digits, 36),
    ("sk-ant-api03-", string.ascii_letters + string.digits + "-_", 40),
    ("", string.hexdigits.lower()[:16], 40),
    ("glpat-", string.ascii_letters + string.digits, 20),
]


@pytest.fixture
def canaries() -> list[str]:
    random.seed(20261001)
    return [
        prefix + "".join(random.choices(alphabet, k=length)) for _ in range(10) for prefix, alphabet, length in SHAPES
    ]


def record(**fields: object) -> str:
    return json.dumps({"time_iso8601": "2026-10-01T09:30:00Z", "remote_addr": "::1", "status": "200", **fields})


def spread(canary: str) -> list[str]:
    """Lines of a JSON log with the canary in each of its places, the broken ones last."""
    return [
        record(request_uri="/v1", http_x_api_token=canary),
        record(request_uri="/v1", http_authorization=f"Bearer {canary}"),
        record(request_uri=f"/v1?api_key={canary}&x=1"),
        record(request_uri=f"/v1?unexpected={canary}"),
        record(request_uri=f"/v1/{canary}/x"),
        record(request_uri="/v1", http_referer=f"https://app.example.com/?t={canary}"),
        record(request_uri="/v1", http_user_agent=f"tool/1.0 ({canary})"),
        record(request_uri="/v1", http_x_api_token=canary)[:-3],
        f'upstream said "{canary}" and went away',
    ]


def everything(root: Path) -> bytes:
    """All bytes of all files, and all texts of the Parquet files, which are compressed."""
    parts = [path.read_bytes() for path in root.rglob("*") if path.is_file()]
    with duckdb.connect(":memory:") as duck:
        for path in root.rglob("*.parquet"):
            parts += [str(row).encode() for row in duck.execute(f"SELECT * FROM read_parquet('{path}')").fetchall()]
    return b"\n".join(parts)


def test_no_secret_of_a_log_stays_in_the_workspace(
    workspace: Workspace, ingest: Ingest, tmp_path: Path, canaries: list[str]
) -> None:
    good = [record(request_uri="/v1")] * 20
    log = tmp_path / "access.log"
    log.write_text("\n".join(good + [line for canary in canaries for line in spread(canary)]) + "\n")

    done = ingest(log)

    found = everything(workspace.root)

    assert (20 + 50 * 7, 100) == (done.events, done.rejects)
    assert b"keywatch" in found
    assert [] == [canary for canary in canaries if canary[-12:].encode() in found]


def test_no_secret_of_sealed_segments_stays_in_the_workspace(
    workspace: Workspace, ingest: Ingest, tmp_path: Path, canaries: list[str]
) -> None:
    log = tmp_path / "access.log"
    lines = [line for canary in canaries for line in spread(canary)[:7]]
    log.write_text("\n".join(lines * 15) + "\n")

    ingest(log)

    assert list(workspace.root.rglob("*.facets.parquet"))
    found = everything(workspace.root)

    assert [] == [canary for canary in canaries if canary[-12:].encode() in found]


def test_no_secret_of_a_log_that_no_format_fits_stays_or_is_shown(
    workspace: Workspace, ingest: Ingest, tmp_path: Path, canaries: list[str]
) -> None:
    log = tmp_path / "access.log"
    log.write_text("".join(f"who knows what {canary} is\n" for canary in canaries))

    with pytest.raises(FormatError) as caught:
        ingest(log)

    found = everything(workspace.root) + str(caught.value).encode()

    assert "who knows what [redacted] is" in str(caught.value)
    assert [] == [canary for canary in canaries if canary[-12:].encode() in found]


def test_rejects_keep_a_redacted_sample(
    workspace: Workspace, ingest: Ingest, tmp_path: Path, canaries: list[str]
) -> None:
    log = tmp_path / "access.log"
    log.write_text("\n".join([record(request_uri="/v1")] * 5 + spread(canaries[0])[7:]) + "\n")

    ingest(log)

    with workspace.store.reading() as tx:
        found: Any = reject_frame(tx)

    assert [6, 7] == sorted(found["line"])
    assert all("[redacted]" in sample for sample in found["sample"])

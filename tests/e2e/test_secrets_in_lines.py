"""A key that stands elsewhere in its line, too, is not kept from there."""

import json
import shutil
from pathlib import Path

import pytest
from leaks import in_bytes, in_segments

from keywatch.collecting.ingesting import Ingested, ingest_source
from keywatch.config.root import SourceConfig
from keywatch.new_workspace import make
from keywatch.workspace import Workspace
from model.clock import SystemClock

SECRET = "b1ll1ng3f9a77c1d2"
"""No prefix, and too short to be taken for a token by its look: it is known because the request carried it."""
OTHER = "ac_live_55d0f1a2b3c4"
"""Carried by nobody; known by its prefix."""


def line(**fields: str) -> str:
    row = {
        "time_iso8601": "2026-10-01T12:00:00+00:00",
        "remote_addr": "198.51.100.7",
        "request_method": "GET",
        "request_uri": "/v1/pets",
        "status": 200,
        "http_user_agent": "curl/8.4.0",
        "http_referer": "",
        "http_x_api_token": SECRET,
    }
    return json.dumps(row | fields)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template") / "workspace"
    make(folder)
    return folder


def ingest(folder: Path, log: Path) -> Ingested:
    workspace = Workspace.at(folder / "keywatch.toml")
    try:
        return ingest_source(workspace, SourceConfig(name="edge", path=str(log)), clock=SystemClock())
    finally:
        workspace.close()


@pytest.mark.parametrize(
    "fields",
    [
        {"request_uri": f"/v1/pets?api_key={SECRET}&x=1"},
        {"request_uri": f"/v1/pets?state={SECRET}"},
        {"http_referer": f"https://app.example/?token={SECRET}"},
        {"request_uri": f"/v1/keys/{OTHER}/use"},
        {"http_user_agent": f"agent/1 {OTHER}"},
        {"http_x_api_token": f"Bearer {SECRET}"},
        {"request_uri": f"/v1/keys/{SECRET}/use"},
        {"http_user_agent": f"agent/1 {SECRET}"},
        {"time_iso8601": f"no time but api_key={SECRET}"},
    ],
    ids=lambda fields: " ".join(f"{name}={value}" for name, value in fields.items()),
)
def test_no_secret_of_the_line_is_kept(template: Path, tmp_path: Path, fields: dict[str, str]) -> None:
    folder, log = tmp_path / "workspace", tmp_path / "access.log"
    shutil.copytree(template, folder)
    log.write_text(f"{line()}\n{line(**fields)}\n{line()}\n")

    done = ingest(folder, log)

    assert (3, 0) == (done.events + done.rejects, len(done.errors))
    assert in_bytes(folder, (SECRET, OTHER)) == []
    assert in_segments(folder, (SECRET, OTHER)) == []

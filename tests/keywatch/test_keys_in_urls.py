"""A known key in the URL or the referer of calls without a credential, from its log to what is told of it."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from commandline import NOON, SOURCE, UNTIL, Cli, line

from keywatch.workspace import Workspace
from store.compaction import merge
from store.state import segments

SECRETS = {
    "hook": "kw_live_Hq3vTz8LmWc2Rb7NxYk4",
    "board": "kw_live_Zz9yTz8LmWc2Rb7NxYk4",
    "calm": "plain-and-calm-key",
}


def calls() -> Iterator[str]:
    """An hour of a calm key; a hook whose path holds a key; pages with a key in their address that are all refused."""
    yield from (line(NOON + timedelta(seconds=20 * n), token=SECRETS["calm"]) for n in range(150))
    yield line(NOON, uri=f"/v1/hooks/inbound/{SECRETS['hook']}/events")
    referer = f"https://dash.example/embed/board?theme=dark&token={SECRETS['board']}"
    for n in range(60):
        refused = json.loads(line(NOON + timedelta(minutes=30, seconds=n), 401, ip="203.0.113.9"))
        yield json.dumps(refused | {"http_referer": referer})


def seal(cli: Cli) -> None:
    workspace = Workspace.at(cli.config)
    with workspace.store.reading() as tx:
        manifest = segments.overlapping(tx, None)
    merge(workspace.store, manifest, now=NOON, seal=True)
    workspace.close()


@pytest.fixture(params=["keys first", "keys last", "sealed"])
def judged(cli: Cli, request: pytest.FixtureRequest) -> Cli:
    """Judged, whether the keys were known before their calls or not, and where no tail is left."""
    cli.config.write_text(SOURCE + 'key = { field = "http_x_api_token" }\n')
    rows = (f"{name},{name},production,active,2026-09-01,{secret}\n" for name, secret in SECRETS.items())
    (cli.root / "keys.csv").write_text("key_id,name,environment,status,created_at,secret\n" + "".join(rows))
    cli.log(calls())
    steps = [("keys", "import", cli.root / "keys.csv", "--hash-keys"), ("ingest",)]
    for step in steps[::-1] if request.param == "keys last" else steps:
        assert 0 == cli(*step).code
    if request.param == "sealed":
        seal(cli)
    assert 0 == cli("detect", "--until", UNTIL).code
    return cli


def test_both_are_told_and_the_refused_pages_are_nobody_s_calls(judged: Cli) -> None:
    found = judged("findings", "--json").json()

    told = {row["key_id"]: row["title"] for row in found if row["detector"] == "key-in-url"}
    assert {"hook": "Key hook stands in the URL", "board": "Key board stands in referers"} == told
    assert not {row["detector"] for row in found if row["key_id"] == "board"} & {"auth-burst-key", "burst-then-success"}
    used = judged("usage", "--json").json()
    assert {"calm": 150, "hook": 1} == {row["key_name"]: row["requests"] for row in used if row["key_name"]}

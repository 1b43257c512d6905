"""`keywatch doctor` says what is wrong, one thing at a time, with what helps; and nothing of what is well."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from commandline import GOOD, Cli, line

from keywatch.workspace import Workspace
from model.clock import SystemClock

ALL_WELL = """
[[sources]]
name = "edge"
path = "access.log"

[[alerts.targets]]
name = "file"
url = "jsonl:alerts.jsonl"

[[alerts.targets]]
name = "second"
url = "jsonl:second.jsonl"

[[alerts.routes]]
to = ["file", "second"]

[alerts]
heartbeat = "https://hc.example/ping"
"""


@pytest.fixture
def well(cli: Cli) -> Cli:
    """A workspace of which the doctor has nothing to say."""
    cli.configure(ALL_WELL)
    cli.config.chmod(0o600)
    now = SystemClock().now()
    cli.log([line(now - timedelta(seconds=60 - n), token=GOOD) for n in range(50)])
    (cli.root / "keys.csv").write_text(f"key_id,name,secret\nk1,billing,{GOOD}\n")
    cli("keys", "import", cli.root / "keys.csv", "--hash-keys")
    assert 0 == cli("run", "--once").code
    return cli


def remarks(cli: Cli) -> list[str]:
    return [f"{one['level']}: {one['what']}" for one in cli("doctor", "--json").json() if one["level"] != "ok"]


def test_of_a_workspace_that_is_well_nothing_is_said(well: Cli) -> None:
    assert [] == remarks(well)
    assert 0 == well("doctor").code
    about = {one["about"] for one in well("doctor", "--json").json()}
    assert {"config", "files", "disk", "state", "clock", "events", "writing", "keys", "sources", "detection"} < about
    assert "alerts" in about


def behind_a_proxy(cli: Cli) -> None:
    now = SystemClock().now()
    with (cli.root / "access.log").open("a") as log:
        for n in range(600):
            at = now - timedelta(seconds=50 - n / 20)
            log.write(line(at, token=f"ac_live_of_customer_{n % 12}", ip="10.0.0.7") + "\n")
    cli("ingest")


def no_addresses(cli: Cli) -> None:
    row = json.loads(line(SystemClock().now() + timedelta(days=2), token=GOOD))
    (cli.root / "other.log").write_text(json.dumps({k: v for k, v in row.items() if k != "remote_addr"}) + "\n")
    cli("ingest", cli.root / "other.log")


def no_route(cli: Cli) -> None:
    cli.configure(ALL_WELL.replace("[[alerts.routes]]", "").replace('to = ["file", "second"]', ""))


def no_heartbeat(cli: Cli) -> None:
    cli.configure(ALL_WELL.partition("[alerts]")[0])


def one_target(cli: Cli) -> None:
    first = ALL_WELL.partition('\n[[alerts.targets]]\nname = "second"')
    cli.configure(
        first[0] + "\n[[alerts.routes]]" + ALL_WELL.partition("[[alerts.routes]]")[2].replace(', "second"', "")
    )


def unknown_name(cli: Cli) -> None:
    cli.configure(ALL_WELL.replace("[[sources]]", "[[sources]]\npaht = 1"))


def open_config(cli: Cli) -> None:
    cli.config.chmod(0o644)


def missing_segment(cli: Cli) -> None:
    next(cli.root.glob("events/*/*.parquet")).unlink()


def another_source(cli: Cli) -> None:
    cli.configure(ALL_WELL + '\n[[sources]]\nname = "other"\npath = "none.log"\n')


def rejects(cli: Cli) -> None:
    with (cli.root / "access.log").open("a") as log:
        log.write("no log line\n" * 9)
    cli("ingest")


def future(cli: Cli) -> None:
    with (cli.root / "access.log").open("a") as log:
        log.write(line(SystemClock().now() + timedelta(days=3), token=GOOD) + "\n")
    cli("ingest")


def silent_target(cli: Cli) -> None:
    cli.configure(ALL_WELL.replace("jsonl:second.jsonl", "http://127.0.0.1:9/hook"))  # the discard port: nobody listens


def a_clock_set_back(cli: Cli) -> None:
    from sqlalchemy import text

    workspace = Workspace.at(cli.config)
    with workspace.store.transaction() as tx:
        tx.execute(text("UPDATE segments SET ingested_at = :at"), {"at": SystemClock().now() + timedelta(hours=1)})
    workspace.close()


def an_old_backup(cli: Cli) -> None:
    from store.state import audit

    workspace = Workspace.at(cli.config)
    with workspace.store.transaction() as tx:
        at = SystemClock().now() - timedelta(days=3)
        audit.record(tx, at=at, actor="ops", action="store backed up", subject="/backups", detail={})
    workspace.close()


def events_in_a_file(cli: Cli) -> None:
    """No segment can be written where the day's folder should be."""
    day = cli.root / "events" / f"{SystemClock().now():%Y%m%d}"
    day.rename(day.with_name("elsewhere"))
    day.touch()


def a_provider_that_is_away(cli: Cli) -> None:
    cli.configure(
        ALL_WELL
        + """
[dashboard]
link = "https://keywatch.example.com"
[dashboard.login]
issuer = "http://127.0.0.1:9"
client_id = "keywatch"
client_secret = "file:client.secret"
[dashboard.login.roles.admin]
users = ["ada@corp.example"]
"""
    )
    (cli.root / "client.secret").write_text("s3cret")
    (cli.root / "client.secret").chmod(0o600)


def a_metrics_token_that_is_missing(cli: Cli) -> None:
    cli.configure(ALL_WELL + '\n[run]\nlisten = "0.0.0.0:9464"\n')


def no_inventory(cli: Cli) -> None:
    from sqlalchemy import text

    workspace = Workspace.at(cli.config)
    with workspace.store.transaction() as tx:
        for table in ("key_refs", "keys"):
            tx.execute(text(f"DELETE FROM {table}"))
    workspace.close()


def broken_state(cli: Cli) -> None:
    for name in ("keywatch.db-wal", "keywatch.db-shm"):
        (cli.root / name).unlink(missing_ok=True)
    (cli.root / "keywatch.db").write_bytes(b"no database" * 1000)


def lost_pepper(cli: Cli) -> None:
    (cli.root / "keywatch.pepper").unlink()


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (no_route, ["error: No route leads to a target."]),
        (no_heartbeat, ["warn: Nobody notices when keywatch itself is dead."]),
        (one_target, ["warn: When file refuses, nobody hears of it: there is no second target."]),
        (unknown_name, ["Did you mean 'path'?"]),
        (open_config, ["keywatch.toml can be read by others (0644)."]),
        (missing_segment, ["error: 1 files or batches of segments are missing, such as"]),
        (another_source, ["warn: other was never read."]),
        (rejects, ["warn: edge: 9 of 59 lines were rejected."]),
        (future, ["warn: Some events are ahead of this clock:"]),
        (no_inventory, ["warn: The inventory is empty"]),
        (behind_a_proxy, ["warn: 92 % of the requests of the newest day come from 10.0.0.7: a proxy"]),
        (no_addresses, ["warn: No request of the newest day has an address"]),
        (silent_target, ["warn: The target second cannot be reached: Connection refused."]),
        (a_clock_set_back, ["which is ahead of this clock."]),
        (an_old_backup, ["warn: The last backup is of"]),
        (events_in_a_file, ["error: The events cannot be written"]),
        (a_provider_that_is_away, ["does not answer as a login provider"]),
        (a_metrics_token_that_is_missing, ["error: [run] listens on 0.0.0.0:9464"]),
        (broken_state, ["error: The state"]),
        (lost_pepper, ["error: The pepper stands in"]),
    ],
)
def test_what_is_wrong_is_said(well: Cli, break_it: Callable[[Cli], None], said: list[str]) -> None:
    break_it(well)

    found = remarks(well)

    assert all(any(part in one for one in found) for part in said), found
    assert well("doctor").code == any(one.startswith("error") for one in found)
    assert {one.startswith(("error", "warn")) for one in found} == {True}


def test_each_remark_says_what_helps(well: Cli) -> None:
    no_route(well)
    another_source(well)

    assert all(one["remedy"] for one in well("doctor", "--json").json() if one["level"] != "ok")
    assert "keywatch ingest --source other" in well("doctor").err


def test_a_log_that_this_user_may_not_read_is_said(well: Cli) -> None:
    import os

    log = well.root / "access.log"
    log.chmod(0)
    if os.access(log, os.R_OK):
        pytest.skip("root may read everything")

    assert any("edge" in one and "cannot be read" in one for one in remarks(well)), remarks(well)


def test_a_user_that_may_open_few_files_is_told(well: Cli) -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, before[1]))
    try:
        assert ["warn: This user may have 200 files open."] == remarks(well)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_provider_that_names_what_a_login_needs_is_well(well: Cli) -> None:
    told = dict.fromkeys(("authorization_endpoint", "token_endpoint", "jwks_uri"), "http://127.0.0.1/x")
    with provider(json.dumps(told)) as url:
        a_provider_that_is_away(well)
        well.config.write_text(well.config.read_text().replace("http://127.0.0.1:9", url))

        assert [] == [one for one in remarks(well) if "provider" in one]
    assert "The login's provider answers." not in str(remarks(well))


@contextmanager
def provider(text: str) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()

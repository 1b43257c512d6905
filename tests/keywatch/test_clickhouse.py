"""A workspace on ClickHouse, by command line from ingest to report: it tells what one on files tells."""

import json
import random
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
from commandline import ATTACKED, GOOD, GUESSER, NOON, UNTIL, Cli, attack, copied, line

from keywatch.workspace import Workspace
from model.window import Window
from store.events.clickhouse.connecting import Client
from store.events.reader import EventsReader
from store.queries import activity, breakdown, coverage, heat, latency, origins, outcomes, requests, sparkline, traffic
from store.queries.frames import FRAMES
from store.queries.newcomers import new_values
from tests.engines import clickhouse, clickhouse_server

__all__ = ["clickhouse", "clickhouse_server"]

DAYS = Window(since=NOON - timedelta(days=4), until=NOON + timedelta(hours=1, minutes=17))
KEYS = [f"kw_live_{number:020x}" for number in range(8)]
STATUSES = (200, 200, 200, 200, 304, 401, 403, 404, 429, 500)
QUESTIONS: dict[str, Callable[[EventsReader], pd.DataFrame]] = {
    **{name: lambda reader, frame=frame: frame(reader, DAYS) for name, frame in FRAMES.items()},
    **{f"usage by {by}": lambda reader, by=by: breakdown.usage_by(reader, DAYS, by=by) for by in breakdown.BY},
    "in quarters of an hour": lambda reader: traffic.over_time(reader, DAYS, bucket=timedelta(minutes=15)),
    "in days": lambda reader: traffic.over_time(reader, DAYS, bucket=timedelta(days=1)),
    "totals": lambda reader: traffic.totals(reader, DAYS),
    "counted": lambda reader: traffic.counted(reader, DAYS),
    "heat": lambda reader: heat.hour_by_weekday(reader, DAYS, zone="America/New_York"),
    "latency": lambda reader: latency.quantiles(reader, DAYS, bucket=timedelta(hours=3)),
    "last use": lambda reader: activity.last_use(reader, DAYS),
    "coverage": lambda reader: coverage.source_hours(reader, DAYS),
    "networks": lambda reader: origins.origins_by_key(reader, DAYS, "network"),
    "outcomes": lambda reader: outcomes.outcomes_by_key(reader, DAYS),
    "latest": lambda reader: requests.latest(reader, DAYS, limit=50).drop(columns="batch"),
    "curves": lambda reader: sparkline.by_key(reader, DAYS, 20),
    "what is new": lambda reader: new_values(reader, DAYS).sort_values(["kind", "key_ref", "value"], ignore_index=True),
}
PULLED = re.compile(r",[-0-9T:]+Z$", re.MULTILINE)
"""When keys were imported, by the real clock: the last column of keys.csv."""
COMMANDS = (
    ("usage", "--since", "2026-09-27", "--until", "2026-10-02", "--by", "hour", "--json"),
    ("usage", "--since", "2026-09-27", "--until", "2026-10-02", "--by", "ip", "--json"),
    ("findings", "--json"),
    ("incidents", "--json"),
)


def busy() -> list[str]:
    """Three days of eight keys, their hosts and habits, and strangers who guess."""
    rng = random.Random(1)
    rows = []
    for number in range(5_200):
        at = NOON - timedelta(days=3) + timedelta(seconds=49 * number, microseconds=rng.randrange(1_000_000))
        row = json.loads(line(at, rng.choice(STATUSES), ip=f"192.0.2.{rng.randrange(9)}"))
        guess = f"kw_guess_{rng.randrange(900):04d}_5b1f0c"
        row["http_x_api_token"] = rng.choice([*KEYS, GOOD, guess, ""])
        row["request_uri"] = rng.choice(["/v1/pets", f"/v1/pets/{rng.randrange(50)}", f"/v1/invoices/inv_{number}"])
        row["http_user_agent"] = rng.choice(["curl/8.4.0", "python-requests/2.32", "okhttp/5.1"])
        row["request_time"] = rng.randrange(900) / 1000
        rows.append(json.dumps(row))
    for number in range(40):
        at = NOON - timedelta(minutes=number)
        rows += [line(at, token=GOOD, uri=uri) for uri in (f"/v1/orders/{number // 2 * 3}", f"/v1/list?page={number}")]
    return rows


@pytest.fixture(scope="module")
def houses(
    _empty: Path, tmp_path_factory: pytest.TempPathFactory, clickhouse_server: Client
) -> Iterator[dict[str, Path]]:
    """Two workspaces with one pepper, and the same logs."""
    found = {}
    for name, events in (("files", "events"), ("clickhouse", "chdb://memory/house")):
        folder = copied(_empty, tmp_path_factory.mktemp("template") / name)
        (folder / "keywatch.toml").write_text(f'{ATTACKED}\n[store]\nevents = "{events}"\n')
        (folder / "busy.log").write_text("".join(f"{one}\n" for one in busy()))
        (folder / "access.log").write_text("".join(f"{one}\n" for one in attack()))
        (folder / "keys.csv").write_text(
            "key_id,name,environment,owner,status,created_at,expires_at,secret\n"
            f"k1,billing,production,Payments,active,2026-09-01,2027-09-01,{GOOD}\n"
            f"k2,old,production,Payments,revoked,2026-09-01,2026-09-20,{KEYS[0]}\n"
        )
        found[name] = folder
    yield found
    clickhouse_server.command("DROP DATABASE IF EXISTS house SYNC")


@pytest.fixture
def both(
    houses: dict[str, Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> dict[str, Cli]:
    """The command line in each; what one test ingests, the next one finds."""
    clis = {name: Cli(folder, capsys, monkeypatch) for name, folder in houses.items()}
    for cli in clis.values():
        if not (cli.root / "alerts.jsonl").exists():
            (cli.root / "alerts.jsonl").touch()
            for words in (
                ("ingest", "--source", "edge", cli.root / "busy.log"),
                ("ingest",),
                ("keys", "import", cli.root / "keys.csv", "--hash-keys"),
                ("detect", "--until", UNTIL),
            ):
                done = cli(*words)
                assert done.code == 0, done.err
    return clis


def test_every_question_has_the_same_answer(both: dict[str, Cli]) -> None:
    spaces = [Workspace.at(cli.config) for cli in both.values()]
    empty = []
    for name, question in QUESTIONS.items():
        answers = []
        for space in spaces:
            with space.store.reader(DAYS) as reader:
                answers.append(question(reader))
        pd.testing.assert_frame_equal(*answers, rtol=1e-12, obj=name)
        empty += [name] * (len(answers[0]) == 0)
    for space in spaces:
        space.close()

    assert len(empty) < len(QUESTIONS) / 3, empty


def test_every_command_tells_the_same(both: dict[str, Cli]) -> None:
    for words in COMMANDS:
        files, server = (cli(*words).json() for cli in both.values())
        assert files, words
        assert files == server, words


def test_the_report_is_the_same(both: dict[str, Cli]) -> None:
    sheets = []
    for cli in both.values():
        done = cli(
            "report", "render", "--period", "2026-09-28..2026-10-01", "--until", UNTIL, "-o", cli.root / "report"
        )
        assert done.code == 0, done.err
        sheets.append({path.name: PULLED.sub("", path.read_text()) for path in (cli.root / "report").rglob("*.csv")})
        shutil.rmtree(cli.root / "report")

    assert sheets[0]
    assert sheets[0] == sheets[1]


def test_status_and_doctor_know_the_server(both: dict[str, Cli]) -> None:
    status = both["clickhouse"]("store", "status", "--json").json()
    files = both["files"]("store", "status", "--json").json()
    remarks = both["clickhouse"]("doctor", "--json").json()

    assert {name: files[name] for name in ("segments", "sealed", "events", "first_event", "last_event")} == {
        name: status[name] for name in ("segments", "sealed", "events", "first_event", "last_event")
    }
    assert 0 < status["bytes"]
    assert {"ok"} == {one["level"] for one in remarks if one["about"] == "events"}


def test_compaction_and_another_look_change_nothing(both: dict[str, Cli]) -> None:
    words = COMMANDS[0]
    before = both["clickhouse"](*words).json()

    assert 0 == both["clickhouse"]("store", "compact").code
    assert 0 == both["clickhouse"]("ingest").code

    assert before == both["clickhouse"](*words).json()


def test_a_backup_is_left_to_the_servers_own_tools(both: dict[str, Cli], tmp_path: Path) -> None:
    done = both["clickhouse"]("store", "backup", tmp_path / "backup")

    assert done.code == 2
    assert "not in files" in done.err


def test_what_is_forgotten_is_gone_from_every_table_and_counts_stay_as_on_files(
    both: dict[str, Cli], clickhouse_server: Client
) -> None:
    """The last test: it changes both houses."""

    def held() -> str:
        tables = ("events", "usage", "facets")
        return "\n".join(str(clickhouse_server.query(f"SELECT * FROM house.{one}").result_rows) for one in tables)

    cli = both["clickhouse"]
    lines = cli("privacy", "export", "k1").out.splitlines()
    refs = (row["key_ref"] for row in map(json.loads, lines) if row["table"] == "key_refs")
    ref = next(one for one in refs if one.startswith("fp:"))
    before, whole = held(), cli("usage", "--since", "2026-09-27", "--until", "2026-10-02", "--by", "hour", "--json").out
    for subject in (GUESSER, "192.0.2.3", "k1"):
        done = [one("privacy", "erase", subject, "--yes") for one in both.values()]
        assert [0, 0] == [one.code for one in done], done

    words = (GUESSER, "192.0.2.3'", ref)
    after = held()
    assert [(True, False)] * 3 == [(word in before, word in after) for word in words]
    assert {"'address-1'", "'address-2'", "'id:key-3'"} == set(re.findall(r"'(?:address|id:key)-\d'", after))
    assert whole == cli("usage", "--since", "2026-09-27", "--until", "2026-10-02", "--by", "hour", "--json").out
    assert [] == clickhouse_server.query("SELECT name FROM system.tables WHERE name LIKE 'erasing%'").result_rows
    spaces = [Workspace.at(one.config) for one in both.values()]
    for name, question in QUESTIONS.items():
        answers = []
        for space in spaces:
            with space.store.reader(DAYS) as reader:
                answers.append(question(reader))
        pd.testing.assert_frame_equal(*answers, rtol=1e-12, obj=name)
    for space in spaces:
        space.close()

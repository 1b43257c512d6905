"""A workspace of the first schema and one of the schema before are brought up to date and answer as they did.

Each was written by the program of its time: `tests/store/workspaces/0001.tar.gz` by commit b87570a, 0016 by e4d65cf
(init, keys import, ingest, detect, alerts deliver). With a new migration, the workspace of the schema before it takes
the place of 0016.
"""

import sqlite3
import tarfile
from pathlib import Path

import pytest
from commandline import GUESSER, UNTIL, Cli

from store.state.upgrade import HEAD

WORKSPACES = Path(__file__).parents[1] / "store" / "workspaces"
FOUND = {
    "0001": {
        ("auth-burst-address", "0d5d1574fe724625", "c651ae4bbbacb535", GUESSER, 40),
        ("key-guessing", "d2ec689937f38092", "c651ae4bbbacb535", GUESSER, 40),
    },
    "0016": {("key-guessing", "d2ec689937f38092", "923217e26cc847f8", GUESSER, 40)},
}
"""Of each schema the findings that its workspace has: detector, id, incident, address and count."""


@pytest.fixture(params=FOUND)
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def old(version: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    with tarfile.open(WORKSPACES / f"{version}.tar.gz") as packed:
        packed.extractall(tmp_path, filter="data")
    root = tmp_path / "workspace"
    for secret in ("keywatch.toml", "keywatch.pepper", "keywatch.db"):
        (root / secret).chmod(0o600)
    assert [(version,)] == rows(root, "SELECT version_num FROM alembic_version")
    return Cli(root, capsys, monkeypatch)


def rows(root: Path, query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(root / "keywatch.db")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_the_schema_before_todays_is_among_them() -> None:
    assert [f"{int(HEAD) - 1:04}"] == sorted(FOUND)[1:]


def test_it_answers_as_it_did(old: Cli, version: str) -> None:
    usage = old("usage", "--by", "status", "--json", "--since", "2026-10-01T00:00:00Z").json()
    [key] = old("keys", "list", "--json").json()
    names = ("detector", "id", "incident_id", "ip", "count")
    found = {tuple(one[name] for name in names) for one in old("findings", "--json").json()}
    status = old("store", "status", "--json").json()

    assert [("ok", 300), ("unauthenticated", 40)] == [(row["status"], row["requests"]) for row in usage]
    assert ("k1", "billing", "Payments") == (key["key_id"], key["name"], key["owner"])
    assert FOUND[version] == found
    assert (340, HEAD, "sqlite") == (status["events"], status["state"]["schema"], status["state"]["engine"])
    assert not [one for one in status["health"] if one["level"] == "error"]


def test_what_was_read_is_not_read_again_and_what_was_told_is_not_told_again(old: Cli, version: str) -> None:
    told = (old.root / "alerts.jsonl").read_bytes()

    assert 0 == old("ingest").code == old("detect", "--until", UNTIL).code == old("alerts", "deliver").code

    assert 340 == old("store", "status", "--json").json()["events"]
    assert told == (old.root / "alerts.jsonl").read_bytes()
    assert {one[1] for one in FOUND[version]} <= {one["id"] for one in old("findings", "--json").json()}


def test_it_goes_on_from_there(old: Cli) -> None:
    log = old.root / "access.log"
    lines = log.read_text().splitlines(keepends=True)
    log.write_text("".join([*lines, lines[-1].replace("12:30:39", "12:30:40")]))

    old("ingest")

    assert 341 == old("store", "status", "--json").json()["events"]
    assert 0 == old("store", "compact").code == old("audit", "verify").code
    done = old("store", "backup", old.root / "copy")
    assert (0, True) == (done.code, "341 events" in done.err)


def test_a_newer_schema_is_refused_in_words_by_every_command_and_left_as_it_is(old: Cli) -> None:
    connection = sqlite3.connect(old.root / "keywatch.db")
    with connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    before = (old.root / "keywatch.db").read_bytes()

    for words in (("store", "status"), ("ingest",), ("run", "--once"), ("usage",), ("metrics",)):
        done = old(*words)
        assert (1, "") == (done.code, done.out), words
        assert f"The state's schema is 9999, newer than this keywatch ({HEAD})." in done.err
        assert "Install the keywatch that wrote it, or a newer one." in done.err

    assert before == (old.root / "keywatch.db").read_bytes()

"""`keywatch privacy`: what is known is handed out; a person, an address or a key is forgotten, and no seal breaks."""

import json
import sqlite3
from pathlib import Path

import duckdb
import pytest
from commandline import GOOD, GUESSER, NOON, Cli, line

from keywatch.workspace import Workspace
from store.compaction import merge
from store.state import segments
from tests.keywatch.test_review import AT, decide, opened, rows

OWNER = "Payments"


def everything(cli: Cli) -> str:
    connection = sqlite3.connect(cli.root / "keywatch.db")
    dump = "\n".join(
        line
        for line in connection.iterdump()
        if not {"audit_log", "audit_head", "sqlite_sequence"} & set(line.split('"'))
    )
    connection.close()
    return dump


def exported(cli: Cli, subject: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in cli("privacy", "export", subject).out.splitlines()]


def test_everything_that_mentions_a_person_is_handed_out(found: Cli) -> None:
    got = exported(found, OWNER)

    assert {"keys", "key_history"} >= {str(row["table"]) for row in got} >= {"keys"}


def test_an_address_and_a_key_come_with_their_events(found: Cli) -> None:
    assert 40 == sum(row["table"] == "events" and row["ip"] == GUESSER for row in exported(found, GUESSER))
    assert 300 == sum(row["table"] == "events" for row in exported(found, "billing"))


def test_a_person_is_forgotten_and_the_sealed_report_stays_whole(found: Cli) -> None:
    folder = opened(found)
    decide(folder, rationale="By eve@corp.example")
    found("report", "close", "--until", AT.isoformat())
    found("report", "render", "--period", "last-1d", "-o", found.root / "rendered")
    found("incidents", "assign", found("incidents", "--json").json()[0]["id"], OWNER)

    done = found("privacy", "erase", OWNER, "--yes")

    assert 0 == done.code, done.err
    assert OWNER not in everything(found)
    assert [] == [path.name for path in folder.iterdir() if OWNER.encode() in path.read_bytes()]
    assert OWNER not in {row["value"] for row in rows(folder, "people.csv")}
    assert 0 == found.bare("report", "verify", folder).code
    assert 0 == found("audit", "verify").code
    assert "privacy erased" == found("audit", "list", "--json").json()[0]["action"]
    assert OWNER not in str(found("audit", "list", "--json").json()[0])
    assert [] == list((found.root / "rendered").iterdir())


def test_another_person_of_a_like_name_stays(found: Cli) -> None:
    (found.root / "more.csv").write_text("key_id,name,owner\nk7,seven,ada@corp.example\nk8,eight,nada@corp.example\n")
    found("keys", "import", found.root / "more.csv")

    found("privacy", "erase", "ada@corp.example", "--yes")

    owners = {row["owner"] for row in exported(found, "nada@corp.example") if row["table"] == "keys"}
    assert {"nada@corp.example"} == owners
    assert [] == [row for row in exported(found, "ada@corp.example") if row["table"] == "keys"]


def stored(cli: Cli) -> str:
    """All that the events' files hold."""
    files = f"read_parquet('{cli.root}/events/*/*.{{kind}}.parquet', union_by_name = true)"
    with duckdb.connect() as duck:
        kinds = {path.name.split(".")[1] for path in (cli.root / "events").glob("*/*.parquet")}
        return "\n".join(str(duck.execute(f"FROM {files.format(kind=kind)}").fetchall()) for kind in sorted(kinds))


def seal(cli: Cli) -> None:
    """The tail becomes a sealed segment, whose own file still lies there for those who read it."""
    workspace = Workspace.at(cli.config)
    with workspace.store.reading() as tx:
        manifest = segments.overlapping(tx, None)
    merge(workspace.store, manifest, now=NOON, seal=True)
    workspace.close()


def sums(cli: Cli) -> list[list[int]]:
    return sorted([row["requests"], row["successes"], row["unauthorized"]] for row in cli("usage", "--json").json())


@pytest.mark.parametrize("sealed", [False, True])
def test_an_address_is_forgotten_in_events_counts_findings_and_alerts(found: Cli, *, sealed: bool) -> None:
    cli = found
    folder = opened(cli)
    cli("report", "render", "--period", "last-1d", "--until", AT.isoformat(), "-o", cli.root / "rendered")
    (cli.root / "more.log").write_text(f"{GUESSER} - no line at all\n")
    cli("ingest", cli.root / "more.log")
    if sealed:
        seal(cli)
    before = sums(cli)
    assert all(GUESSER in where for where in (everything(cli), stored(cli), (folder / "people.csv").read_text()))

    done = cli("privacy", "erase", GUESSER, "--yes")

    assert (0, True) == (done.code, "stands in its place" in done.err), done.err
    assert [False] * 3 == [
        GUESSER in where for where in (everything(cli), stored(cli), (folder / "people.csv").read_text())
    ]
    assert before == sums(cli)
    assert 0 == cli.bare("report", "verify", folder).code
    assert 0 == cli("audit", "verify").code
    newest = cli("audit", "list", "--json").json()[0]
    assert ("privacy erased", "address") == (newest["action"], newest["detail"]["kind"])
    assert GUESSER not in str(newest)
    assert [] == list((cli.root / "rendered").iterdir())


@pytest.mark.parametrize("sealed", [False, True])
def test_a_key_is_forgotten_and_its_counts_stay(found: Cli, *, sealed: bool) -> None:
    cli = found
    page = json.loads(line(NOON)) | {"http_referer": f"https://dash.example/?token={GOOD}"}
    with (cli.root / "access.log").open("a") as log:
        log.write(json.dumps(page) + "\n")
    assert 0 == cli("ingest").code
    cli("keys", "ignore", "billing", "--reason", "billing is tested", "--approver", "eve", "--until", "9d")
    ref = next(str(row["key_ref"]) for row in exported(cli, "billing") if row["table"] == "key_refs")
    folder = opened(cli)
    if sealed:
        seal(cli)
    before = sums(cli)
    assert "key_in_referer:fp:1:" in stored(cli)

    done = cli("privacy", "erase", "k1", "--yes")

    assert (0, True) == (done.code, "sealed, names the key" in done.err), done.err
    state, stand_in = everything(cli), done.err.partition(" stands in its place")[0].split()[-1]
    assert [] == [word for word in ("billing", "'k1'", ref, ref[-20:]) if word in state or word in stored(cli)]
    assert "key_in_referer:fp:1:" not in stored(cli)
    assert [(stand_in, stand_in, "Payments", "active")] == [
        tuple(row[name] for name in ("key_id", "name", "owner", "status"))
        for row in cli("keys", "list", "--json").json()
    ]
    assert before == sums(cli)
    assert 300 == sum(row["table"] == "events" for row in exported(cli, stand_in))
    assert 0 == cli.bare("report", "verify", folder).code
    assert 0 == cli("audit", "verify").code


def test_an_address_is_forgotten_where_events_hold_pseudonyms_of_addresses(cli: Cli) -> None:
    cli.configure('[privacy]\naddresses = "pseudonymised"\n')
    cli.log(
        [f'{GUESSER} - - [01/Oct/2026:12:00:00 +0000] "GET /v1/from/{GUESSER}/{GUESSER} HTTP/1.1" 200 5 "-" "curl"']
    )
    cli("ingest", cli.root / "access.log")
    hidden = next(str(row["ip"]) for row in exported(cli, GUESSER) if row["table"] == "events")

    assert 0 == cli("privacy", "erase", GUESSER, "--yes").code

    assert hidden.startswith("ip-1-")
    assert [False] * 2 == [word in stored(cli) for word in (hidden, GUESSER)]


@pytest.mark.parametrize("subject", [OWNER, GUESSER, "billing"])
def test_forgetting_twice_changes_nothing_more(found: Cli, subject: str) -> None:
    found("privacy", "erase", subject, "--yes")
    before = everything(found), stored(found)

    done = found("privacy", "erase", subject, "--yes")

    assert (0, True) == (done.code, "Nothing that can be changed knows" in done.err), done.err
    assert before == (everything(found), stored(found))


def test_an_erasure_that_died_between_files_and_state_is_ended_by_the_next(
    found: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as dying:
        dying.setattr("store.state.mentions.replace", _die)
        with pytest.raises(OSError, match="died"):
            found("privacy", "erase", GUESSER, "--yes")
    assert (True, False) == (GUESSER in everything(found), GUESSER in stored(found))

    assert 0 == found("privacy", "erase", GUESSER, "--yes").code

    assert GUESSER not in everything(found)
    assert "address-1" in stored(found)


def test_a_key_that_no_inventory_knows_is_forgotten_by_its_reference(found: Cli) -> None:
    refs = {row["key_ref"] for row in exported(found, GUESSER) if row["table"] == "events"}
    stranger = min(str(ref) for ref in refs)

    assert 0 == found("privacy", "erase", stranger, "--yes").code

    assert (False, True) == (stranger in stored(found), "id:key-1" in stored(found))


def test_a_name_that_is_one_of_our_words_changes_no_status_and_no_cursor(found: Cli) -> None:
    (found.root / "more.csv").write_text(f"key_id,name,owner\nk7,open,edge\nk8,{found.root.name},ops\n")
    found("keys", "import", found.root / "more.csv")
    before = [row["status"] for row in found("findings", "--json").json()]

    for subject in ("k7", "k8", "edge"):
        found("privacy", "erase", subject, "--yes")

    assert before == [row["status"] for row in found("findings", "--json").json()]
    assert "no new line" in found("ingest").err


@pytest.mark.parametrize(("subject", "said"), [("203.0.113.0/24", "is a network"), (" ", "Nobody is named")])
def test_what_cannot_be_forgotten_is_told(found: Cli, subject: str, said: str) -> None:
    done = found("privacy", "erase", subject, "--yes")

    assert (2, True) == (done.code, said in done.err)


def _die(*_: object) -> dict[str, int]:
    msg = "died"
    raise OSError(msg)


def test_nothing_is_forgotten_without_a_yes(found: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))

    assert 0 != found("privacy", "erase", OWNER).code
    assert OWNER in everything(found)
    assert Path(found.root).is_dir()

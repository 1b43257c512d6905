"""The same story on SQLite and on PostgreSQL: ingest, keys, detection, what people do, reports, housekeeping."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from commandline import ATTACKED, GOOD, UNTIL, Cli, attack, copied

STATE = '\n[store]\nstate = "{state}"\n[secrets]\npepper = "file:keywatch.pepper"\n'
KEYS = (
    "key_id,name,environment,owner,status,created_at,expires_at,secret\n"
    f"k1,billing,production,Payments,active,2026-09-01,2027-09-01,{GOOD}\n"
    "k2,idle,production,Payments,active,2026-01-01,,\n"
)
_MOMENT = re.compile(r"20\d\d-\d\d-\d\d[T ][0-9:.]+(\+00:00|Z)?")


def told(cli: Cli, *words: str, code: int = 0) -> Any:  # noqa: ANN401 (whatever the command printed)
    done = cli(*words)
    assert code == done.code, (words, done.err)
    return json.loads(done.out) if "--json" in words else None


def story(cli: Cli, state: str) -> dict[str, Any]:
    """What each command says along the way."""
    cli.configure(ATTACKED + STATE.format(state=state))
    cli.log(attack())
    (cli.root / "keys.csv").write_text(KEYS)
    said: dict[str, Any] = {}
    said["ingest"] = told(cli, "ingest", "--json")
    told(cli, "keys", "import", str(cli.root / "keys.csv"), "--hash-keys")
    said["again"] = told(cli, "ingest", "--json")
    said["keys"] = told(cli, "keys", "list", "--json")
    said["usage"] = told(cli, "usage", "--key", "k1", "--since", "2026-10-01", "--json")
    said["detect"] = told(cli, "detect", "--until", UNTIL, "--json")
    said["rerun"] = told(cli, "detect", "--until", UNTIL, "--json")
    said["incidents"] = told(cli, "incidents", "--json")
    incident = said["incidents"][0]["id"]
    told(cli, "alerts", "deliver")
    for act in (
        ("incidents", "assign", incident, "ana"),
        ("incidents", "comment", incident, "It was us."),
        ("incidents", "ack", incident),
        ("incidents", "resolve", incident, "--as", "false"),
        ("keys", "ignore", "k2", "--until", "30d", "--reason", "kept", "--approver", "bo"),
        ("silences", "add", "--owner", "Payments", "--until", "2h", "--reason", "move"),
        ("report", "render", "--period", "2026-09", "-o", str(cli.root / "report")),
        ("store", "compact"),
        ("store", "prune"),
        ("audit", "verify"),
    ):
        told(cli, *act)
    said["findings"] = told(cli, "findings", "--json")
    said["silences"] = told(cli, "silences", "list", "--json")
    said["alerts"] = told(cli, "alerts", "list", "--json")
    said["status"] = status = told(cli, "store", "status", "--json")
    # What depends on the machine, or is the engine's own.
    for name in ("free_bytes", "health"):
        del status[name]
    status["state"] = {table: rows for table, rows in status["state"]["rows"].items() if table != "leases"}
    said["metrics"] = sorted({line.partition(" ")[0] for line in cli("metrics").out.splitlines() if line[:1] != "#"})
    said["report"] = sorted(path.name for path in (cli.root / "report").rglob("*"))
    return said


def settled(said: object, names: dict[str, str]) -> object:
    """Without the moments at which it was told."""
    text = _MOMENT.sub("T", json.dumps(said, sort_keys=True, default=str))
    for name, stand_in in names.items():
        text = text.replace(name, stand_in)
    return json.loads(text)


def test_every_command_says_the_same_on_both(
    cli: Cli, database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def told_on(state: str, folder: str) -> dict[str, Any]:
        return story(Cli(copied(cli.root, tmp_path / folder), capsys, monkeypatch), state)

    lite = told_on("sqlite:///keywatch.db", "lite")
    served = told_on(database, "served")

    for name, expected in lite.items():
        assert settled(expected, {"/lite": "/w"}) == settled(served[name], {"/served": "/w"}), name

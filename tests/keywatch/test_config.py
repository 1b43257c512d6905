"""The config: what is wrong is said with the name that was meant, variables go above the file, secrets are masked."""

import os
from pathlib import Path

import pytest
from commandline import Cli, attack

TARGET = '[[alerts.targets]]\nname = "chat"\nurl = "{url}"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[stor]\nstate = "sqlite:///a.db"\n', "stor is unknown. Did you mean 'store'?"),
        ('[store]\nstat = "sqlite:///a.db"\n', "store.stat is unknown. Did you mean 'state'?"),
        ('[[sources]]\nname = "a"\npath = "b"\nfromat = "c"\n', "sources.0.fromat is unknown. Did you mean 'format'?"),
        ('[[sources]]\nname = "a"\n', "sources.0: name exactly one of path, url and cloudwatch"),
        ('[[sources]]\nname = "a"\npath = "b"\nurl = "c"\n', "name exactly one of path, url and cloudwatch"),
        ('[[sources]]\nname = "a"\npath = "b"\nloki = { query = "{}" }\n', "need a url"),
        ('[[sources]]\nname = "a"\nurl = "https://b"\nloki = { qery = "{}" }\n', "Did you mean 'query'?"),
        ('[[sources]]\nname = "a"\nurl = "https://b"\nauth = { user = "x" }\n', "user and password belong together"),
        ('[[sources]]\nname = "a"\nurl = "https://b"\npull = { start = "soon" }\n', "Write a number and a unit"),
        ('[[sources]]\nname = "a"\nurl = "https://b"\nhttp = { since = "from" }\n', "since and until belong together"),
        ('[[sources]]\nname = "a"\npath = 3\n', "sources.0.path: Input should be a valid string"),
        ("[dashboard]\nport = 'many'\n", "dashboard.port: Input should be a valid integer"),
        ("[store\n", "is not TOML"),
        ('[[alerts.routes]]\nwhen = { sevrity = "high" }\nto = []\n', "when has no 'sevrity'"),
        ('[[alerts.routes]]\nwhen = { severity = "hi" }\nto = []\n', "severity 'hi' is none"),
        ('[[alerts.routes]]\nto = ["chat"]\n', "sends to 'chat', which is no target"),
        (TARGET.format(url="env:NOT_SET_ANYWHERE"), "the variable NOT_SET_ANYWHERE is not set"),
        (TARGET.format(url="file:nowhere.url"), "cannot be read: No such file"),
        (TARGET.format(url="nonsense"), "'chat' has no URL"),
        (TARGET.format(url="https://a.example/x") * 2, "[[alerts.targets]] has the name 'chat' twice"),
        ('[[sources]]\nname = "a"\npath = "b"\n' * 2, "[[sources]] has the name 'a' twice"),
        ('[[sources]]\nname = "a"\npath = "b"\nformat = "combind"\n', "There is no format 'combind'"),
        ('[detectors]\nbudget = "much"\n', "budget is 'much'"),
        ('[detectors.unused-kee]\nafter = "4d"\n', "Did you mean unused-key?"),
        ('[detectors.unused-key]\naftr = "4d"\n', "Did you mean after?"),
        ('[detectors.unused-key]\nafter = "soon"\n', "after is 'soon', and should be like 45d"),
        ('[secrets]\npepper = "env:NOT_SET_ANYWHERE"\n', "The pepper is env:NOT_SET_ANYWHERE"),
    ],
)
def test_config_check_names_what_is_wrong_and_ends_with_4(cli: Cli, text: str, said: str) -> None:
    cli.configure(text)

    done = cli("config", "check")

    assert (4, "") == (done.code, done.out)
    assert said in done.err


def test_the_config_that_init_writes_is_right(cli: Cli) -> None:
    done = cli("config", "check")

    assert done.code == 0
    assert "is right" in done.err


def test_a_pepper_that_others_may_read_is_refused_before_anything_is_read(cli: Cli) -> None:
    path = cli.log(attack())
    (cli.root / "keywatch.pepper").chmod(0o640)

    done = cli("ingest", path)

    assert done.code == 4
    assert "others may read (mode 0640)" in done.err
    assert "chmod 600" in done.err
    assert cli("store", "status", "--json").json()["events"] == 0


def test_a_pepper_that_is_none_is_refused_without_showing_it(cli: Cli) -> None:
    (cli.root / "keywatch.pepper").write_text("not-the-digits-you-look-for")

    done = cli("ingest", cli.log(attack()))

    assert done.code == 4
    assert "is not <version>:<hex digits>" in done.err
    assert "not-the-digits" not in done.err


def test_a_variable_goes_above_the_file(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.configure('[store]\nevents = "from-file"\n')
    monkeypatch.setenv("KEYWATCH_STORE__EVENTS", "from-variable")
    monkeypatch.setenv("KEYWATCH_SOURCES", '[{"name": "edge", "path": "access.log"}]')

    shown = cli("config", "show").json()

    assert shown["store"]["events"] == "from-variable"
    assert [("edge", "access.log")] == [(source["name"], source["path"]) for source in shown["sources"]]


def test_a_variable_that_ends_in_file_is_read_from_there(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mounted").write_text("from-mount\n")
    monkeypatch.setenv("KEYWATCH_STORE__EVENTS_FILE", str(tmp_path / "mounted"))

    shown = cli("config", "show").json()

    assert shown["store"]["events"] == "from-mount"
    assert "KEYWATCH_STORE__EVENTS" not in os.environ


def test_the_config_file_may_be_named_by_a_variable(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.configure("[dashboard]\nport = 9999\n")
    monkeypatch.setenv("KEYWATCH_CONFIG", str(cli.config))

    assert cli.bare("config", "show").json()["dashboard"]["port"] == 9999


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("KEYWATCH_STROE__EVENTS", "x", "Did you mean KEYWATCH_STORE__"),
        ("KEYWATCH_STORE__EVNTS", "x", "store.evnts is unknown. Did you mean 'events'?"),
        ("KEYWATCH_SOURCES", "[{", 'error parsing value for field "sources"'),
        ("KEYWATCH_STORE__EVENTS_FILE", "/nowhere/at/all", "cannot be read: No such file"),
    ],
)
def test_a_wrong_variable_ends_with_4(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)

    done = cli("config", "check")

    assert done.code == 4
    assert said in done.err


def test_config_show_masks_what_may_be_secret_and_shows_references(cli: Cli) -> None:
    targets = [
        TARGET.format(url="https://hooks.example/services/T0PSECRET/abcdef"),
        TARGET.format(url="env:CHAT_URL").replace("chat", "by-reference"),
        TARGET.format(url="jsonl:alerts.jsonl").replace("chat", "a-file"),
    ]
    cli.configure(
        '[store]\nstate = "postgresql+psycopg://kw:T0PSECRET@db/keywatch"\n'
        f'[secrets]\npepper = "1:{b"T0PSECRET".hex() * 4}"\n' + "".join(targets)
    )

    done = cli("config", "show")

    assert done.code == 0
    assert "T0PSECRET" not in done.out
    assert b"T0PSECRET".hex() not in done.out
    assert "postgresql+psycopg://kw:****@db/keywatch" == done.json()["store"]["state"]
    urls = [target["url"] for target in done.json()["alerts"]["targets"]]
    assert urls == ["https://hooks.example/****", "env:CHAT_URL", "jsonl:alerts.jsonl"]


ELSEWHERE = """
[[sources]]
name = "gateway"
url = "https://reader:kw-hidden@logs.example/v1"
auth = { headers = { "x-api-key" = "kw-hidden", "x-other" = "env:OTHER_KEY" } }
http = { records = "items" }

[[sources]]
name = "trail"
url = "memory://logs/{date:%Y/%m/%d}/*.gz"
objects = { options = { secret = "kw-hidden", anon = false, endpoint_url = "https://s3.example" } }
"""


def test_secrets_of_sources_are_masked_and_references_shown(cli: Cli) -> None:
    cli.configure(ELSEWHERE)

    done = cli("config", "show")

    assert done.code == 0
    assert "kw-hidden" not in done.out
    assert all(word in done.out for word in ("env:OTHER_KEY", "logs.example", "https://s3.example"))


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ('url = "https://b"\nhttp = {}\nauth = { bearer = "env:NOT_SET_ANYWHERE" }', "NOT_SET_ANYWHERE is not set"),
        ('url = "http://b"\nloki = { query = "{}" }', "without TLS"),
        ('url = "mars://b/*"', "no reading of mars://"),
        ('url = "memory://b/{date:%H}/*"', "does not name a day"),
        ('url = "mars://x/y"\nsql = { query = "SELECT 1", cursor = "id" }', "cannot be opened"),
        ('url = "sqlite:///x"\nsql = { query = "DELETE FROM x", cursor = "id" }', "no SELECT"),
        ('url = "https://b"\nhttp = {}\nca = "nowhere.pem"', "holds no certificates"),
    ],
)
def test_config_check_opens_what_sources_ask_and_sends_nothing(cli: Cli, place: str, said: str) -> None:
    cli.configure(f'[[sources]]\nname = "a"\n{place}\n')

    done = cli("config", "check")

    assert done.code == 4
    assert said in done.err


def test_a_signing_key_that_is_no_reference_is_refused_without_showing_it(cli: Cli) -> None:
    cli.configure('[reports]\nsigning_key = "MC4CAQAwBQYDK2VwBCIE"\n')

    done = cli("config", "check")

    assert done.code == 4
    assert "reports.signing_key: the key itself does not stand here: write env:NAME" in done.err
    assert "MC4CAQ" not in done.err + done.out

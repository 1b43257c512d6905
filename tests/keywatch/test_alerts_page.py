"""docs/alerts.md: its example is a config that is right, and its commands are those of the program."""

import re
import tomllib
from pathlib import Path

import pytest
from commandline import Cli

PAGE = (Path(__file__).parents[2] / "docs" / "alerts.md").read_text(encoding="utf-8")
EXAMPLE = re.findall(r"^```toml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)[0]


def test_the_whole_example_is_right(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    for target in tomllib.loads(EXAMPLE)["alerts"]["targets"]:
        kind, _, name = target["url"].partition(":")
        if kind == "env":
            monkeypatch.setenv(name, f"json://127.0.0.1/{name}")
    monkeypatch.setenv("HEARTBEAT_URL", "https://hc.example.com/ping/1")
    (cli.root / "soar.secret").write_text("hush")
    (cli.root / "soar.secret").chmod(0o600)
    cli.configure(EXAMPLE)

    done = cli("config", "check")

    assert 0 == done.code, done.err


def test_every_command_of_the_page_is_there(cli: Cli) -> None:
    named = {match[1].strip() for match in re.finditer(r"keywatch ((?:alerts|incidents|silences) [a-z]+)", PAGE)}

    assert len(named) > 8
    for words in named:
        assert 0 == cli(*words.split(), "--help").code, words

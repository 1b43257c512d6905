"""What the pages, the hints of errors and the runbooks tell people to type is there: each command, and each option."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from keywatch.__main__ import app
from keywatch.config.root import Config

ROOT = Path(__file__).parents[2]
ROOMS = ("alerts", "contrib", "dashboard", "detectors", "ingest", "keywatch", "model", "reports", "store")
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "contrib").rglob("*.md")])
SOURCES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
END = re.compile(r"\s#\s|\s\||\s>|\s<|&&|;|\$\(|…")
"""Where a command line ends, as far as its words are ours."""
WHOLE = (
    "README.md",
    "docs/alerts.md",
    "docs/clickhouse.md",
    "docs/dashboard.md",
    "docs/operations.md",
    "docs/scale.md",
)


def commands(path: Path) -> Iterator[str]:
    """What stands after `keywatch` in code, inline or on a line of its own in a block."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        for block in re.findall(r"^```(?!toml|nginx|json|python)[a-z]*\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
            yield from re.findall(r"^\s*(?:\$ )?(?:.venv/bin/)?keywatch (.+)$", block, re.MULTILINE)
        text = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    yield from re.findall(r"`keywatch ([a-z-][^`\n]*)`", text)


def missing(line: str) -> str | None:
    """What of a command line the program does not have."""
    command: Any = typer.main.get_command(app)
    words = END.split(f" {line} ", maxsplit=1)[0].split()
    while words:
        word = words.pop(0)
        inner = getattr(command, "commands", {})
        if word.startswith("-"):
            name = word.partition("=")[0].rstrip(",")
            if name not in {*(each for one in command.params for each in (*one.opts, *one.secondary_opts)), "--help"}:
                return f"{command.name} has no {name}"
            if name in {"-c", "--config"}:
                words.pop(0)
        elif word in inner:
            command = inner[word]
        elif inner and re.fullmatch("[a-z]+", word):
            return f"{command.name} has no command {word}"
    return None


@pytest.mark.parametrize("paths", [PAGES, SOURCES], ids=["pages", "hints"])
def test_each_command_that_people_are_told_to_type_is_there(paths: list[Path]) -> None:
    told = [(path, line) for path in paths for line in commands(path)]

    assert len(told) > 50
    assert [] == [(str(path.relative_to(ROOT)), line, why) for path, line in told if (why := missing(line))]


@pytest.mark.parametrize("page", WHOLE)
def test_each_piece_of_a_config_on_a_page_is_right(page: str) -> None:
    blocks = re.findall(r"^```toml\n(.*?)^```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)

    assert blocks
    for block in blocks:
        assert Config.model_validate(tomllib.loads(block))

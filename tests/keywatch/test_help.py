"""`--help` of every command answers, quickly, and without a heavy import."""

import json
import os
import resource
import subprocess
import sys

ALL_HELP = """
import json, re, sys
import typer
from typer.testing import CliRunner
from keywatch.__main__ import app

def paths(command, path=()):
    yield path
    for name, inner in getattr(command, "commands", {}).items():
        yield from paths(inner, (*path, name))

def told(command):
    yield command.help or ""
    yield from (getattr(one, "help", None) or "" for one in command.params)
    for inner in getattr(command, "commands", {}).values():
        yield from told(inner)

root = typer.main.get_command(app)
marked = [text for text in told(root) if re.search(r"\\[[a-z/#@]", text)]
asked = [list(path) for path in paths(root)]
codes = [CliRunner().invoke(app, [*path, "--help"]).exit_code for path in asked]
loaded = sorted({name.partition(".")[0] for name in sys.modules})
print(json.dumps({"asked": asked, "marked": marked, "codes": codes, "loaded": loaded}))
"""
HEAVY = {"alembic", "apprise", "duckdb", "numpy", "pandas", "pyarrow", "scipy", "sqlalchemy", "streamlit"}


def test_help_of_every_command_works_and_imports_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", ALL_HELP], capture_output=True, text=True, check=True)
    said = json.loads(done.stdout)

    assert set(said["codes"]) == {0}
    assert {"init", "ingest", "detect", "usage", "findings", "run"} <= {path[0] for path in said["asked"] if path}
    assert ["incidents", "ack"] in said["asked"]
    assert set() == HEAVY & set(said["loaded"])
    assert [] == said["marked"], "Rich takes words in square brackets for markup and shows nothing"


def test_help_takes_less_than_0_4_seconds_of_a_processor() -> None:
    took = min(_seconds("--help") for _ in range(3))

    assert took < 0.4


def test_without_a_command_the_help_is_shown() -> None:
    done = subprocess.run([sys.executable, "-m", "keywatch"], capture_output=True, text=True, check=False)

    assert "Commands" in done.stdout + done.stderr


def _seconds(*arguments: str) -> float:
    """Processor time, not elapsed time: a busy machine must not fail the test."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "keywatch", *arguments], capture_output=True, check=True, env=os.environ)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

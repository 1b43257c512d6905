"""The program itself, run as its users run it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOON = 40
"""Seconds in which SIGTERM ends a process on a machine that tests much else; ten are promised for one that is free."""


@pytest.fixture
def start() -> Callable[..., "subprocess.Popen[str]"]:
    """`start("-c", config, "ingest", path)` starts `keywatch` with these words."""

    def run(*words: object) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "keywatch", *map(str, words)],
            cwd=ROOT,
            env={**os.environ, "COLUMNS": "200"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return run


@pytest.fixture
def keywatch(start: Callable[..., "subprocess.Popen[str]"]) -> Callable[..., tuple[int, str, str]]:
    """`keywatch(…)` runs it to its end: exit code, stdout, stderr."""

    def run(*words: object) -> tuple[int, str, str]:
        process = start(*words)
        out, err = process.communicate(timeout=300)
        return process.returncode, out, err

    return run

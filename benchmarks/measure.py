"""Run a program and measure it: wall time and peak memory of that one process."""

import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]


class Failed(Exception):
    """A program ended with an error, or counted wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One run."""

    seconds: float
    """Wall time, start of the process included."""
    cpu_seconds: float
    """Processor time, user and system; what counts where a machine is shared."""
    peak_mb: float
    """Largest resident memory, in MB of 1,000,000 bytes."""
    output: str
    """What it wrote to its standard output."""


def run(command: Sequence[str]) -> Measured:
    """Run `command` from the repository's root with nothing on its standard input; raise Failed unless it exits 0.

    Peak memory is what wait4 tells of this child alone. Linux counts memory that the child had before exec, that is
    ours, so this process must stay small: nothing large is imported or generated in it.

    Python may keep what it compiles, as it does of whatever is installed: an environment that forbids it would have our
    own modules compiled at each start, for 0.3 s.
    """
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=ROOT, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            err.seek(0)
            told = err.read().decode(errors="replace")[-2_000:].strip()
            msg = f"{' '.join(command[:4])} … ended with {process.returncode}:\n{told}"
            raise Failed(msg)
        out.seek(0)
        return Measured(
            seconds=seconds,
            cpu_seconds=usage.ru_utime + usage.ru_stime,
            peak_mb=usage.ru_maxrss * 1024 / 1e6,
            output=out.read().decode(),
        )

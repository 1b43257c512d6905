"""What every Prometheus client tells of its process, under the names that all of them use; Linux' /proc tells it."""

import os
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from keywatch.metrics.exposition import Metric

_PROC: Final = Path("/proc/self")
_STAT_START: Final = 19
"""Fields of /proc/self/stat behind the process's name: when it started, in ticks since boot."""


def process_metrics() -> Iterator[Metric]:
    """Processor seconds, memory, file descriptors, start; what this system does not tell is left out."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    yield _one("process_cpu_seconds_total", "Processor time.", used.ru_utime + used.ru_stime, is_counter=True)
    try:
        pages = int((_PROC / "statm").read_text(encoding="ascii").split()[1])
        descriptors = sum(1 for _ in (_PROC / "fd").iterdir())
        stat = (_PROC / "stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        boot = next(
            float(line.split()[1])
            for line in Path("/proc/stat").read_text(encoding="ascii").splitlines()
            if line.startswith("btime ")
        )
    except (OSError, ValueError, IndexError, StopIteration):
        return
    yield _one("process_resident_memory_bytes", "Memory.", pages * os.sysconf("SC_PAGE_SIZE"))
    yield _one("process_open_fds", "Open file descriptors.", descriptors)
    yield _one("process_max_fds", "The most of them.", resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    started = boot + int(stat[_STAT_START]) / os.sysconf("SC_CLK_TCK")
    yield _one("process_start_time_seconds", "When it began.", started)


def _one(name: str, meaning: str, value: float, *, is_counter: bool = False) -> Metric:
    return Metric(name=name, kind="counter" if is_counter else "gauge", help=meaning, samples=[({}, value)])

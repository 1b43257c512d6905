"""Progress bars. Of an ingest: how far, how many lines, how fast, how long still. Of other work: how much of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from keywatch.commands.shared import console

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    from keywatch.collecting.ingesting import Progress

_MINUTE = 60
_HOUR = 3600


@dataclass(slots=True)
class Pace:
    """Lines and shares of one source after another become speed and time left. Times are monotonic seconds."""

    began: float
    before: int = 0
    """Lines of the sources before this one."""
    lines: int = 0
    source_began: float = 0.0

    def __post_init__(self) -> None:
        self.source_began = self.began

    def at(self, now: float, share: float, lines: int) -> tuple[int, float, str]:
        """All lines so far, lines a second, and how long this source still takes, in words."""
        if lines < self.lines:  # another source counts from 0
            self.before, self.source_began = self.before + self.lines, now
        self.lines = lines
        total = self.before + lines
        # Blocks come in bursts, so an estimate by the last few of them jumps.
        left = (now - self.source_began) * (1 - share) / share if share else None
        return total, total / max(0.001, now - self.began), "" if left is None else spelt(left)


def spelt(seconds: float) -> str:
    """`40 s left`, `3 min left`, `2 h 5 min left`."""
    if seconds < 2 * _MINUTE:
        return f"{seconds:.0f} s left"
    if seconds < 2 * _HOUR:
        return f"{seconds / _MINUTE:.0f} min left"
    return f"{seconds // _HOUR:.0f} h {seconds % _HOUR / _MINUTE:.0f} min left"


@contextmanager
def bar() -> Iterator["Progress | None"]:
    """A progress bar when stderr is a terminal, else nothing."""
    shown = console()
    if not shown.is_terminal:
        yield None
        return
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.fields[name]}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:3.0f} %"),
        TextColumn("{task.fields[lines]:,} lines"),
        TextColumn("{task.fields[speed]:,.0f} lines/s"),
        TextColumn("{task.fields[left]}"),
    )
    with Progress(*columns, console=shown, transient=True) as made:
        task = made.add_task("ingest", total=1.0, name="reading", lines=0, speed=0.0, left="")
        yield _shower(made, task)


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """A bar for work that is counted: `told(done, of)`. Nothing when stderr is no terminal."""
    shown = console()
    if not shown.is_terminal:
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn(what), TimeRemainingColumn())
    with Progress(*columns, console=shown, transient=True) as made:
        task = made.add_task(what, total=None)
        yield lambda done, of: made.update(task, completed=done, total=of)


def _shower(made: "Bar", task: "TaskID") -> Callable[[Path, float, int], None]:
    pace = Pace(made.get_time())

    def show(path: Path, share: float, lines: int) -> None:
        total, speed, left = pace.at(made.get_time(), share, lines)
        made.update(task, completed=share, name=path.name, lines=total, speed=speed, left=left)

    return show

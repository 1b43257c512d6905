"""`keywatch init --demo`: the main job on a made-up company, and a short summary of what it found."""

import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from keywatch.commands.shared import console, now, print_table, say

if TYPE_CHECKING:
    from keywatch.demo.play import Played
    from model.incident import Incident

_COLUMNS = ("severity", "status", "what_happened", "since")


def run_demo(folder: Path, *, seed: int, at: datetime | None = None) -> None:
    """Make the workspace, do the main job, print what was found and where things are."""
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from keywatch.demo.play import play

    began = time.monotonic()
    shown = console()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=shown, transient=True, disable=not shown.is_terminal) as bar:
        task = bar.add_task("", total=1.0)

        def step(text: str) -> None:
            bar.update(task, description=text, completed=0.0)
            if not shown.is_terminal:
                say(text)

        done = play(
            folder,
            now=at or now(),
            seed=seed,
            step=step,
            making=lambda made, total: bar.update(task, completed=made / total),
            progress=lambda _path, share, _lines: bar.update(task, completed=share),
        )
    _tell(done, folder, time.monotonic() - began)


def _tell(done: "Played", folder: Path, seconds: float) -> None:
    found = _incidents(folder)
    one = done.ingested
    say(f"\n{one.lines:,} lines: {one.events:,} events of {len(done.world.keys)} keys, {one.rejects} rejects.")
    rows = [
        {
            "severity": str(incident.severity),
            "status": str(incident.status),
            "what_happened": incident.headline,
            "since": incident.opened_at,
        }
        for incident in found
        if str(incident.severity) != "info"
    ]
    remarks = len(found) - len(rows)
    say(f"{len(found)} incidents ({remarks} of them remarks), {len(done.judgement.findings)} findings:\n")
    print_table(rows, _COLUMNS, empty="No incident.")
    say(f"\n{done.delivered.sent} alerts delivered; the local HTTP target got {len(done.received)}:")
    for message in done.received:
        say(f"  {message.get('title', '')}")
    root = folder.resolve()
    say(f"\nLog        {root / 'inputs' / 'access.log'}")
    say(f"Alerts     {root / 'alerts.jsonl'}")
    say(f"Report     {done.report / 'report.html'}")
    say(f"Dashboard  keywatch -c {root / 'keywatch.toml'} dashboard")
    say(f"All of it took {seconds:.0f} s.")


def _incidents(folder: Path) -> "list[Incident]":
    from keywatch.workspace import Workspace
    from store.state.incidents import list_incidents

    workspace = Workspace.at(folder / "keywatch.toml")
    try:
        with workspace.store.reading() as tx:
            found = list_incidents(tx)
    finally:
        workspace.close()
    return sorted(found, key=lambda one: (str(one.status) == "resolved", -one.severity.rank, one.opened_at))

"""The demo's main job: make the world, then do with it what a user does with their own log."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from alerts.delivery import DeliveryReport
from ingest.inventory.read import read_keys
from keywatch.collecting.ingesting import Ingested, Progress, ingest_source
from keywatch.demo.receiver import receiver
from keywatch.demo.world import World, make_world
from keywatch.detecting.judging import Judgement, judge
from keywatch.inventory.registering import register
from keywatch.new_workspace import make
from keywatch.process import work
from keywatch.reporting.taking import render_report
from keywatch.running.cycle import deliver_due
from keywatch.workspace import Workspace
from model.clock import FixedClock

CONFIG = """\
# The demo's workspace. Its log and inventory lie in inputs/; everything else was made from them.

[store]
state  = "sqlite:///keywatch.db"
events = "events"

[secrets]
pepper   = "file:keywatch.pepper"
prefixes = ["ac_live_", "ac_dev_"]

[[sources]]
name = "edge"
path = "inputs/access.log*"

[inventory]
sources = [{{ type = "csv", path = "inputs/keys.csv", hash_keys = true }}]

[detectors]
budget = "0.5/day"

[dashboard]
link = "http://127.0.0.1:8501"        # alerts link to it

[[alerts.targets]]
name = "file"
url  = "jsonl:alerts.jsonl"

[[alerts.targets]]
name = "webhook"                      # listened only while the demo ran
url  = "{webhook}"

[[alerts.routes]]
when = {{ severity = "high" }}
to   = ["file", "webhook"]

[[alerts.routes]]
when = {{ severity = "low" }}
to   = ["file"]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What the demo did."""

    world: World
    ingested: Ingested
    judgement: Judgement
    delivered: DeliveryReport
    received: list[dict[str, Any]]
    """What the local HTTP target got."""
    report: Path


def play(
    folder: Path,
    *,
    now: datetime,
    seed: int,
    scale: float = 1.0,
    step: Callable[[str], None],
    making: Callable[[int, int], None] | None = None,
    progress: Progress | None = None,
) -> Played:
    """Fill `folder` with a workspace and do the main job in it. `step` is told what comes next."""
    clock = FixedClock(now)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    step("Making fifteen days of a company's traffic …")
    world = make_world(folder / "inputs", now=now, seed=seed, progress=making, scale=scale)
    with receiver() as received:
        make(folder, CONFIG.format(webhook=received.url))
        workspace = Workspace.at(folder / "keywatch.toml")
        try:
            with workspace.lock(work.SEGMENTS):
                keys = read_keys(world.inventory, pulled_at=now, source="csv", pepper=workspace.pepper)
                register(workspace, keys, where=str(world.inventory), now=now)
                step(f"Reading {world.lines:,} lines of its access log …")
                ingested = ingest_source(workspace, workspace.config.sources[0], clock=clock, progress=progress)
                step("Looking for what is wrong …")
                judgement = judge(workspace, now=now)
            step("Telling the targets …")
            delivered = deliver_due(workspace, clock)
            step("Writing the report …")
            report = render_report(workspace, "last-14d", now=now)
        finally:
            workspace.close()
    return Played(
        world=world,
        ingested=ingested,
        judgement=judgement,
        delivered=delivered,
        received=received.messages,
        report=report,
    )

"""Make a world: keys, their traffic, what is harmless, what is planted; then write it."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from benchmarks.worlds import hygiene, nuisances
from benchmarks.worlds.addresses import network
from benchmarks.worlds.attacks import authentication, calls, life
from benchmarks.worlds.attacks.family import FAMILIES, NoSubject, Stage
from benchmarks.worlds.labels import STRENGTHS, plain
from benchmarks.worlds.world import World
from benchmarks.worlds.writing import write_inventory, write_log

THEMES: Final = (life, authentication, calls)
"""Importing them fills the registry."""
FIRST_DAY: Final = datetime(2026, 9, 7, tzinfo=UTC)
"""A Monday; a seed moves the start by up to six weeks, so that most worlds see summer time end."""
PROXY: Final = "10.0.0.7"
"""The one address that a log has behind a proxy that passes no client's on."""
_LAST: Final = ("source-silent", "source-rejecting")


def make(
    folder: Path,
    *,
    seed: int,
    days: int = 35,
    size: int = 250,
    only: Iterable[str] = (),
    form: str = "json",
    addresses: str = "seen",
) -> World:
    """Make the world of a seed and write it: access.log, keys.csv, truth.json, nuisance.json, arrivals.json.

    The same arguments give the same bytes. `only` names the attack families to plant (all); `form` is json or combined.
    `addresses`: `seen`, `proxy` (one address in front of all clients) or `none` (the log has none).
    """
    world = World(seed=seed, days=days, size=size, start=FIRST_DAY + timedelta(days=seed * 5 % 43))
    for _ in range(size):
        world.company.hire()
    nuisances.habits(world)
    hygiene.neglect(world)
    nuisances.everyday(world)
    plant_attacks(world, frozenset(only))
    _finish(world)
    if addresses != "seen":
        _hide(world, "" if addresses == "none" else PROXY)
    folder.mkdir(parents=True, exist_ok=True)
    write_inventory(world, folder / "keys.csv")
    lines = write_log(world, folder, form)
    write_labels(world, folder, lines)
    return world


def plant_attacks(world: World, only: frozenset[str]) -> None:
    """Plant each family (of `only`, if any) as often as the world is large; its strength goes round with the seed."""
    names = sorted(FAMILIES, key=lambda name: (name in _LAST, name))
    for n, name in enumerate(names):
        if only and name not in only:
            continue
        times = FAMILIES[name].times if world.size >= 150 else 1
        for time in range(times):
            strength = STRENGTHS[(n + world.seed + time) % 3]
            for _ in range(12):  # another moment may find a subject
                before = len(world.plants)
                try:
                    FAMILIES[name].plant(Stage(world, name, strength))
                except NoSubject:  # what it had already added goes
                    world.log.keep(world.log.table()["plant"] != before)
                    continue
                if len(world.plants) > before:
                    break


def _finish(world: World) -> None:
    world.log.keep((world.log.table()["t"] >= 0) & (world.log.table()["t"] < world.length))
    hygiene.judge(world)
    world.plants = [plant for plant in world.plants if plant.id not in world.swallowed]


def _hide(world: World, ip: str) -> None:
    """Put one address, or an empty one, in the place of all."""
    world.log.table()["ip"][:] = world.ips.number(ip)
    places = {"ips": (ip,), "networks": (network(ip),)} if ip else {"ips": (), "networks": ()}
    world.plants = [replace(plant, **(places if plant.ips else {})) for plant in world.plants]
    world.nuisances = [replace(one, **({"ips": (ip,)} if one.ips and ip else {"ips": ()})) for one in world.nuisances]


def write_labels(world: World, folder: Path, lines: int) -> None:
    """truth.json and nuisance.json."""
    about = {
        "seed": world.seed,
        "start": world.at(world.window[0]).isoformat(),
        "end": world.at(world.window[1]).isoformat(),
        "days": world.days,
        "keys": len(world.holders),
        "lines": lines,
        "planted": dict(sorted(Counter(p.family for p in world.plants).items())),
    }
    _json(folder / "truth.json", {"world": about, "plants": [plain(p) for p in world.plants]})
    _json(folder / "nuisance.json", [plain(n) for n in world.nuisances])


def _json(path: Path, data: object) -> None:
    path.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")

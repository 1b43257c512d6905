"""Ordinary traffic: what each key does when nothing is wrong, and the noise that any public API hears."""

import numpy as np
from numpy.random import Generator

from benchmarks.worlds.clockwork import DAY, HOUR, growth, local_hours, rates, runs
from benchmarks.worlds.company import Holder
from benchmarks.worlds.events import Columns, columns
from benchmarks.worlds.words import ATTACKERS, PROBED
from benchmarks.worlds.world import World


def live(world: World, holder: Holder, rng: Generator) -> Columns:
    """All ordinary requests of one key between its `begin` and `end`."""
    times = _times(world, holder, rng)
    times = np.sort(times[(times >= holder.begin) & (times < holder.end)])
    return dress(world, holder, times, rng)


def dress(world: World, holder: Holder, times: np.ndarray, rng: Generator) -> Columns:
    """Requests of a key at given times, as it usually makes them: its addresses, clients, routes, errors."""
    count = len(times)
    route = rng.choice(holder.routes, count, p=holder.weights).astype(np.int32)
    status = world.usual_status[route].copy()
    dice, edge = rng.random(count), 0.0
    for failing, share in holder.errors.items():
        status[(dice >= edge) & (dice < edge + share)] = failing
        edge += share
    return columns(
        count,
        t=times,
        key=holder.number,
        ip=_addresses(holder, times, rng),
        route=route,
        item=world.items(holder, count, rng),
        status=status,
        size=world.sizes(route, status, holder.size, rng),
        took=rng.lognormal(4.2, 0.6, count),
        agent=_agents(holder, times, rng),
        host=world.host(holder.host),
    )


def _times(world: World, holder: Holder, rng: Generator) -> np.ndarray:
    local = local_hours(world.start, world.days, holder.zone)
    if holder.temper in {"cron", "nightly", "weekly", "monthly"}:
        starts = runs(holder.temper, local, rng)
        sigma = 0.1 if holder.temper == "cron" else 0.3
        per_run = holder.per_day if holder.temper != "cron" else max(1.0, min(holder.per_day / 8, 12))
        counts = rng.poisson(per_run * np.exp(rng.normal(0, sigma, len(starts))))
        if holder.temper == "cron":
            counts = np.where(rng.random(len(starts)) < 0.997, np.maximum(counts, 1), 0)
        pace = rng.exponential(900.0, int(counts.sum()))
        return np.repeat(starts, counts) + np.minimum(_within(pace, counts), 2 * HOUR).astype(np.int64)
    expected = rates(holder.temper, holder.per_day, local, world.holidays(holder.zone), rng)
    expected *= growth(len(expected), holder.growth)
    counts = rng.poisson(expected)
    hours = np.repeat(np.arange(len(counts)), counts)
    if not holder.clustered and holder.temper != "webhook":
        return hours * HOUR + rng.integers(0, HOUR, len(hours))
    sessions = np.maximum(1, counts // 7)  # people click in sessions, webhooks come in flocks
    which = (rng.random(len(hours)) * np.repeat(sessions, counts)).astype(np.int64)
    begins = rng.integers(0, HOUR - 4 * 60_000, int(sessions.sum()))
    first = np.repeat(np.cumsum(sessions) - sessions, counts)
    return (
        hours * HOUR + begins[first + which] + np.minimum(rng.exponential(40_000, len(hours)), 239_000).astype(np.int64)
    )


def _within(pace: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Running sums of `pace` that begin anew at each run."""
    total = np.cumsum(pace)
    ends = np.cumsum(counts)
    before = np.concatenate(([0.0], total))[ends - counts]
    return total - np.repeat(before, counts)


def _addresses(holder: Holder, times: np.ndarray, rng: Generator) -> np.ndarray:
    ip = np.empty(len(times), dtype=np.int32)
    edges = [(0, holder.addresses), *holder.moves]
    for n, (since, pool) in enumerate(edges):
        until = edges[n + 1][0] if n + 1 < len(edges) else np.iinfo(np.int64).max
        mask = (times >= since) & (times < until)
        ip[mask] = _from(pool, holder, times[mask], rng)
    return ip


def _from(pool: np.ndarray, holder: Holder, times: np.ndarray, rng: Generator) -> np.ndarray:
    count = len(pool)
    if holder.home in {"cloud", "sixes"}:  # a few at a time, others from day to day
        day = times // DAY
        at = (day * 7 + rng.integers(0, min(5, count), len(times))) % count
    elif holder.home in {"app", "shared"}:
        at = rng.integers(0, count, len(times))
    else:  # one does most of it, all do some
        most = np.minimum(rng.geometric(0.6, len(times)) - 1, count - 1)
        at = np.where(rng.random(len(times)) < 0.25, rng.integers(0, count, len(times)), most)
    return pool[at]


def _agents(holder: Holder, times: np.ndarray, rng: Generator) -> np.ndarray:
    agent = np.empty(len(times), dtype=np.int32)
    edges = [(0, holder.agents), *holder.upgrades]
    for n, (since, kinds) in enumerate(edges):
        until = edges[n + 1][0] if n + 1 < len(edges) else np.iinfo(np.int64).max
        mask = (times >= since) & (times < until)
        agent[mask] = kinds[np.minimum(rng.geometric(0.8, int(mask.sum())) - 1, len(kinds) - 1)]
    return agent


def internet_noise(world: World, rng: Generator) -> Columns:
    """Strangers without a credential who ask for one to four paths and go: some forty a day, all over the world."""
    visitors = rng.poisson(40 * world.days * min(1.0, world.size / 100))
    visits = rng.integers(1, 5, visitors)
    strangers = world.ips.numbers(world.networks.addresses(visitors, max(1, visitors // 2)))
    paths = [world.route("GET", path) for path in PROBED]
    count = int(visits.sum())
    begin = np.repeat(rng.integers(0, world.length - 60_000, visitors), visits)
    route = np.array(paths)[rng.integers(0, len(paths), count)]
    known = np.array([world.routes.held[r][1].startswith(("/v1/", "/users")) for r in route], dtype=bool)
    return columns(
        count,
        t=begin + rng.integers(0, 20_000, count),
        key=-1,
        ip=np.repeat(strangers, visits),
        route=route,
        status=np.where(known, 401, 404),
        size=rng.integers(90, 200, count),
        took=rng.integers(1, 9, count),
        agent=world.agents.numbers([str(a) for a in rng.choice(ATTACKERS, count)]),
    )

"""Unusual calls: how many, how large, how wrong, when, from where, with what, and what they walk through."""

import numpy as np

from benchmarks.worlds.attacks.family import NoSubject, Stage, family
from benchmarks.worlds.clockwork import DAY, HOUR, MINUTE
from benchmarks.worlds.company import REGULAR, Holder, versioned
from benchmarks.worlds.traffic import dress
from benchmarks.worlds.words import ADMIN, ATTACKERS, NAMES, ROUTES, SDKS

_STEADY = REGULAR | {"heavy"}


@family("volume-spike", times=2)
def volume_spike(stage: Stage) -> None:
    """Many times the usual number of calls, from the usual place on the usual routes."""
    holder = stage.holder(tempers={"office", "service", "growing"})
    stage.busy(holder)
    hours = stage.rng.uniform(1, 3)
    usual = _hourly(stage, holder)
    count = int(max(usual * hours * stage.pick(4, 10, 40), stage.count(150, 400, 2_000)))
    _as_usual(stage, holder, stage.times(min(count, 40_000), hours * 60))


@family("drop", times=2)
def drop(stage: Stage) -> None:
    """A steady key does a small part of what it did, for more than a day."""
    holder = stage.holder(tempers={"service", "growing", "app"}, least=120)
    hours = stage.rng.uniform(26, 46)
    _thin(stage, holder, hours, share=stage.pick(0.35, 0.15, 0.04))


@family("flatline", times=2)
def flatline(stage: Stage) -> None:
    """A steady key falls silent."""
    low, high = ((60, 250), (250, 700), (700, 1e9))[("weak", "medium", "strong").index(stage.strength)]
    holder = stage.holder(tempers={"service", "growing", "app"}, least=low, most=high)
    _thin(stage, holder, stage.rng.uniform(20, 44), share=0.0)


@family("bytes-out")
def bytes_out(stage: Stage) -> None:
    """As many calls as ever, and answers many times as large."""
    holder = stage.holder(tempers={"service", "office", "growing"}, least=150)
    stage.busy(holder)
    until, factor = stage.onset + stage.rng.uniform(2, 5) * HOUR, stage.pick(8, 25, 120)
    held = stage.world.log.table()
    mask = _mine(stage, holder, until) & (held["status"] < 300)
    if mask.sum() < 25:
        raise NoSubject
    held["size"][mask] = np.maximum(held["size"][mask], 2_000) * factor
    held["plant"][mask] = stage.number
    stage.label(held["t"][mask], holders=[holder])


@family("error-ratio")
def error_ratio(stage: Stage) -> None:
    """Most of a key's calls fail by its own fault."""
    holder = stage.holder(
        tempers={"service", "office", "growing", "heavy"}, least=150, fit=lambda h: h.errors[404] < 0.05
    )
    stage.busy(holder)
    count, share = stage.count(100, 200, 600), stage.pick(0.75, 0.85, 0.9)
    times = stage.times(count, stage.pick(15, 25, 60))
    part = dress(stage.world, holder, times, stage.rng)
    part["plant"][:] = stage.number
    wrong = stage.rng.random(count) < share
    part["status"][wrong] = stage.rng.choice([400, 422, 404], int(wrong.sum()))
    stage.world.log.add(part)
    stage.label(times, holders=[holder], ips=np.unique(part["ip"]))


@family("throttling")
def throttling(stage: Stage) -> None:
    """Calls go on against 429, faster and faster."""
    holder = stage.holder(tempers={"service", "office", "growing", "webhook"}, fit=lambda h: h.errors[429] < 0.02)
    stage.busy(holder)
    times = stage.times(stage.count(180, 400, 3_000), stage.pick(18, 25, 60))
    part = dress(stage.world, holder, times, stage.rng)
    part["plant"][:] = stage.number
    part["status"][stage.rng.random(len(times)) < stage.pick(0.5, 0.7, 0.9)] = 429
    part["route"][:] = part["route"][0]
    stage.world.log.add(part)
    stage.label(times, holders=[holder], ips=np.unique(part["ip"]))


@family("off-hours", times=2)
def off_hours(stage: Stage) -> None:
    """A key of office hours works at three in the night, from its usual place."""
    holder = stage.holder(tempers={"office"}, least=30)
    stage.local_night(holder)
    _as_usual(stage, holder, stage.times(stage.count(26, 80, 400), stage.pick(60, 60, 90)))


@family("new-origin", times=2)
def new_origin(stage: Stage) -> None:
    """A stolen key is used from elsewhere; the weak kind does as its owner does, with the owner's client."""
    holder = stage.holder(homes={"static", "pool", "cloud"}, least=10)
    weak, ip = stage.strength == "weak", stage.attackers()
    times = stage.times(stage.count(5, 60, 300), stage.pick(10, 60, 90))
    route = stage.rng.choice(holder.routes, len(times), p=holder.weights)
    if stage.strength == "strong":
        admin = [stage.world.route(r.method, r.path) for r in (*ADMIN[:4], ROUTES[14])]
        route = np.where(
            stage.rng.random(len(times)) < 0.5, np.array(admin)[stage.rng.integers(0, 5, len(times))], route
        )
    more = {"agent": holder.agents[0]} if weak else {}
    done = stage.world.request(
        stage.number,
        times,
        key=holder.number,
        ip=ip[0],
        status=200,
        route=route,
        host=stage.world.host(holder.host),
        **more,
    )
    stage.label(done, holders=[holder], ips=ip, expected="may" if weak else "must")


@family("first-write")
def first_write(stage: Stage) -> None:
    """A key that only ever read writes, and the strong kind deletes."""
    readonly = {n for n, r in enumerate(ROUTES) if r.method == "GET"}
    holder = stage.holder(least=20, fit=lambda h: set(h.routes.tolist()) <= readonly)
    stage.busy(holder)
    route = {"weak": 13, "medium": 14, "strong": 14}[stage.strength]
    times = stage.times(stage.count(2, 10, 80), stage.pick(5, 20, 40))
    part = dress(stage.world, holder, times, stage.rng)
    part["plant"][:], part["route"][:] = stage.number, route
    if stage.strength == "strong":
        admin = stage.world.route("DELETE", "/v1/admin/keys/%d")
        part["route"][stage.rng.random(len(times)) < 0.5] = admin
    part["status"][:] = 204
    stage.world.log.add(part)
    stage.label(
        times, holders=[holder], ips=np.unique(part["ip"]), expected="may" if stage.strength == "weak" else "must"
    )


@family("fan-out")
def fan_out(stage: Stage) -> None:
    """A key of one home is used from many networks at once."""
    holder, count = stage.holder(homes={"static", "pool"}, least=10), stage.count(9, 25, 100)
    ips = stage.attackers(count, count)
    which = np.repeat(np.arange(count), stage.rng.integers(1, 6, count))
    times = stage.times(len(which), stage.pick(28, 28, 25))
    route = stage.rng.choice(holder.routes, len(times), p=holder.weights)
    done = stage.world.request(
        stage.number, times, key=holder.number, ip=stage.rng.permutation(ips[which]), status=200, route=route
    )
    stage.label(done, holders=[holder], ips=ips)


@family("client-switching")
def client_switching(stage: Stage) -> None:
    """One key, one address, ever other clients within minutes."""
    holder, kinds = stage.holder(), stage.count(7, 11, 25)
    names = [*ATTACKERS, *(versioned(name, 9) for name, _ in SDKS), *(f"agent{n:02d}/1.{n}" for n in range(20))]
    agents = stage.world.agents.numbers(names)[:kinds]
    times = stage.times(kinds * 4, stage.pick(4.5, 4, 4))
    done = stage.world.request(
        stage.number, times, key=holder.number, ip=holder.addresses[0], status=200, agent=np.resize(agents, len(times))
    )
    stage.label(done, holders=[holder], ips=holder.addresses[:1])


@family("enumeration")
def enumeration(stage: Stage) -> None:
    """Paths that do not exist, one after another, with a valid key or without any."""
    with_key = stage.rng.random() < 0.6
    ip, count = stage.attackers(), stage.count(32, 110, 600)
    paths = [f"/v1/{a}/{b}" for a in NAMES[:60] for b in NAMES[60:80]]
    routes = np.array([stage.world.route("GET", str(p)) for p in stage.rng.permutation(paths)[:count]])
    holder = stage.holder() if with_key else None
    source = holder.addresses if holder is not None and stage.strength != "strong" else ip
    done = stage.world.request(
        stage.number,
        stage.times(count, stage.pick(4.5, 5, 10)),
        key=-1 if holder is None else holder.number,
        ip=source[0],
        status=np.where(stage.rng.random(count) < 0.95, 404, 200),
        route=routes,
    )
    stage.label(done, holders=[] if holder is None else [holder], ips=source[:1])


@family("id-walking")
def walking(stage: Stage) -> None:
    """Identifiers in order, one a second or two: somebody reads what belongs to others."""
    holder = stage.holder(tempers={"office", "service", "growing", "webhook", "heavy"}, least=20)
    stage.busy(holder)
    count, pace = stage.count(70, 300, 2_500), stage.pick(2_500, 1_800, 900)
    times = stage.onset + np.arange(count) * pace + stage.rng.uniform(0, 500, count)
    first = int(stage.rng.integers(10_000, 8_000_000))
    route = int(stage.rng.choice([1, 9, 11]))
    done = stage.world.request(
        stage.number,
        times,
        key=holder.number,
        ip=holder.addresses[0],
        agent=holder.agents[0],
        status=np.where(stage.rng.random(count) < 0.85, 200, 404),
        route=route,
        item=first + np.arange(count),
        host=stage.world.host(holder.host),
    )
    stage.label(done, holders=[holder], ips=holder.addresses[:1])


@family("scraping")
def scraping(stage: Stage) -> None:
    """All pages of a list, from the first to the last."""
    holder = stage.holder(tempers={"office", "service", "growing", "sparse"})
    count = stage.count(130, 400, 2_500)
    times = np.sort(stage.onset + stage.rng.uniform(0, stage.pick(5, 10, 40) * MINUTE, count))
    done = stage.world.request(
        stage.number,
        times,
        key=holder.number,
        ip=holder.addresses[0],
        agent=holder.agents[0],
        status=200,
        route=int(stage.rng.choice([3, 10])),
        item=np.arange(1, count + 1),
        size=stage.rng.lognormal(10.3, 0.1, count),
        host=stage.world.host(holder.host),
    )
    stage.label(done, holders=[holder], ips=holder.addresses[:1])


@family("source-silent")
def source_silent(stage: Stage) -> None:
    """The whole log has a hole; every key's own silence in it is noise."""
    until = stage.onset + stage.pick(2.5, 5, 10) * HOUR
    held = stage.world.log.table()
    there = set(held["plant"].tolist())
    stage.world.log.keep(~((held["t"] >= stage.onset) & (held["t"] < until)))
    stage.world.swallowed |= there - set(stage.world.log.table()["plant"].tolist())
    stage.label(np.array([stage.onset, until]), note="no line at all; not even from strangers")


@family("source-rejecting")
def source_rejecting(stage: Stage) -> None:
    """A part of the lines comes out broken."""
    until = stage.onset + 2 * HOUR
    stage.world.broken.append((stage.onset, int(until), stage.pick(0.2, 0.4, 0.8)))
    stage.label(np.array([stage.onset, until]), note="broken lines")


def _as_usual(stage: Stage, holder: Holder, times: np.ndarray) -> None:
    part = dress(stage.world, holder, times[times < stage.world.length], stage.rng)
    part["plant"][:] = stage.number
    stage.world.log.add(part)
    stage.label(part["t"], holders=[holder], ips=np.unique(part["ip"]))


def _thin(stage: Stage, holder: Holder, hours: float, share: float) -> None:
    stage.onset = min(stage.onset, int(stage.world.length - hours * HOUR - HOUR))
    if stage.onset < holder.begin + 3 * DAY:
        raise NoSubject
    mask = _mine(stage, holder, stage.onset + hours * HOUR)
    stage.world.log.keep(~mask | (stage.rng.random(len(mask)) < share))
    stage.label(
        np.array([stage.onset, stage.onset + hours * HOUR]), holders=[holder], note=f"{share:.0%} of its calls remain"
    )


def _mine(stage: Stage, holder: Holder, until: float) -> np.ndarray:
    held = stage.world.log.table()
    return (held["key"] == holder.number) & (held["t"] >= stage.onset) & (held["t"] < until)


def _hourly(stage: Stage, holder: Holder) -> float:
    held = stage.world.log.table()
    since = max(0, stage.onset - 7 * DAY)
    mask = (held["key"] == holder.number) & (held["t"] >= since) & (held["t"] < stage.onset)
    return float(mask.sum() / max(1.0, (stage.onset - since) / HOUR))

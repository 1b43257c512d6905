"""The key's life: used when it should not be, or from where it should not be."""

import numpy as np

from benchmarks.worlds.attacks.family import NoSubject, Stage, family
from benchmarks.worlds.clockwork import DAY, HOUR
from benchmarks.worlds.company import Holder
from benchmarks.worlds.labels import Expected
from benchmarks.worlds.nuisances import successor
from benchmarks.worlds.secrets import make_secrets
from benchmarks.worlds.traffic import dress, live
from benchmarks.worlds.words import ADMIN, DEVELOPMENT, HOSTS, PRODUCTION, SCANNERS


@family("revoked-tried")
def revoked_tried(stage: Stage) -> None:
    """A revoked key is tried and refused: once by its owner's forgotten job, or often from elsewhere."""
    holder = _retired(stage, "revoked")
    ip = holder.addresses if stage.strength != "strong" else stage.attackers()
    times = stage.times(stage.count(1, 10, 40), stage.pick(1, 60, 20))
    done = stage.world.request(stage.number, times, key=holder.number, ip=ip[0], status=401, agent=holder.agents[0])
    stage.label(done, holders=[holder], ips=ip[:1])


@family("revoked-succeeds")
def revoked_succeeds(stage: Stage) -> None:
    """A revoked key still works: a control has failed."""
    holder = _retired(stage, "revoked")
    _uses(stage, holder, stage.count(1, 12, 200), 60, expected="must")


@family("expired-tried")
def expired_tried(stage: Stage) -> None:
    """An expired key is tried and refused."""
    holder = _retired(stage, "expired")
    ip = holder.addresses if stage.strength != "strong" else stage.attackers()
    times = stage.times(stage.count(1, 10, 40), stage.pick(1, 60, 20))
    done = stage.world.request(stage.number, times, key=holder.number, ip=ip[0], status=401, agent=holder.agents[0])
    stage.label(done, holders=[holder], ips=ip[:1])


@family("expired-succeeds")
def expired_succeeds(stage: Stage) -> None:
    """An expired key still works."""
    holder = _retired(stage, "expired")
    _uses(stage, holder, stage.count(1, 12, 200), 60, expected="must")


@family("unregistered-key")
def unregistered(stage: Stage) -> None:
    """A key that works and that the inventory does not know."""
    number, ip = stage.world.strangers(make_secrets(1, stage.rng))[0], stage.attackers()
    times = stage.times(stage.count(3, 50, 800), stage.pick(20, 200, 1200))
    route = stage.rng.integers(0, 12, len(times))
    done = stage.world.request(stage.number, times, key=number, ip=ip[0], status=200, route=route)
    stage.label(done, ips=ip, unknown=[f"unregistered:{-2 - number}"], note="its key_ref is a fingerprint")


@family("inactive-used")
def inactive_used(stage: Stage) -> None:
    """A key that the inventory calls inactive is in use."""
    holder = stage.holder(tempers={"office", "service", "sparse", "cron"})
    stage.world.log.keep(stage.world.log.table()["key"] != holder.number)
    holder.status, holder.end = "inactive", 0
    _uses(stage, holder, stage.count(2, 30, 300), 120, expected="must")


@family("dev-on-prod")
def development_on_production(stage: Stage) -> None:
    """A development key calls the production host."""
    _wrong_host(stage, stage.holder(environment="development"), PRODUCTION)


@family("prod-on-dev")
def production_on_development(stage: Stage) -> None:
    """A production key calls the development host."""
    _wrong_host(stage, stage.holder(environment="production"), DEVELOPMENT)


@family("rotation-unfinished", times=2)
def rotation_unfinished(stage: Stage) -> None:
    """The successor is in use, and the old key still is, long after."""
    old = stage.holder(tempers={"service", "office", "cron", "webhook", "heavy"}, fit=lambda h: not h.successor)
    world = stage.world
    when = int(stage.rng.uniform(0.05, 0.4) * world.length)
    if world.length - when < 10 * DAY:
        raise NoSubject
    new = successor(world, old, when)
    new.begin, new.taken = when + HOUR, True
    world.log.add(live(world, new, stage.rng))
    share = stage.pick(0.1, 0.4, 0.9)
    held = world.log.table()
    world.log.keep(~((held["key"] == old.number) & (held["t"] > when) & (stage.rng.random(len(held["t"])) > share)))
    stage.label(
        np.array([when + 7 * DAY, world.length - 1]), holders=[old, new], note=f"issued {world.at(when)}, 7 days' grace"
    )


@family("successor-unused")
def successor_unused(stage: Stage) -> None:
    """A successor was issued and nobody uses it; the old key works on."""
    old = stage.holder(tempers={"service", "office", "cron"}, least=10, fit=lambda h: not h.successor)
    world = stage.world
    age = stage.pick(9, 14, 25) * DAY
    if world.length - age < 0:
        raise NoSubject
    new = successor(world, old, int(world.length - age))
    new.begin, new.taken = world.length, True
    when = new.created + 7 * DAY
    stage.label(np.array([when, world.length - 1]), holders=[old, new], note="7 days after it was issued")


@family("dormant-awake", times=2)
def dormant_awake(stage: Stage) -> None:
    """A key that slept for a month and more wakes up; the strong kind far from home."""
    world = stage.world
    if world.days < 33:
        raise NoSubject
    holder = stage.holder(
        tempers={"sparse", "office", "service"}, alive=False, fit=lambda h: h.begin == 0 and not h.moves
    )
    held = world.log.table()
    until = int(stage.rng.integers(1, 4)) * DAY // 2
    world.log.keep((held["key"] != holder.number) | (held["t"] < until))
    holder.end = until
    stage.onset = int(stage.rng.uniform(world.length - 1.9 * DAY, world.length - 6 * HOUR))
    far = stage.strength == "strong"
    _uses(stage, holder, stage.count(3, 40, 200), 180, elsewhere=far, note=f"last used {world.at(until)} or before")


@family("fresh-odd-first-use")
def fresh_odd(stage: Stage) -> None:
    """A key just issued is first used from a place that none of its owner's keys uses, for what is privileged."""
    world, owner = stage.world, stage.holder(tempers={"office", "service"}, homes={"static", "pool"})
    new = world.company.hire()
    new.owner, new.created, new.begin, new.taken = (
        owner.owner,
        stage.onset - int(stage.rng.uniform(0.2, 6) * HOUR),
        world.length,
        True,
    )
    new.environment, new.expires = "production", new.created + 180 * DAY
    new.secret = make_secrets(1, stage.rng)[0]
    ip, times = stage.attackers(), stage.times(stage.count(4, 30, 150), 40)
    routes = np.array([world.route(r.method, r.path) for r in ADMIN])
    route = routes[stage.rng.integers(0, len(routes), len(times))]
    if stage.strength == "weak":
        route[:] = 19
    done = world.request(stage.number, times, key=new.number, ip=ip[0], status=200, route=route)
    stage.label(done, holders=[new], ips=ip)


@family("key-in-url")
def key_in_url(stage: Stage) -> None:
    """A key stands in the address of a request, where every proxy logs it."""
    _exposed(stage, place=1)


@family("key-in-referer")
def key_in_referer(stage: Stage) -> None:
    """A key stands in a referer: a page's address held it."""
    _exposed(stage, place=2)


@family("scanner-client")
def scanner_client(stage: Stage) -> None:
    """A scanner of secrets has found the key somewhere, and tries whether it works."""
    holder, ip = stage.holder(environment="production"), stage.attackers()
    times = stage.times(stage.count(1, 1, 4), 3)
    agent = stage.world.agents.numbers([str(a) for a in stage.rng.permutation(SCANNERS[:4])])[: len(times)]
    agent = np.resize(agent, len(times))
    status = 401 if stage.strength == "weak" else 200
    done = stage.world.request(stage.number, times, key=holder.number, ip=ip[0], status=status, route=19, agent=agent)
    stage.label(done, holders=[holder], ips=ip, expected="must")


def _uses(
    stage: Stage,
    holder: Holder,
    count: int,
    minutes: float,
    *,
    elsewhere: bool = False,
    expected: Expected | None = None,
    note: str = "",
) -> None:
    """A key used successfully as it usually is, but for the address when `elsewhere`."""
    times = stage.times(count, minutes)
    part = dress(stage.world, holder, times, stage.rng)
    part["plant"][:], part["ip"][:] = stage.number, holder.addresses[0]
    part["status"][:] = stage.world.usual_status[part["route"]]
    ips = stage.attackers() if elsewhere else holder.addresses[:1]
    part["ip"][:] = ips[0]
    inside = part["t"] < stage.world.length
    stage.world.log.add({name: column[inside] for name, column in part.items()})
    stage.label(part["t"][inside], holders=[holder], ips=ips, expected=expected, note=note)


def _retired(stage: Stage, how: str) -> Holder:
    """A key that was revoked, or has expired, two to six days before the onset; its own use stopped in time."""
    holder = stage.holder(fit=lambda h: h.successor is None and not h.moves)
    since = stage.onset - int(stage.rng.uniform(1.5, 6) * DAY)
    if since < 0:
        since = stage.onset // 2
    held = stage.world.log.table()
    stage.world.log.keep((held["key"] != holder.number) | (held["t"] < since - HOUR))
    holder.end = since - HOUR
    if how == "revoked":
        holder.revoked, holder.status = since, "revoked"
    else:
        holder.expires = since
        holder.status = str(stage.rng.choice(["expired", "active"]))
        holder.created = min(holder.created, since - 60 * DAY)
    return holder


def _wrong_host(stage: Stage, holder: Holder, host: str) -> None:
    stage.busy(holder)
    times = stage.times(stage.count(2, 30, 400), stage.pick(5, 60, 300))
    part = dress(stage.world, holder, times, stage.rng)
    part["plant"][:], part["host"][:] = stage.number, HOSTS.index(host)
    part["status"][:] = stage.world.usual_status[part["route"]]
    inside = part["t"] < stage.world.length
    stage.world.log.add({name: column[inside] for name, column in part.items()})
    stage.label(part["t"][inside], holders=[holder], ips=np.unique(part["ip"]))


def _exposed(stage: Stage, place: int) -> None:
    holder = stage.holder(tempers={"office", "service", "webhook", "heavy", "app"})
    stage.busy(holder)
    times = stage.times(stage.count(1, 20, 200), stage.pick(1, 120, 600))
    part = dress(stage.world, holder, times, stage.rng)
    part["plant"][:], part["place"][:] = stage.number, place
    part["status"][:] = stage.world.usual_status[part["route"]]
    inside = part["t"] < stage.world.length
    stage.world.log.add({name: column[inside] for name, column in part.items()})
    stage.label(part["t"][inside], holders=[holder], ips=np.unique(part["ip"]))

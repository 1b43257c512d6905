"""Failed calls: bursts, lists of keys, many addresses, slowness, guessing, probing."""

import numpy as np

from benchmarks.worlds.attacks.family import NoSubject, Stage, family
from benchmarks.worlds.clockwork import HOUR, MINUTE
from benchmarks.worlds.company import Holder
from benchmarks.worlds.secrets import make_secrets
from benchmarks.worlds.words import ADMIN, NAMES, PROBED


@family("auth-burst-key")
def burst_by_key(stage: Stage) -> None:
    """One key fails again and again from a strange address."""
    holder, ip = stage.holder(), stage.attackers()
    times = stage.times(stage.count(14, 50, 300), stage.pick(3, 6, 12))
    done = stage.world.request(stage.number, times, key=holder.number, ip=ip[0], status=401)
    stage.label(done, holders=[holder], ips=ip)


@family("auth-burst-address")
def burst_by_address(stage: Stage) -> None:
    """One address fails with whatever it has: nothing, made-up keys, one that exists."""
    ip, count = stage.attackers(), stage.count(18, 70, 500)
    keys = _guesses(stage, 6)[stage.rng.integers(0, 6, count)]
    keys = np.where(stage.rng.random(count) < 0.4, -1, keys)
    times = stage.times(count, stage.pick(4, 10, 20))
    route = np.array([6, 1, 19])[stage.rng.integers(0, 3, count)]
    done = stage.world.request(stage.number, times, key=keys, ip=ip[0], status=401, route=route)
    stage.label(done, ips=ip)


@family("auth-burst-network")
def burst_by_network(stage: Stage) -> None:
    """A /24 whose addresses fail a few times each."""
    count = stage.count(12, 30, 120)
    ips = stage.attackers(count)
    which = np.repeat(np.arange(count), stage.rng.integers(2, 5, count))
    keys = _guesses(stage, 20)[stage.rng.integers(0, 20, len(which))]
    times = stage.times(len(which), stage.pick(14, 14, 20))
    done = stage.world.request(stage.number, times, key=keys, ip=stage.rng.permutation(ips[which]), status=401)
    stage.label(done, ips=ips)


@family("stuffing")
def stuffing(stage: Stage) -> None:
    """One address tries a leaked list of keys, each once or twice."""
    holders, ip = stage.known(min(stage.count(12, 30, 90), stage.world.size // 2)), stage.attackers()
    keys = np.repeat(
        [h.number for h in holders], 2 if stage.strength == "weak" else stage.rng.integers(1, 3, len(holders))
    )
    times = stage.times(len(keys), stage.pick(13, 10, 8))
    done = stage.world.request(stage.number, times, key=stage.rng.permutation(keys), ip=ip[0], status=401)
    stage.label(done, holders=holders, ips=ip)


@family("spraying")
def spraying(stage: Stage) -> None:
    """A few keys in turn, at a pace below what bursts notice."""
    holders, ip = stage.known(stage.count(6, 9, 16)), stage.attackers()
    rounds = int(stage.count(3, 4, 5))
    keys = np.tile([h.number for h in holders], rounds)
    pace = 55 * MINUTE / len(keys)
    times = stage.onset + np.arange(len(keys)) * pace + stage.rng.uniform(0, pace / 2, len(keys))
    done = stage.world.request(stage.number, times, key=keys, ip=ip[0], status=401)
    stage.label(done, holders=holders, ips=ip)


@family("distributed-key")
def one_key_many_addresses(stage: Stage) -> None:
    """One key fails from many networks."""
    holder, count = stage.holder(), stage.count(9, 25, 120)
    ips = stage.attackers(count, count)
    which = np.repeat(np.arange(count), stage.rng.integers(2, 4, count))
    times = stage.times(len(which), stage.pick(28, 28, 30))
    done = stage.world.request(stage.number, times, key=holder.number, ip=stage.rng.permutation(ips[which]), status=401)
    stage.label(done, holders=[holder], ips=ips)


@family("distributed-keys")
def many_keys_many_addresses(stage: Stage) -> None:
    """A botnet with a list: no address and no key stands out."""
    count = stage.count(40, 100, 300)
    holders = stage.known(min(stage.world.size // 3, stage.count(20, 40, 80)))
    ips, lines = stage.attackers(count, count), int(count * stage.pick(3, 4, 8))
    keys = np.array([h.number for h in holders])[stage.rng.integers(0, len(holders), lines)]
    times = stage.times(lines, stage.pick(30, 30, 40))
    done = stage.world.request(stage.number, times, key=keys, ip=ips[stage.rng.integers(0, count, lines)], status=401)
    stage.label(done, holders=holders, ips=ips)


@family("slow-address")
def slow_by_address(stage: Stage) -> None:
    """One address, a failure every half an hour, for a day."""
    ip, count = stage.attackers(), stage.count(14, 36, 80)
    keys = _guesses(stage, count) if stage.rng.random() < 0.5 else np.array([h.number for h in stage.known(8)])
    times = _spaced(stage, count, 22)
    keys = keys[np.arange(len(times)) % len(keys)]
    done = stage.world.request(stage.number, times, key=keys, ip=ip[0], status=401)
    stage.label(done, ips=ip)


@family("slow-network")
def slow_by_network(stage: Stage) -> None:
    """A /24, each address once or twice, over a day."""
    count = stage.count(24, 60, 140)
    ips, times = stage.attackers(count), _spaced(stage, count, 22)
    done = stage.world.request(stage.number, times, key=_guesses(stage, count), ip=ips, status=401)
    stage.label(done, ips=ips)


@family("slow-key")
def slow_by_key(stage: Stage) -> None:
    """One key fails now and then from ever new places, over a day; its owner's calls go on."""
    holder, count = stage.holder(least=20), stage.count(16, 40, 100)
    ips, times = stage.attackers(count, count), _spaced(stage, count, 22)
    done = stage.world.request(stage.number, times, key=holder.number, ip=ips, status=401)
    stage.label(done, holders=[holder], ips=ips)


@family("burst-then-success", times=3)
def burst_then_success(stage: Stage) -> None:
    """Failures, and then one of them works: from the address, from its network, or with the key from elsewhere."""
    way = ("address", "network", "key")[int(stage.rng.integers(3))]
    holder, count = stage.holder(homes={"static", "pool", "cloud"}), stage.count(12, 40, 250)
    ips = stage.attackers(24) if way == "network" else stage.attackers(2, 2)
    keys: np.ndarray | int = holder.number if way == "key" else _with(holder, _guesses(stage, count), stage)
    sources = ips[: 20 if way == "network" else 1]
    times = stage.times(count, stage.pick(4, 6, 15))
    failed = stage.world.request(stage.number, times, key=keys, ip=sources[np.arange(count) % len(sources)], status=401)
    success = stage.times(stage.count(3, 40, 300), stage.pick(5, 30, 60), after=stage.pick(120, 30, 3) + 5)
    last = ips[0] if way == "address" else ips[-1]
    done = stage.world.request(stage.number, success, key=holder.number, ip=last, status=200)
    if not len(done):
        raise NoSubject
    note = f"by {way}; the success comes at {stage.world.at(done.min()).isoformat()}"
    stage.label(np.concatenate([failed, done]), holders=[holder], ips=ips, onset=done.min(), note=note, expected="must")


@family("key-guessing")
def guessing(stage: Stage) -> None:
    """Keys that nobody issued, one after another."""
    ip, count = stage.attackers(), stage.count(10, 60, 2000)
    times = stage.times(count, stage.pick(8, 10, 30))
    done = stage.world.request(stage.number, times, key=_guesses(stage, count), ip=ip[0], status=401)
    stage.label(done, ips=ip)


@family("probing")
def probing(stage: Stage) -> None:
    """No credential, many protected paths."""
    ip, count = stage.attackers(), stage.count(14, 40, 300)
    paths = [*PROBED, *(r.path for r in ADMIN), *(f"/v1/{a}/{b}" for a in NAMES for b in ("list", "all", "export"))]
    routes = np.array([stage.world.route("GET", p) for p in stage.rng.permutation(paths)[:count]])
    times = stage.times(len(routes), stage.pick(8, 8, 12))
    status = np.where(stage.rng.random(len(routes)) < 0.9, 401, 404)
    done = stage.world.request(stage.number, times, key=-1, ip=ip[0], status=status, route=routes)
    stage.label(done, ips=ip)


@family("permission-probing")
def permission_probing(stage: Stage) -> None:
    """A valid key asks for what it may not have, route by route."""
    holder, count = stage.holder(), stage.count(7, 14, 40)
    paths = [*((r.method, r.path) for r in ADMIN), *(("GET", f"/v1/{name}") for name in NAMES)]
    routes = np.array([stage.world.route(*paths[n]) for n in range(count)])
    ip = holder.addresses[:1] if stage.rng.random() < 0.5 else stage.attackers()
    routes = np.repeat(routes, 1 if stage.strength == "weak" else 2)
    times = stage.times(len(routes), stage.pick(9, 9, 15))
    done = stage.world.request(
        stage.number, times, key=holder.number, ip=ip[0], status=403, route=stage.rng.permutation(routes)
    )
    stage.label(done, holders=[holder], ips=ip)


def _guesses(stage: Stage, count: int) -> np.ndarray:
    return stage.world.strangers(make_secrets(count, stage.rng))


def _with(holder: Holder, keys: np.ndarray, stage: Stage) -> np.ndarray:
    """Made-up keys with the true one among the last, or only the true one."""
    if stage.rng.random() < 0.4:
        return np.full(len(keys), holder.number, dtype=np.int32)
    keys[-2:] = holder.number
    return keys


def _spaced(stage: Stage, count: int, hours: float) -> np.ndarray:
    """`count` moments evenly over so many hours, each a little off."""
    hours = min(hours, (stage.world.length - stage.onset) / HOUR - 1)
    pace = hours * HOUR / count
    return stage.onset + np.arange(count) * pace + stage.rng.uniform(0, pace * 0.6, count)

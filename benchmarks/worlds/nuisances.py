"""What looks odd and is harmless. Changes of habits are made before the traffic, changes of answers after it."""

from typing import Final

import numpy as np

from benchmarks.worlds.clockwork import DAY, HOUR, MINUTE
from benchmarks.worlds.company import REGULAR, Holder, versioned
from benchmarks.worlds.secrets import make_secrets
from benchmarks.worlds.traffic import dress, internet_noise, live
from benchmarks.worlds.words import SDKS
from benchmarks.worlds.world import World

VOLUME: Final = ("volume-spike", "bytes-out", "throttling", "scraping")


def habits(world: World) -> None:
    """Moves, upgrades, new keys, rotations in good order, steps of growth: before any request is made."""
    rng, day = world.rng, world.length
    some = max(1, world.size // 25)
    for holder in _pick(world, some, homes={"static", "pool"}):
        when = int(rng.uniform(0.15, 0.95) * day)
        holder.moves.append((when, world.company.intern(world.networks.addresses(len(holder.addresses)))))
        world.odd(
            "address-move", when, when + DAY, holders=[holder], ips=holder.moves[0][1], note="moved to new servers"
        )
    for holder in _pick(world, max(1, some // 2), homes={"static", "pool"}):
        when = int(rng.uniform(0.15, 0.95) * day)
        until = when + int(rng.uniform(0.5, 8) * HOUR)
        second = world.company.intern(world.networks.addresses(2))
        holder.moves += [(when, second), (until, holder.addresses)]
        world.odd("failover", when, until, holders=[holder], ips=second, note="its second line, for hours")
    for holder in _pick(world, some * 2):
        when = int(rng.uniform(0.15, 0.95) * day)
        holder.upgrades.append((when, world.agents.numbers([_newer(world, holder)])))
        world.odd("client-upgrade", when, when + DAY, holders=[holder], note="a new version of its client")
    for holder in _pick(world, max(1, some // 3)):
        when = int(rng.uniform(0.2, 0.9) * day)
        client, _ = SDKS[int(rng.integers(len(SDKS)))]
        holder.upgrades = [(when, world.agents.numbers([versioned(client, 17)]))]
        world.odd("client-change", when, when + DAY, holders=[holder], note="rewritten in another language")
    for _ in range(max(1, world.size // 20)):
        holder = world.company.hire()
        holder.created = int(rng.uniform(0.1, 0.9) * day)
        holder.begin = holder.created + int(rng.uniform(0.01, 2) * DAY)
        holder.expires = holder.created + life_of(holder)
        if world.rng.random() < 0.6:  # of somebody who has keys already, in the same place
            other = world.holders[int(world.rng.integers(world.size))]
            holder.owner, holder.addresses, holder.home = other.owner, other.addresses, other.home
        world.odd("new-key", holder.created, holder.begin + 3 * DAY, holders=[holder], note="issued during the period")
    for old in _pick(world, max(1, world.size // 30), tempers=REGULAR | {"office", "heavy", "webhook"}):
        rotate(world, old, int(rng.uniform(0.1, 0.75) * day))


def rotate(world: World, old: Holder, when: int) -> Holder:
    """A rotation in good order: the successor takes over within three days, the old key is revoked after five."""
    new = successor(world, old, when)
    new.begin, old.end = when + int(world.rng.uniform(0.1, 1) * DAY), when + int(world.rng.uniform(1, 3) * DAY)
    old.revoked, old.status = when + 5 * DAY, "revoked"
    if old.revoked >= world.length:
        old.revoked, old.status = None, "active"
    old.taken = new.taken = True
    world.odd("rotation", when, when + 5 * DAY, holders=[old, new], note="rotated in good order")
    return new


def successor(world: World, old: Holder, when: int) -> Holder:
    """A new key that does what `old` did, from the same places."""
    new = world.company.hire(temper=old.temper, per_day=old.per_day)
    for name in ("owner", "environment", "zone", "addresses", "home", "agents", "routes", "weights", "items", "errors"):
        setattr(new, name, getattr(old, name))
    new.name, new.created, new.expires = f"{old.name}-r2", when, when + life_of(old)
    new.moves, new.upgrades = old.moves, old.upgrades
    old.successor, new.rotated = new.key_id, None
    return new


def life_of(holder: Holder) -> int:
    """How long a key lives (ms): those for development shorter."""
    return (89 if holder.environment == "development" else 180) * DAY


def everyday(world: World) -> None:
    """All ordinary traffic, and after it what happens to its answers."""
    for holder in world.holders:
        world.log.add(live(world, holder, world.rng))
    world.log.add(internet_noise(world, world.rng))
    _holidays(world)
    _deploys(world)
    _steps(world)
    _backfills(world)
    _load_test(world)
    _wrong_keys(world)
    _fumbling(world)
    _retries(world)
    _outages(world)
    _late(world)


def _holidays(world: World) -> None:
    """Days off are in the rates of the keys of people; here they are written down, from noon before to noon after."""
    for zone in sorted({h.zone for h in world.holders}):
        people = [h for h in world.holders if h.zone == zone and h.temper == "office"]
        for day in sorted(world.holidays(zone)) if people else ():
            since = (day - world.start.date()).days * DAY
            world.odd("holiday", since - DAY // 2, since + DAY * 3 // 2, holders=people, note=zone)


def _deploys(world: World) -> None:
    rng, held = world.rng, world.log.table()
    for when in np.sort(rng.uniform(0, world.length, max(1, world.days * 3 // 7))):
        until = when + rng.uniform(1, 5) * MINUTE
        mask = _between(held["t"], when, until) & (rng.random(len(held["t"])) < rng.uniform(0.1, 0.4))
        held["status"][mask] = rng.choice([502, 503], int(mask.sum()))
        world.odd("deploy", when, until, note="some 502 and 503")


def _outages(world: World) -> None:
    """One of the service (5xx) and one of its login (401), each if the world is long enough."""
    rng, held = world.rng, world.log.table()
    if world.days < 10:
        return
    when, until = _span(world, 20, 70)
    mask = _between(held["t"], when, until) & (rng.random(len(held["t"])) < rng.uniform(0.6, 0.95))
    held["status"][mask] = rng.choice([500, 502, 503, 504], int(mask.sum()))
    _answers(world, mask)
    world.odd("outage-5xx", when, until, excuses=("error-ratio", "platform"), note="the service was down")
    when, until = _span(world, 8, 25)
    authenticated = held["key"] >= 0
    mask = _between(held["t"], when, until) & (rng.random(len(held["t"])) < rng.uniform(0.7, 1.0)) & authenticated
    held["status"][mask] = 401
    _answers(world, mask)
    again = {name: np.repeat(column[mask], 2) for name, column in held.items()}  # clients try again
    again["t"] = again["t"] + rng.integers(1_000, 20_000, len(again["t"]))
    world.log.add(again)
    world.label(
        "platform-401",
        "strong",
        "must",
        onset=when,
        end=until,
        events=0,
        note="the login of the platform failed for everybody; every key's own burst in it is noise",
    )
    world.odd("outage-401", when, until, excuses=("platform-401",), note="the login of the platform failed")


def _answers(world: World, mask: np.ndarray) -> None:
    held = world.log.table()
    held["size"][mask] = world.rng.integers(60, 240, int(mask.sum()))


def _steps(world: World) -> None:
    """A customer's customer goes live: twice the traffic from one day to the next, for good."""
    rng = world.rng
    for holder in _pick(world, max(1, world.size // 80), tempers={"service", "office"}):
        when = int(rng.uniform(0.3, 0.9) * world.length)
        _again(world, holder, when, world.length, float(rng.uniform(0.6, 1.2)))
        world.odd("growth-step", when, world.length, holders=[holder], note="its traffic about doubled for good")


def _backfills(world: World) -> None:
    """A customer reads its history again: many times its traffic for hours. Worth a word, no attack."""
    rng = world.rng
    for holder in _pick(world, max(1, world.size // 60), tempers={"service", "nightly", "heavy", "cron"}):
        when = int(rng.uniform(0.3, 0.95) * world.length)
        until = when + int(rng.uniform(1.5, 6) * HOUR)
        hourly = max(60.0, _usual(world, holder) * rng.uniform(4, 10))
        times = rng.uniform(when, until, int(hourly * (until - when) / HOUR)).astype(np.int64)
        world.log.add(dress(world, holder, np.sort(times[times < world.length]), rng))
        world.odd("backfill", when, until, holders=[holder], excuses=VOLUME, note="it reads its history again")


def _load_test(world: World) -> None:
    rng = world.rng
    for holder in _pick(world, 1, tempers={"service", "heavy", "office"}):
        when, until = _span(world, 60, 150)
        times = rng.uniform(when, until, int(min(20_000, 40 * world.size) * (until - when) / (2 * HOUR))).astype(
            np.int64
        )
        part = dress(world, holder, np.sort(times), rng)
        part["status"][rng.random(len(times)) < 0.1] = 429
        world.log.add(part)
        excuses = (*VOLUME, "error-ratio", "auth-burst")
        world.odd("load-test", when, until, holders=[holder], excuses=excuses, note="announced in the calendar")


def _wrong_keys(world: World) -> None:
    """A job somewhere in a customer's office has a wrong key, and asks with it every half an hour for ever."""
    rng = world.rng
    for holder in _pick(world, max(1, world.size // 80), tempers={"service", "cron"}):
        if holder.moves:
            continue
        begin = int(rng.uniform(0, 0.6) * world.length)
        times = np.arange(begin, world.length, int(rng.choice([30, 60, 120])) * MINUTE)
        number = world.strangers(make_secrets(1, rng))[0]
        part = dress(world, holder, times + rng.integers(0, 5_000, len(times)), rng)
        part["key"][:], part["status"][:], part["ip"][:] = number, 401, holder.addresses[0]
        world.log.add(part)
        world.odd(
            "wrong-key-in-a-job", begin, world.length, holders=[holder], ips=[holder.addresses[0]], note="for ever"
        )


def _fumbling(world: World) -> None:
    """Somebody sets something up: two to five failures with a mistyped key, then it works."""
    rng = world.rng
    for holder in _pick(world, max(2, world.size // 8), tempers={"office", "service", "sparse"}, untaken=False):
        when = int(rng.uniform(max(holder.begin, 0), world.length - HOUR))
        times = when + np.sort(rng.integers(0, 8 * MINUTE, int(rng.integers(2, 6))))
        if holder.moves and when > holder.moves[0][0]:
            continue
        part = dress(world, holder, times, rng)
        part["status"][:], part["ip"][:] = 401, holder.addresses[0]
        part["key"][:] = world.strangers([holder.secret[:-1]])[0] if rng.random() < 0.6 else -1
        world.log.add(part)
        after = dress(world, holder, times[-1:] + 30_000, rng)
        after["ip"][:], after["status"][:] = holder.addresses[0], world.usual_status[after["route"]]
        if after["t"][0] < holder.end:
            world.log.add(after)
        world.odd(
            "fumbling", when, when + 10 * MINUTE, holders=[holder], ips=[holder.addresses[0]], note="a mistyped key"
        )


def _retries(world: World) -> None:
    """A job gets a 500 or 422 and tries the same request some ten times with growing pauses."""
    rng = world.rng
    for holder in _pick(world, max(1, world.size // 12), untaken=False):
        when = int(rng.uniform(max(holder.begin, 0), world.length - 2 * HOUR))
        times = when + np.cumsum(np.geomspace(1_000, 600_000, int(rng.integers(6, 12)))).astype(np.int64)
        part = dress(world, holder, times[times < holder.end], rng)
        part["status"][:-1] = int(rng.choice([500, 422, 409, 503]))
        world.log.add(part)
        world.odd("retries", when, int(times[-1]), holders=[holder], note="one failing request, again and again")


def _late(world: World) -> None:
    """Lines reach the log within two seconds, except those of one edge node that hangs now and then."""
    rng, held = world.rng, world.log.table()
    held["delay"][:] = rng.integers(0, 2_000, len(held["t"]))
    node = held["ip"] % 4 == 1
    for _ in range(max(1, world.days // 10)):
        when, until = _span(world, 30, 180)
        mask = node & _between(held["t"], when, until)
        held["delay"][mask] = until - held["t"][mask] + rng.integers(0, 60_000, int(mask.sum()))
        world.odd("late-lines", when, until, note="a quarter of the lines arrive together at the end")
    when, until = _span(world, 60, 180)
    mask = (held["ip"] % 8 == 3) & _between(held["t"], when, until)
    held["delay"][mask] += int(rng.uniform(5, 16) * HOUR)
    world.odd("late-lines", when, until, note="an eighth of the lines are shipped half a day later")


def _again(world: World, holder: Holder, since: int, until: int, factor: float) -> None:
    """Repeat a key's own requests of that time at new moments, `factor` of them."""
    held = world.log.table()
    mask = _between(held["t"], since, until) & (held["key"] == holder.number)
    picked = np.flatnonzero(mask)[world.rng.random(int(mask.sum())) < factor]
    part = {name: column[picked] for name, column in held.items()}
    part["t"] = np.clip(part["t"] + world.rng.integers(-20 * MINUTE, 20 * MINUTE, len(picked)), since, until - 1)
    world.log.add(part)


def _usual(world: World, holder: Holder) -> float:
    """Requests an hour over its life."""
    held = world.log.table()
    return float((held["key"] == holder.number).sum() / max(1, (holder.end - holder.begin) / HOUR))


def _pick(
    world: World,
    count: int,
    *,
    tempers: set[str] | frozenset[str] = frozenset(),
    homes: set[str] | None = None,
    untaken: bool = True,
) -> list[Holder]:
    """Some keys that live through the period and that nothing else happens to; they count as taken when `untaken`."""
    fit = [
        h
        for h in world.holders
        if (not tempers or h.temper in tempers)
        and (homes is None or h.home in homes)
        and not h.taken
        and h.begin < world.length // 10 < h.end
    ]
    order = world.rng.permutation(len(fit))[:count]
    found = [fit[n] for n in order]
    for holder in found:
        holder.taken = holder.taken or untaken
    return found


def _span(world: World, shortest: int, longest: int) -> tuple[int, int]:
    """A time in the later three quarters, so many minutes long."""
    when = int(world.rng.uniform(0.25, 0.93) * world.length)
    return when, when + int(world.rng.uniform(shortest, longest) * MINUTE)


def _between(t: np.ndarray, since: float, until: float) -> np.ndarray:
    return (t >= since) & (t < until)


def _newer(world: World, holder: Holder) -> str:
    """The key's first client with a higher version."""
    name = world.agents.held[holder.agents[0]]
    product, slash, rest = name.partition("/")
    return f"{product}/{int(rest.split('.')[0]) + 1}.0.0" if slash and rest.split(".")[0].isdigit() else f"{name}/2.0"

"""The ordinary traffic: what each key does when nothing happens, and what comes without any key."""

from typing import Final

import numpy as np
from numpy.random import Generator

from keywatch.demo.keys import PRODUCTION_HOST, DemoKey
from keywatch.demo.origins import addresses, agents, referers
from keywatch.demo.outcomes import ORDINARY, TRYING, fail, failures
from keywatch.demo.requests import Numbers, Requests, same, strings
from keywatch.demo.rhythm import DAY, moments
from keywatch.demo.routes import choose, fill

TELLTALE: Final = "status-badge"
"""The key whose client puts the secret into the URL as well; redaction must find it there."""

_WANTED: Final = (
    "/",
    "/.env",
    "/wp-login.php",
    "/favicon.ico",
    "/robots.txt",
    "/.git/config",
    "/v1/agents",
    "/v1/account",
)
_SCANNERS: Final = ("Mozilla/5.0 zgrab/0.x", "curl/7.88.1", "Mozilla/5.0 (compatible; CensysInspect/1.1)", "")
_SIX_DAYS: Final = 6 * DAY
_PROBE_EVERY: Final = 120
_SCANS_A_DAY: Final = 45


def ordinary(key: DemoKey, since: int, until: int, rng: Generator, scale: float) -> Requests:
    """All requests of `key` in [since, until) when nothing happens; times in seconds since 1970."""
    at = moments(key, since, until, rng, scale)
    requests = asked(key, at, rng, released=until - _SIX_DAYS)
    return fail(requests, failures(len(at), TRYING if key.development else ORDINARY, rng), rng)


def asked(key: DemoKey, at: Numbers, rng: Generator, *, released: int) -> Requests:
    """What `key` asks for at the given times, from its own addresses and clients, all answered well."""
    count = len(at)
    method, uri = same("", count), same("", count)
    status, size, median = (np.zeros(count, dtype=np.int64), np.zeros(count), np.zeros(count))
    for route, where in choose(key.part.job, count, rng):
        method[where], uri[where] = route.method, fill(route.template, len(where), rng)
        status[where], size[where], median[where] = route.status, route.size, route.seconds
    if key.name == TELLTALE:
        uri = strings(f"{u}{'&' if '?' in u else '?'}api_key={key.secret}" for u in uri)
    writes = np.logical_or(method == "POST", method == "PUT")
    return Requests(
        at=at,
        token=same(key.secret, count),
        ip=addresses(key, count, rng),
        host=same(key.host, count),
        method=method,
        uri=uri,
        agent=agents(key, at, rng, released),
        referer=referers(key, count),
        status=status,
        sent=(size * rng.lognormal(0, 0.25, count)).astype(np.int64),
        received=rng.integers(280, 420, count) + np.where(writes, rng.integers(90, 1800, count), 0),
        seconds=(median * rng.lognormal(0, 0.45, count)).round(3),
    )


def keyless(since: int, until: int, rng: Generator, scale: float) -> Requests:
    """What comes without a key: an uptime probe every two minutes, and passers-by who try a door or two."""
    probe = np.arange(since, until, _PROBE_EVERY, dtype=np.int64)
    scans = np.sort(rng.integers(since, until, int(_SCANS_A_DAY * scale * (until - since) / DAY)))
    at, knocks = np.concatenate([probe, scans]), len(scans)
    wanted = strings(_WANTED)[rng.integers(0, len(_WANTED), knocks)]
    refused = np.where([str(w).startswith("/v1") for w in wanted], 401, 404)
    requests = Requests(
        at=at,
        token=same("", len(at)),
        ip=np.concatenate([same("198.18.4.10", len(probe)), _passers_by(knocks, rng)]),
        host=same(PRODUCTION_HOST, len(at)),
        method=same("GET", len(at)),
        uri=np.concatenate([same("/healthz", len(probe)), wanted]),
        agent=np.concatenate(
            [same("aloochat-probe/1.0", len(probe)), strings(_SCANNERS)[rng.integers(0, len(_SCANNERS), knocks)]]
        ),
        referer=same("", len(at)),
        status=np.full(len(at), 200, dtype=np.int64),
        sent=np.full(len(at), 15, dtype=np.int64),
        received=rng.integers(110, 260, len(at)),
        seconds=rng.uniform(0.001, 0.004, len(at)).round(3),
    )
    return fail(requests, np.concatenate([np.zeros(len(probe), dtype=np.int64), refused]).astype(np.int64), rng)


def _passers_by(count: int, rng: Generator) -> np.ndarray:
    """Each knock comes from somewhere else, so that no address of theirs ever makes a burst."""
    networks, hosts = rng.integers(200, 230, count), rng.integers(1, 255, count)
    return strings(f"198.18.{n}.{h}" for n, h in zip(networks.tolist(), hosts.tolist(), strict=True))

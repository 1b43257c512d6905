"""The incidents of the last three days that come from outside: guessing, leaking, and keys that nobody issued.

Counts are chosen to stand well above the usual thresholds (10 failures in 5 minutes, 5 unknown keys in 10) and, where
a story is about something else, well below: the leaked key, for one, does not triple its traffic.
"""

from dataclasses import replace
from typing import Final

from keywatch.demo.keys import make_secret
from keywatch.demo.outcomes import fail
from keywatch.demo.planted import Planted, planted
from keywatch.demo.requests import join, same, strings
from keywatch.demo.stage import Stage, evenly, looking, scattered, stranger

MARKUP: Final = "<script>alert(1)</script>"
"""A user agent that is harmless unless somebody shows it as HTML."""
ESCAPE: Final = "\x1b[31mPWNED\x1b[0m"
"""A user agent that paints a terminal red unless somebody shows it safely."""

UNREGISTERED: Final = "unregistered-key"
"""Kind of what is planted by the key that the inventory does not know."""


def key_guessing(stage: Stage) -> Planted:
    """64 made-up secrets within four minutes, every fourth tried twice."""
    rng, ip = stage.stream("key-guessing"), "203.0.113.66"
    guesses = [make_secret(rng) for _ in range(64)]
    tries = strings(guesses + guesses[::4])
    at = scattered(stage.ago(hours=14), stage.ago(hours=13, minutes=56), len(tries), rng)
    visits = stranger(stage.keys["kavir-claims"], at, rng, ip, (MARKUP, ESCAPE, "python-requests/2.25.1"))
    lines = stage.parts["key-guessing"] = fail(looking(visits, tries), 401, rng)
    story = "Somebody tried 64 made-up keys from one address within four minutes; none was right."
    return planted("key-guessing", "key-guessing", story, lines=lines, ip=ip, also=("auth-burst-address",))


def burst_then_success(stage: Stage) -> Planted:
    """70 wrong guesses in six minutes, then 45 good requests with the right key, from the same address."""
    rng, ip, key = stage.stream("burst-then-success"), "192.0.2.188", stage.keys["kavir-claims"]
    begin, found, end = (stage.ago(minutes=m) for m in (192, 186, 166))
    tries = strings(make_secret(rng) for _ in range(70))
    guesses = looking(stranger(key, scattered(begin, found, 70, rng), rng, ip, ("Go-http-client/1.1",)), tries)
    harvest = stranger(key, scattered(found, end, 45, rng), rng, ip, ("Go-http-client/1.1",))
    lines = stage.parts["burst-then-success"] = join([fail(guesses, 401, rng), harvest])
    also = ("key-guessing", "auth-burst-address", "new-origin")
    story = "70 guesses failed from one address, then the next 45 requests succeeded with the key kavir-claims."
    return planted("burst-then-success", "burst-then-success", story, lines=lines, key=key, ip=ip, also=also)


def leaked_key(stage: Stage) -> Planted:
    """A service's key works from a network and a client that it never had, 400 times in four hours."""
    rng, ip, key = stage.stream("leaked-key"), "198.51.100.23", stage.keys["baran-ivr"]
    at = scattered(stage.ago(hours=19), stage.ago(hours=15), 400, rng)
    lines = stage.parts["leaked-key"] = stranger(key, at, rng, ip, ("curl/8.4.0",))
    story = "baran-ivr, used from one network ever since, was also used from another one, with another client."
    return planted("leaked-key", "new-origin", story, lines=lines, key=key, ip=ip, also=("volume-spike",))


def wrong_host(stage: Stage) -> Planted:
    """A test runner asks production with nine development keys: 126 refusals in twelve minutes."""
    rng, ip = stage.stream("wrong-host"), "198.18.250.7"
    keys = [key for key in stage.keys.values() if key.development][:9]
    at = evenly(stage.ago(hours=9), stage.ago(hours=8, minutes=48), 14 * len(keys))
    tokens = strings(keys[i % len(keys)].secret for i in range(len(at)))
    runner = stranger(stage.keys["inbox-sync"], at, rng, ip, ("aloochat-python/2.5.0",))
    tests = looking(runner, tokens)
    lines = stage.parts["wrong-host"] = fail(tests, 401, rng)
    story = "A test runner at one address asked production with nine development keys; all were refused."
    also = ("auth-burst-address",)
    return planted("wrong-host", "credential-stuffing", story, lines=lines, ip=ip, also=also)


def revoked_key(stage: Stage) -> Planted:
    """A revoked key is tried again and again, 10 times an hour: too slow for a burst."""
    rng, ip, key = stage.stream("revoked-key"), "198.18.231.4", stage.keys["shahrazad-import"]
    at = scattered(stage.ago(hours=18), stage.now, 180, rng)
    lines = stage.parts["revoked-key"] = fail(stranger(key, at, rng, ip, ("GuzzleHttp/6",)), 401, rng)
    story = "shahrazad-import was revoked a month ago; since 18 hours somebody tries it again, some 10 times an hour."
    return planted("revoked-key", "revoked-or-expired-key-used", story, lines=lines, key=key, ip=ip)


def unregistered_key(stage: Stage) -> Planted:
    """A key that no inventory row knows works, 30 times an hour for 44 hours."""
    rng, ip = stage.stream(UNREGISTERED), "198.18.240.12"
    secret, hours = make_secret(rng), 44
    at = scattered(stage.ago(hours=hours), stage.now, 30 * hours, rng)
    visits = stranger(stage.keys["nilgoon-crm"], at, rng, ip, ("axios/1.6.8",))
    lines = stage.parts[UNREGISTERED] = replace(visits, token=same(secret, len(at)))
    story = "A key that the inventory does not list is accepted, some 30 times an hour."
    return replace(planted(UNREGISTERED, "unregistered-key", story, lines=lines, ip=ip), secret=secret)

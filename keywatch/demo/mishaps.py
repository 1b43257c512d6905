"""The incidents that come from the customers' own systems, and the keys that should have been tidied away."""

from dataclasses import replace
from datetime import timedelta

import numpy as np

from keywatch.demo.keys import AGES, EXPIRED_FOR, LAST_USES
from keywatch.demo.outcomes import fail
from keywatch.demo.planted import Planted, moment, planted
from keywatch.demo.rhythm import HOUR
from keywatch.demo.stage import Stage, scattered
from keywatch.demo.traffic import asked

_OLD = 90
"""Days after which a key should have been replaced (CIS)."""


def disabled_key(stage: Stage) -> Planted:
    """A key is switched off for eleven minutes; its client, unaware, tries 220 times and then works again."""
    rng, key = stage.stream("disabled-key"), stage.keys["sepidar-callcenter"]
    since, until = stage.ago(minutes=330), stage.ago(minutes=319)
    at = scattered(since, until, 220, rng)
    lines = fail(asked(key, at, rng, released=0), 401, rng)
    stage.change(key.name, since, until, lines)
    story = "sepidar-callcenter was disabled for eleven minutes; its client got 401 220 times."
    also = ("burst-then-success", "auth-burst-address", "volume-spike")
    return planted("disabled-key", "auth-burst-key", story, lines=lines, key=key, also=also)


def volume_spike(stage: Stage) -> Planted:
    """A key at eight times its rate for three full hours, from where it always comes."""
    rng, key = stage.stream("volume-spike"), stage.keys["karavan-bookings"]
    begin = stage.ago(hours=12) // HOUR * HOUR
    at = scattered(begin, begin + 3 * HOUR, int(7 * 3 * key.part.rate), rng)
    lines = stage.parts["volume-spike"] = asked(key, at, rng, released=0)
    story = "karavan-bookings sent eight times as many requests as usual for three hours."
    return planted("volume-spike", "volume-spike", story, lines=lines, key=key)


def silent_key(stage: Stage) -> Planted:
    """A service that never rests says nothing in the last eight hours."""
    key, since = stage.keys["mehr-reminders"], stage.ago(hours=8)
    stage.clear(key.name, since, stage.now)
    story = "mehr-reminders, busy day and night, has been silent for eight hours."
    last = stage.parts[key.name].take(np.array([-1]))  # its requests are in order
    found = planted("silent-key", "flatline", story, lines=last, key=key)
    return replace(found, since=moment(since), until=moment(stage.now), requests=0)


def expired_key(stage: Stage) -> Planted:
    """A key expired 60 hours ago; its client goes on, four times an hour."""
    rng, key = stage.stream("expired-key"), stage.keys["darya-partner"]
    expiry = stage.ago(seconds=EXPIRED_FOR.total_seconds())
    part = stage.parts[key.name]
    lines = fail(part.take(part.between(expiry, stage.now)), 401, rng)
    stage.change(key.name, expiry, stage.now, lines)
    story = "darya-partner expired 60 hours ago and is still tried, some four times an hour."
    return planted("expired-key", "revoked-or-expired-key-used", story, lines=lines, key=key)


def untidy_keys(stage: Stage) -> list[Planted]:
    """Two unused keys, one that was never used, three that are over age; they put no line into the log."""
    unused = [_standing(stage, name, "unused-key", LAST_USES[name]) for name in ("kavir-pilot", "nilgoon-migration")]
    never = _standing(stage, "zagros-trial", "never-used-key", AGES["zagros-trial"])
    old = [_standing(stage, n, "over-age-key", AGES[n]) for n in ("data-warehouse", "inbox-sync", "shahrazad-desk")]
    return [*unused, never, *old]


def _standing(stage: Stage, name: str, detector: str, days: float) -> Planted:
    key = stage.keys[name]
    told = {
        "unused-key": "was last used",
        "never-used-key": "was never used and created",
        "over-age-key": "was created",
    }
    return Planted(
        kind=f"{detector}:{name}",
        detector=detector,
        also=("over-age-key",) if AGES.get(name, 0) >= _OLD and detector != "over-age-key" else (),
        key_id=key.key_id,
        key_name=key.name,
        secret=key.secret,
        since=moment(stage.now) - timedelta(days=days),
        until=moment(stage.now),
        story=f"{name} {told[detector]} {days:.0f} days ago.",
    )

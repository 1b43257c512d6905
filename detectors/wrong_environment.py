"""wrong-environment: see the docstring of `score`."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pandas as pd

from detectors.declare import HOUR, Frames, detector
from detectors.scores import Scored, moment, to_frame
from detectors.shared.calls import calls_of, many
from detectors.shared.host_environments import Hosts
from detectors.shared.lifetimes import environment
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What is known of hosts, and how it is learnt."""

    hosts: str = ""
    """`api.example.com=production, *.dev.example.com=development`; `*` stands for anything, `shared` for both."""
    learn: timedelta = timedelta(days=3)
    """How long hosts must have been watched; before, more is asked for."""
    keys: int = 3
    """How many keys of an environment a host must have to be learnt as its."""
    tries: int = 3
    """So many calls in an hour that were forbidden (403), where none succeeded, are told of, low."""


@detector(
    id="wrong-environment",
    severity=Severity.MEDIUM,
    kind="rule",
    frames=("host_hours", "host_days", "key_refs"),
    settings=Settings,
    quiet=timedelta(days=7),
    bucket=HOUR,
    attack=("T1078",),
    owasp=("API8:2023",),
    controls=("CC6.1", "CC8.1"),
)
def score(frames: Frames, window: Window, settings: Settings) -> pd.DataFrame:
    """A key is used in an environment that it was not made for.

    A development key succeeds on a production host, or the reverse (Stripe advises to audit this; no peer has a rule on
    access logs); low if it is forbidden there (403) three times in an hour; a 401 is what any list of keys meets. Which
    host is whose is learnt from the 30 days before: at least 3 keys of one environment and four fifths of all keys
    there, while of the keys of the other environment at most a fifth use it. So one host for everybody is nobody's. In
    the first three days what was seen until an hour ago teaches, from 6 hours on, with 6 keys of the one environment
    and 3 of the other. A host's name tells it for development (dev, test, staging, sandbox). `hosts` sets it.

    Why it matters: a development key is guarded as such, and what it can do in production is what it does in the hands
    of whoever finds it. A production key in a test system lies in its logs.

    False alarms: a smoke test after a release; a key whose environment the inventory has wrong.

    What to do: ask the owner. Give the caller a key of the right environment, and let the gateway refuse keys of
    the other one.
    """
    refs = frames["key_refs"].assign(env=frames["key_refs"]["environment"].map(environment))
    refs = refs[refs["env"].isin(["production", "development"])][["key_ref", "key_id", "env"]]
    asked = frames["host_hours"]
    asked = asked[(asked["hour"] + HOUR > window.since) & (asked["hour"] + HOUR <= window.until)]
    used = asked[(asked["ok"] > 0) | (asked["forbidden"] >= settings.tries)].merge(refs, on="key_ref")
    if used.empty:
        return to_frame([])
    days, hours = frames["host_days"], frames["host_hours"]
    hosts = Hosts(days, hours, refs, settings.hosts, learn=settings.learn, keys=settings.keys)
    pairs = used[["host", "hour"]].drop_duplicates()
    belongs = [hosts.of(str(host), hour) for host, hour in pairs.itertuples(index=False, name=None)]
    pairs = pairs.assign(of=pd.Series(belongs, index=pairs.index, dtype="object"))
    wrong = used.merge(pairs, on=["host", "hour"])
    wrong = wrong[wrong["of"].isin(["production", "development"]) & (wrong["of"] != wrong["env"])]
    return to_frame(_row(group) for _, group in wrong.groupby(["key_ref", "hour"]))


def _row(group: pd.DataFrame) -> Scored:
    calls = calls_of(group)
    lead: Any = group.sort_values(["ok", "requests", "host"]).iloc[-1]
    does = "works on" if calls.ok else "is forbidden on"
    refused = int(group["forbidden"].sum())
    done = many(calls.ok, "successful call") if calls.ok else many(refused, "forbidden call")
    return Scored(
        bucket=moment(lead["hour"]),
        subject=f"key:{lead['key_ref']}",
        key_ref=str(lead["key_ref"]),
        key_id=str(lead["key_id"]),
        severity=None if calls.ok else Severity.LOW,
        score=1.0 + min(calls.ok or refused, 1000) / 1000,
        count=calls.ok or refused,
        first_seen=calls.first,
        last_seen=calls.last,
        title=f"The {lead['env']} key {{key}} {does} the {lead['of']} host {lead['host']}: {{count}} calls",
        summary=f"{done} in an hour on {lead['host']}, where keys of {lead['of']} belong.",
        detail={"host": str(lead["host"]), "host_is": str(lead["of"]), "key_is": str(lead["env"])},
    )

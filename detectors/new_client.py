"""new-client: see the docstring of `score`."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from detectors.declare import DAY, HOUR, NEWCOMERS, Frames, detector
from detectors.scores import Scored, moment, one_a_bucket, to_frame
from detectors.shared.clients import product
from detectors.shared.lifetimes import identity
from detectors.shared.places import Histories, histories
from detectors.shared.visits import VISIT_FRAMES, Settled, first_visits
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Settled):
    """How well a key must be known."""

    few: int = 3
    """A key of more products than this is not told of: it is used with whatever is at hand."""
    new_clients: float = 0.1
    """Nor is one to which a product is new on more than this share of its days (learnt)."""


@detector(
    id="new-client",
    severity=Severity.INFO,
    kind="rule",
    frames=VISIT_FRAMES,
    by_key=("origin_hours", "network_days", "client_days", "asn_days", "country_days"),
    named_by=(NEWCOMERS,),
    settings=Settings,
    quiet=DAY,
    bucket=HOUR,
    attack=("T1078.004",),
    owasp=("API2:2023",),
    controls=("CC6.1", "CC7.2"),
)
def score(frames: Frames, _window: Window, settings: Settings) -> pd.DataFrame:
    """A key is used with a client that it never had, from its usual network.

    A product (the user agent without its version) new to a key in use for 7 days and 50 calls with at most three
    products (30 days of history; Elastic's Kubernetes rules have new_terms of user and user agent over 10 days). A
    remark by itself, low where the usual client goes on in the same hour: then it is a second program, not its
    successor. Not told from the hour on in which the key comes from a new network, for new-origin tells both.

    Why it matters: who has stolen a key from inside, or works on the owner's own machine, still brings another tool.

    False alarms: the owner rewrote the job, tried something by hand, or upgraded to a client with another name.

    What to do: nothing by itself. When the key does something else that is odd, ask the owner about the client.
    """
    keys = identity(frames)
    origin = frames["origin_hours"].dropna(subset=["key_ref", "client"])
    origin = origin[origin["ok"] > 0]
    origin = origin.assign(
        key=origin["key_ref"].map(keys).fillna(origin["key_ref"]),
        day=origin["hour"].dt.floor("D"),
        version=origin["client"],
        client=origin["client"].map(product),
    )
    past = histories(frames)
    unseen = past.clients.unseen(origin[["key", "client", "day"]].drop_duplicates())
    new = list(unseen[["key", "client", "day"]].itertuples(index=False, name=None))
    new = [one for one in new if _steady(past, one[0], one[2], settings)]
    strange = first_visits(frames, settings) if new else {}
    rows: list[Scored] = []
    for key, client, day in new:
        today = origin[(origin["key"] == key) & (origin["day"] == day)]
        told = strange.get((key, day))
        rows.extend(_rows(today if told is None else today[today["hour"] < told], client))
    return to_frame(one_a_bucket(rows))


def _steady(past: Histories, key: str, day: pd.Timestamp, settings: Settings) -> bool:
    """Whether the key is known well enough, and its clients do not change by themselves."""
    known = past.of(key, day)
    if known.age < settings.history or known.requests < settings.requests or not known.clients:
        return False
    often = past.clients.new_a_day(key, day)
    return len(known.clients) <= settings.few and often <= settings.new_clients


def _rows(today: pd.DataFrame, client: str) -> Iterator[Scored]:
    for _, calls in today[today["client"] == client].groupby("hour"):
        hour = calls["hour"].iloc[0]
        beside = bool((today["hour"].eq(hour) & today["client"].ne(client)).any())
        yield _row(calls, beside=beside)


def _row(calls: pd.DataFrame, *, beside: bool) -> Scored:
    top = calls.sort_values(["ok", "ip"]).iloc[-1]
    count = int(calls["ok"].sum())
    return Scored(
        bucket=moment(top["hour"]),
        subject=f"key:{top['key_ref']}",
        key_ref=str(top["key_ref"]),
        ip=None if pd.isna(top["ip"]) else str(top["ip"]),
        severity=Severity.LOW if beside else None,
        score=1.0 + min(count, 1000) / 1000,
        count=count,
        first_seen=moment(calls["first_seen"].fillna(calls["hour"]).min()),
        last_seen=moment(calls["last_seen"].fillna(calls["hour"]).max()),
        title=f"Key {{key}} is used with a new client: {{count}} calls by {top['version']}",
        summary=f"{top['version']} was never among the key's clients; the calls come from a network that is known."
        + (" Its usual client goes on beside it." if beside else ""),
        detail={"client": str(top["version"]), "beside": beside},
    )

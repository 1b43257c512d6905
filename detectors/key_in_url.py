"""key-in-url: see the docstring of `score`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pandas as pd

from detectors.declare import DAY, HOUR, Frames, detector
from detectors.scores import Scored, moment, to_frame
from detectors.shared.calls import calls_of, many
from detectors.shared.lifetimes import identity
from model.event import Flag
from model.finding import Severity
from model.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """When it is the source's way, and not the key's."""

    share: float = 0.9
    """If so many of a source's keys come in the URL, that is how its clients are made."""
    keys: int = 5
    """Fewer keys than this show no way."""


@detector(
    id="key-in-url",
    severity=Severity.MEDIUM,
    kind="rule",
    frames=("flagged_hours", "carrier_hours", "key_refs"),
    settings=Settings,
    quiet=timedelta(days=30),
    bucket=HOUR,
    attack=("T1552.001",),
    owasp=("API2:2023",),
    controls=("CC6.1", "CC6.7"),
)
def score(frames: Frames, _window: Window, settings: Settings) -> pd.DataFrame:
    """A key stands in a URL.

    A key that worked, or a known one whose call failed for another reason than the key, stood in the URL; or a known
    one stood in a referer, whatever the answer (OWASP API2:2023 names tokens in URLs; no peer has a rule on access
    logs). A call without a credential is looked through for keys, too.
    Told once a day at most, and one finding as long as it happens within 30 days. Medium; when nine in
    ten keys of a source came in the URL in the 24 hours before (5 keys at least), that is one low finding about the
    source, for there it is the only way.

    Why it matters: URLs are written to the logs of every proxy, to browsers' histories and to the referers that other
    sites get. keywatch keeps no secret of them; the others do.

    False alarms: a provider whose API takes keys in the URL only.

    What to do: move the key to a header, and rotate it: it stands in logs now. For a referer, find the page whose
    address holds the key.
    """
    flagged = frames["flagged_hours"].dropna(subset=["key_ref", "flag"])
    if flagged.empty:
        return to_frame([])
    keys = identity(frames)
    flagged = flagged.assign(
        key=flagged["key_ref"].map(keys).fillna(flagged["key_ref"]), day=flagged["hour"].dt.floor("D")
    )
    flagged = _usual(flagged, frames["carrier_hours"], settings)
    own = flagged[~flagged["usual"]]
    rows = [_of_key(group) for _, group in _first_of_day(own, "key")]
    rows += [_of_source(group) for _, group in _first_of_day(flagged[flagged["usual"]], "source")]
    return to_frame(rows)


def _usual(flagged: pd.DataFrame, carriers: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """With `usual`: whether the keys of the row's source come in the URL, by the 24 hours that end with its hour."""
    hours = flagged[["source", "hour"]].drop_duplicates()
    seen = hours.merge(carriers.rename(columns={"hour": "before"}), on="source")
    seen = seen[(seen["before"] <= seen["hour"]) & (seen["before"] > seen["hour"] - DAY)]
    sums = seen.groupby(["source", "hour"], as_index=False).agg(
        all=("keys", "sum"), url=("in_url", "sum"), most=("keys", "max")
    )
    way = (sums["url"] >= settings.share * sums["all"]) & (sums["most"] >= settings.keys)
    ways = pd.MultiIndex.from_frame(sums.loc[way, ["source", "hour"]])
    in_url = flagged["flag"] == Flag.KEY_IN_URL
    return flagged.assign(usual=pd.MultiIndex.from_frame(flagged[["source", "hour"]]).isin(ways) & in_url)


def _first_of_day(rows: pd.DataFrame, by: str) -> Iterator[tuple[Any, pd.DataFrame]]:
    """The rows of the first hour of each day and subject: one piece of evidence a day is enough."""
    first = rows.groupby([by, "day"])["hour"].transform("min")
    yield from rows[rows["hour"] == first].groupby([by, "day"])


def _of_key(group: pd.DataFrame) -> Scored:
    calls = calls_of(group)
    lead: Any = group.sort_values(["requests", "route"]).iloc[-1]
    place = "referers" if (group["flag"] == Flag.KEY_IN_REFERER).all() else "the URL"
    return Scored(
        bucket=moment(lead["hour"]),
        subject=f"key:{lead['key']}",
        key_ref=str(lead["key_ref"]),
        ip=calls.ip,
        score=1.0 + min(calls.requests, 1000) / 1000,
        count=1,
        first_seen=calls.first,
        last_seen=calls.last,
        title=f"Key {{key}} stands in {place}",
        summary=f"{many(calls.requests, 'call')} from {many(calls.addresses, 'address', 'addresses')} in an hour, most "
        f"on {lead['route'] if isinstance(lead['route'], str) else 'a route that is not known'}.",
        detail={"flags": sorted(set(group["flag"])), "routes": sorted(set(group["route"].dropna()))[:10]},
    )


def _of_source(group: pd.DataFrame) -> Scored:
    calls, source = calls_of(group), str(group["source"].iloc[0])
    keys = group["key"].nunique()
    return Scored(
        bucket=moment(group["hour"].iloc[0]),
        subject=f"source:{source}",
        severity=Severity.LOW,
        score=1.0,
        count=1,
        first_seen=calls.first,
        last_seen=calls.last,
        title=f"The keys of the source {source} stand in the URL",
        summary=f"{many(keys, 'key')} came in the URL in an hour, as nearly all keys of this source do.",
        detail={"keys": int(keys)},
    )

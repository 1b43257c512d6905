"""burst-then-success: see the docstring of `score`."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import pandas as pd

from detectors.declare import DAY, MINUTE, Frames, detector
from detectors.scores import Scored, moment, to_frame
from detectors.shared.heat import Heat
from detectors.shared.tried import FRAMES, REACH, roams, tried, usual_at
from detectors.shared.windows import sliding_sums
from detectors.slow_and_low import FRAMES as SLOW
from model.finding import Severity
from model.window import Window

_REACH: Final = timedelta(hours=7)
"""How far back failures are counted and an attack may have begun: `within`, and the longest span by the minute."""
_ASKED: Final = 100
"""Keys of an address that are looked at to tell a door."""
_CALL: Final = ["minute", "key_ref", "ip"]
_TRIES: Final = 3
"""auth_minutes holds the successes of a subject with so many failures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Its line."""

    within: timedelta = timedelta(hours=3)
    """How long after an attack a success counts."""
    door: int = 10
    """So many keys that had long been at home at an address make it everybody's door: a proxy that hides who comes."""


def _won_elsewhere(frames: Frames) -> bool:
    """Whether any key succeeded where it may not have been at home."""
    rows, worked = frames["auth_minutes"], frames["worked"]
    by = ["key_ref", "network"]
    won = rows.groupby(by, as_index=False).agg(ok=("ok", "sum"), first=("minute", "min"), last=("minute", "max"))
    won = won[won["ok"] > 0].merge(worked, on=by, how="left")
    home = won[(won["at"] <= won["first"]) & (won["last"] - won["at"] <= REACH)]
    return len(home[by].drop_duplicates()) < len(won[by].drop_duplicates()) or bool(
        (rows["network"].isna() & (rows["ok"] > 0)).any()
    )


@detector(
    id="burst-then-success",
    severity=Severity.CRITICAL,
    kind="rule",
    frames=tuple(dict.fromkeys((*FRAMES, *SLOW))),
    later=("auth_hours", "attacked_days"),
    asks=_won_elsewhere,
    settings=Settings,
    quiet=DAY,
    bucket=MINUTE,
    attack=("T1110", "T1078.004"),
    owasp=("API2:2023",),
    controls=("CC6.1", "CC7.2", "CC7.3"),
)
def score(frames: Frames, _window: Window, settings: Settings) -> pd.DataFrame:
    """An attack on keys, and then a success.

    A key succeeds within three hours after an attack (Elastic's "Successful Login After Credential Attack": any alert,
    then success within 180 min), from a network where it had not succeeded before the attack: from an address that
    took part in a burst, guessing, stuffing, spraying, a distributed or a slow attack; from another address of a
    network that did, if no key was used from there before; or, of a key that was itself under attack from elsewhere,
    from any network that no key was used from before, unless the key finds new networks every week anyway. At an
    address where 10 keys that had worked there for hours or days came through lately, a proxy, only a key counts that
    was under attack itself: new keys come that way every day. The detectors of the attacks run at their default lines.

    Why it matters: the guess worked. Whoever it was is in, with the rights of that key.

    False alarms: an owner who sets up a key in a new place and gets it right at the twentieth try. A key that
    recovers at its usual place is not told.

    What to do: revoke the key now and ask afterwards. List every call with it from that address since the first
    success, and what those calls read or changed. Block the address.
    """
    minutes = tried(frames)
    won = minutes[(minutes["ok"] > 0) & minutes["key_ref"].notna() & minutes["ip"].notna()]
    new = pd.MultiIndex.from_frame(won.loc[~won["home"], ["key_ref", "network"]].drop_duplicates())
    won = won[pd.MultiIndex.from_frame(won[["key_ref", "network"]]).isin(new)]
    if won.empty:
        return to_frame([])
    heat = Heat(frames, minutes)
    of_address = _after(won, heat.addresses, "ip", settings.within)
    hot_itself = _among(of_address, _after(won, heat.keys, "key_ref", settings.within)[_CALL])
    found = [
        of_address[hot_itself | ~_at_doors(frames, of_address, minutes, settings.door)],
        _after(won[~won["place"]], heat.networks, "network", settings.within),
        _after(won[~won["place"]], heat.keys, "key_ref", settings.within),
    ]
    joined = pd.concat(found).sort_values(["minute", "order"], kind="stable")
    joined = joined.drop_duplicates(["minute", "key_ref", "ip"], ignore_index=True)
    joined = joined[~usual_at(frames, joined, joined["began"])]
    told = _counted(joined[~_roaming(frames, joined)], minutes)
    return to_frame(_row(group) for _, group in told.groupby(["minute", "key_ref"]))


def _at_doors(frames: Frames, rows: pd.DataFrame, minutes: pd.DataFrame, door: int) -> "pd.Series[bool]":
    """Whether `door` keys or more came through a row's address in the _REACH before it that were at home before that.

    Of more keys than _ASKED the first by name are asked about.
    """
    came = minutes.loc[(minutes["ok"] > 0) & minutes["key_ref"].notna() & minutes["ip"].isin(set(rows["ip"]))]
    came = came[["ip", "key_ref", "network", "minute"]].sort_values("key_ref", kind="stable")
    callers = dict(list(came.groupby("ip")))
    parts = []
    for ip, minute in rows[["ip", "minute"]].drop_duplicates().itertuples(index=False):
        mine = callers[ip]
        lately = mine[(mine["minute"] > minute - _REACH) & (mine["minute"] < minute)]
        parts.append(lately.drop_duplicates("key_ref").head(_ASKED).assign(minute=minute))
    if not parts:
        return pd.Series(data=False, index=rows.index)
    keys = pd.concat(parts, ignore_index=True)
    settled = keys[usual_at(frames, keys, keys["minute"] - _REACH)]
    counted = settled.groupby(["ip", "minute"]).size()
    return _among(rows, counted[counted >= door].index.to_frame(index=False))


def _among(rows: pd.DataFrame, those: pd.DataFrame) -> "pd.Series[bool]":
    """Whether each row is one of those, by their columns."""
    names = list(those.columns)
    return pd.Series(
        pd.MultiIndex.from_frame(rows[names]).isin(pd.MultiIndex.from_frame(those)), index=rows.index, dtype=bool
    )


def _after(won: pd.DataFrame, hot: pd.DataFrame, by: str, within: timedelta) -> pd.DataFrame:
    """Successes at most `within` after their address, network or key was hot.

    The rows of `won` with `began` (the attack's), `hot` (the first such minute), `by`, and `order` (which way to join
    is told when there are several). `hot` has by, minute and began.
    """
    hot = hot.dropna(subset=[by, "minute"]).sort_values("minute", kind="stable")
    rows = won[won[by].isin(set(hot[by]))]
    # The first hot minute that is not too long ago.
    asked = rows.assign(late=rows["minute"], minute=rows["minute"] - within).sort_values("minute", kind="stable")
    met = pd.merge_asof(asked, hot.assign(hot=hot["minute"]), on="minute", by=by, direction="forward")
    met = met[met["hot"] <= met["late"]]
    order = ("ip", "network", "key_ref").index(by)
    began = met["began"].where(met["began"] >= met["late"] - _REACH, met["late"] - _REACH)
    return met.assign(minute=met["late"], began=began, by=by, order=order).drop(columns="late")


def _roaming(frames: Frames, joined: pd.DataFrame) -> "pd.Series[bool]":
    """Whether a row rests on its key alone and the key is everywhere."""
    days = frames["attacked_days"]
    asked = zip(joined["by"], joined["key_ref"], joined["minute"], strict=True)
    known: dict[tuple[str, pd.Timestamp], bool] = {}
    answers = []
    for by, key_ref, minute in asked:
        day = minute.floor("D")
        if by == "key_ref" and (key_ref, day) not in known:
            known[key_ref, day] = roams(days, key_ref, day, REACH)
        answers.append(by == "key_ref" and known[key_ref, day])
    return pd.Series(answers, index=joined.index, dtype=bool)


def _counted(joined: pd.DataFrame, minutes: pd.DataFrame) -> pd.DataFrame:
    """`joined` with `tries`: failed calls of the address, network or key up to the success; 3 at the least."""
    parts = []
    for by, rows in joined.groupby("by"):
        name = str(by)
        mine = minutes[minutes[name].isin(set(rows[name]))]
        sums = sliding_sums(mine, by=name, at="minute", of=["strange"], span=_REACH)
        parts.append(
            rows.merge(sums.rename(columns={"strange": "tries"})[[name, "minute", "tries"]], on=[name, "minute"])
        )
    counted = pd.concat(parts) if parts else joined.assign(tries=0)
    counted = counted[counted["tries"] >= _TRIES]
    return counted.sort_values(["minute", "key_ref", "order", "ok"], kind="stable")


def _row(group: pd.DataFrame) -> Scored:
    lead = group[group["order"] == group["order"].min()].iloc[-1]
    ip, tries, won = str(lead["ip"]), int(group["tries"].max()), int(group["ok"].sum())
    began = f"{lead['hot']:%Y-%m-%d %H:%M} UTC"
    network = None if pd.isna(lead["network"]) else str(lead["network"])
    told = {
        "ip": (f"from {ip}", "with key {key}", f"After an attack from {ip} at {began}"),
        "network": (f"from {network}", f"with key {{key}} from {ip}", f"After an attack from {network} at {began}"),
        "key_ref": ("with key {key}", f"from {ip}", f"After an attack on it at {began}"),
    }
    before, after, summary = told[str(lead["by"])]
    return Scored(
        bucket=moment(lead["minute"]),
        subject=f"key:{lead['key_ref']}",
        key_ref=str(lead["key_ref"]),
        ip=ip,
        score=max(1.0, tries / 10),
        count=won,
        first_seen=moment(group["first_seen"].fillna(group["minute"]).min()),
        last_seen=moment(group["last_seen"].fillna(group["minute"]).max()),
        title=f"{tries} failed calls {before}, then {{count}} successful ones {after}",
        summary=f"{summary}, the key {{key}} succeeded from {ip}, where it had not been used before.",
        detail={"failed": tries, "network": network, "by": str(lead["by"])},
    )

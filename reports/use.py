"""When each key was last used as of a moment, and who says so; the words and rules of `detectors.shared.last_use`.

Unlike a detector the report reads the whole history, so a past period is judged by the uses before its end.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from model.event import Outcome
from reports.reading import Events, State
from reports.records import Basis
from reports.values import before, earlier, moment, records


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Who would have seen a use."""

    began: datetime | None
    """Since when logs that carry keys are read; None: they are not, or only later."""
    tell: frozenset[str]
    """Inventory sources that tell last uses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What the logs saw of one key up to the moment."""

    first_seen: datetime | None = None
    last_seen: datetime | None = None
    last_success: datetime | None = None
    certain: bool = True
    """False when it was used after the moment and it is not known whether before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """The last use of one key."""

    basis: Basis
    at: datetime | None
    told_by: str | None
    """`logs` or `provider`."""
    idle_since: datetime | None


def watch(state: State, at: datetime) -> Watch:
    """Who would have seen a use before the moment."""
    reads = bool(len(state.sources)) and bool(state.sources["reads_keys"].any())
    began = earlier(state.span.since, at) if state.span and reads else None
    told = state.keys[state.keys["source_last_used_at"].notna()]
    return Watch(began=began, tell=frozenset(told["source"]))


def judge(row: Mapping[str, object], life: Life, watch: Watch, at: datetime) -> Use:
    """The last use of the key in `row` (columns of `key_frame`): the later of the logs' and the provider's."""
    logged, provider = life.last_success or life.last_seen, moment(row["source_last_used_at"])
    told = before(provider, at)
    if (logged or told) and (life.certain or logged):
        by_logs = logged is not None and (told is None or logged >= told)
        last, told_by = (logged, "logs") if by_logs else (told, "provider")
        return Use(basis=Basis.USED, at=last, told_by=told_by, idle_since=last)
    watched = bool(row["key_refs"]) and watch.began is not None and life.certain
    created = moment(row["created_at"])
    pulled = moment(row["pulled_at"])
    reaches = pulled is None or pulled >= min(watch.began or at, at)
    if life.certain and provider is None and row["source"] in watch.tell and reaches:
        return Use(basis=Basis.NEVER, at=None, told_by="provider", idle_since=None)
    if watched and created is not None and watch.began is not None and created >= watch.began:
        return Use(basis=Basis.NEVER, at=None, told_by="logs", idle_since=None)
    if watched:
        return Use(basis=Basis.TELEMETRY, at=None, told_by=None, idle_since=watch.began)
    return Use(basis=Basis.UNKNOWN, at=None, told_by=None, idle_since=None)


def lives(state: State, events: Events, key_of: Mapping[str, str], at: datetime) -> dict[str, Life]:
    """What the logs saw of each key up to the moment, by key_id; keys that no log ever saw are left out."""
    found: dict[str, Life] = {}
    for frame, whole in ((state.activity, True), (events.life, False), (_late(events.late), False)):
        for row in records(frame) if frame is not None else ():
            if key_id := key_of.get(str(row["key_ref"])):
                found[key_id] = _joined(found.get(key_id, Life()), _life(row, at, whole=whole))
    return {key_id: _known(life) for key_id, life in found.items()}


def _late(minutes: pd.DataFrame) -> pd.DataFrame:
    """First and last use by key_ref of requests by minute; exact to the minute."""
    good = minutes[minutes["outcome"] == Outcome.OK].groupby("key_ref")["minute"].agg(last_success="max").reset_index()
    seen = minutes.groupby("key_ref")["minute"].agg(first_seen="min", last_seen="max").reset_index()
    return seen.merge(good, on="key_ref", how="left")


def _life(row: Mapping[str, object], at: datetime, *, whole: bool) -> Life:
    first, last = moment(row["first_seen"]), moment(row["last_seen"])
    hidden = whole and last is not None and last >= at and not (first is not None and first >= at)
    return Life(
        first_seen=before(first, at),
        last_seen=before(last, at),
        last_success=before(moment(row["last_success"]), at),
        certain=not hidden,
    )


def _joined(one: Life, other: Life) -> Life:
    return Life(
        first_seen=min((m for m in (one.first_seen, other.first_seen) if m), default=None),
        last_seen=max((m for m in (one.last_seen, other.last_seen) if m), default=None),
        last_success=max((m for m in (one.last_success, other.last_success) if m), default=None),
        certain=one.certain and other.certain,
    )


def _known(life: Life) -> Life:
    """A use that the history shows is a certain one, whatever came after the moment."""
    certain = life.certain or life.last_seen is not None
    return Life(first_seen=life.first_seen, last_seen=life.last_seen, last_success=life.last_success, certain=certain)

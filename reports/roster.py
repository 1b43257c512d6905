"""The inventory as of a moment: each key with its last use, its age, its counts in the period and its flags."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import pandas as pd

from model.event import Outcome
from reports.excused import Excuses, holding
from reports.hygiene import flags
from reports.lifetimes import state_at, used_after_end
from reports.reading import Events, State
from reports.records import Counts, Cover, KeyEntry
from reports.trail import RotationEntry
from reports.use import Life, Watch, judge, lives, watch
from reports.values import earlier, moment, records, text
from store.queries.outcomes import OUTCOMES_BY_KEY

_NOTHING: Final = Counts()
_COLUMN: Final = {
    Outcome.OK: "successes",
    Outcome.UNAUTHENTICATED: "unauthorized",
    Outcome.FORBIDDEN: "forbidden",
    Outcome.THROTTLED: "throttled",
    Outcome.CLIENT_ERROR: "client_errors",
    Outcome.SERVER_ERROR: "server_errors",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Around:
    """What is known about the keys, by key_id."""

    cover: Cover
    watch: Watch
    lives: Mapping[str, Life]
    counts: Mapping[str, Counts]
    addresses: Mapping[str, int]
    clients: Mapping[str, int]
    countries: Mapping[str, tuple[str, ...]]
    findings: Mapping[str, tuple[str, ...]]
    rotations: Mapping[str, str]
    excuses: Excuses


def entries(
    state: State, events: Events, cover: Cover, rotations: Sequence[RotationEntry] = ()
) -> tuple[KeyEntry, ...]:
    """The keys that there were at `cover.as_of`, by name and then by id; a key created later is left out."""
    key_of = state.refs
    around = _Around(
        cover=cover,
        watch=watch(state, cover.as_of),
        lives=lives(state, events, key_of, cover.as_of),
        counts=counts_by(events.outcomes, key_of),
        addresses={key_id: len(found) for key_id, found in _distinct(events.addresses, key_of).items()},
        clients={key_id: len(found) for key_id, found in _distinct(events.clients, key_of).items()},
        countries={key_id: tuple(sorted(found)) for key_id, found in _distinct(events.countries, key_of).items()},
        findings=_findings(state),
        rotations={one.old: one.state for one in rotations},
        excuses=holding(state.exceptions, cover.as_of),
    )
    found = (_entry(row, around) for row in records(state.keys) if not _later(moment(row["created_at"]), cover.as_of))
    return tuple(sorted(found, key=lambda key: ((key.name or key.key_id).casefold(), key.key_id)))


def counts_by(outcomes: pd.DataFrame, key_of: Mapping[str, str]) -> dict[str, Counts]:
    """Counts by key_id of what `outcomes_by_key` gives; references that `key_of` lacks are left out."""
    sums: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for key_ref, outcome, requests in zip(*(outcomes[name] for name in OUTCOMES_BY_KEY), strict=True):
        key_id = key_of.get(key_ref) if key_ref else None
        if key_id is None:
            continue
        sums[key_id]["requests"] += int(requests)
        if column := _COLUMN.get(outcome):
            sums[key_id][column] += int(requests)
    return {key_id: Counts(**counted) for key_id, counted in sums.items()}


def _entry(row: Mapping[str, object], around: _Around) -> KeyEntry:
    key_id, cover = str(row["key_id"]), around.cover
    labels: dict[str, str] = row["labels"] or {}  # type: ignore[assignment]  # a JSON object
    life, counts = around.lives.get(key_id, Life()), around.counts.get(key_id, _NOTHING)
    dates = {name: moment(row[name]) for name in ("created_at", "rotated_at", "expires_at", "revoked_at")}
    expires, revoked = dates["expires_at"], dates["revoked_at"]
    state = state_at(str(row["status"]), expires_at=expires, revoked_at=revoked, at=cover.as_of)
    use = judge(row, life, around.watch, cover.as_of)
    fresh = max((d for d in (dates["created_at"], earlier(dates["rotated_at"], cover.as_of)) if d), default=None)
    ended = min((d for d in (expires, revoked) if d and d <= cover.as_of), default=None)
    after_end = used_after_end(
        state, ended_at=ended, seen=life.last_seen, succeeded=life.last_success, since=cover.since, counts=counts
    )
    return KeyEntry(
        key_id=key_id,
        name=text(row["name"]),
        hint=text(row["hint"]),
        owner=text(row["owner"]),
        team=text(row["team"]),
        environment=text(row["environment"]),
        scopes=tuple(str(scope) for scope in row["scopes"] or ()),  # type: ignore[attr-defined]  # a JSON list
        status=str(row["status"]),
        state=state,
        source=str(row["source"]),
        pulled_at=moment(row["pulled_at"]),
        **dates,
        removed_at=earlier(moment(row["removed_at"]), cover.as_of),
        successor=text(row["successor"]),
        rotation=around.rotations.get(key_id),
        age_days=(cover.as_of - fresh).days if fresh else None,
        first_seen=life.first_seen,
        last_seen=life.last_seen,
        last_success=life.last_success,
        source_last_used_at=moment(row["source_last_used_at"]),
        telemetry_since=moment(row["telemetry_since"]),
        last_use=use.at,
        last_use_from=use.told_by,
        basis=use.basis,
        idle_days=(cover.as_of - use.idle_since).days if use.idle_since else None,
        after_end=after_end,
        counts=counts,
        addresses=around.addresses.get(key_id, 0),
        clients=around.clients.get(key_id, 0),
        countries=around.countries.get(key_id, ()),
        findings=around.findings.get(key_id, ()),
        excused=around.excuses.of(key_id, labels),
        flags=flags(
            state=state,
            basis=use.basis,
            idle_since=use.idle_since,
            fresh_since=fresh,
            expires_at=expires,
            owner=text(row["owner"]),
            after_end=after_end,
            at=cover.as_of,
        ),
    )


def _later(created: datetime | None, at: datetime) -> bool:
    return created is not None and created > at


def _distinct(places: pd.DataFrame, key_of: Mapping[str, str]) -> dict[str, set[str]]:
    """Distinct values by key_id; two references of one key share theirs."""
    found: dict[str, set[str]] = defaultdict(set)
    for key_ref, value in zip(places["key_ref"], places["value"], strict=True):
        if key_id := key_of.get(key_ref):
            found[key_id].add(value)
    return found


def _findings(state: State) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for finding in sorted(state.findings, key=lambda finding: (finding.opened, finding.id)):
        if finding.key_id is not None:
            found[finding.key_id].append(finding.id)
    return {key_id: tuple(ids) for key_id, ids in found.items()}

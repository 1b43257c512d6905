"""What the report rests on: where keys and logs came from, and what of the traffic no key explains."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from model.event import UNKNOWN_PREFIX
from model.window import Window
from reports.hygiene import ALIVE
from reports.reading import Events, State
from reports.records import Bar, Counts, Gap, InventorySource, KeyEntry, LogSource, Stranger
from reports.roster import counts_by
from reports.thresholds import GAP_HOURS, HOUR
from reports.values import moment, number, records, text

NO_CREDENTIAL: Final = "none"
"""Stands for requests that presented no credential."""
GUESSED: Final = "unknown"
"""Stands for credentials that no inventory row knows and that never succeeded."""


def inventory_sources(keys: Sequence[KeyEntry]) -> tuple[InventorySource, ...]:
    """The places that keys came from, by name."""
    found = []
    for name in sorted({key.source for key in keys}):
        mine = [key for key in keys if key.source == name]
        found.append(
            InventorySource(
                name=name,
                keys=len(mine),
                alive=sum(key.state in ALIVE for key in mine),
                pulled_at=max((key.pulled_at for key in mine if key.pulled_at), default=None),
                tells_last_use=any(key.source_last_used_at for key in mine),
            )
        )
    return tuple(found)


def log_sources(state: State, events: Events, judged: Window) -> tuple[LogSource, ...]:
    """The places that logs came from, by name, with their silent hours in the judged part of the period."""
    heard: dict[str, list[datetime]] = {}
    for row in records(events.hours):
        hour = moment(row["hour"])
        if hour is not None:
            heard.setdefault(str(row["source"]), []).append(hour)
    return tuple(_log_source(row, heard.get(str(row["name"]), []), judged) for row in records(state.sources))


def gaps(heard: Sequence[datetime], expected: Sequence[datetime]) -> tuple[Gap, ...]:
    """Runs of at least GAP_HOURS of the `expected` hours that are not among the `heard` ones, oldest first."""
    present, runs, run = set(heard), [], []
    for hour in expected:
        if hour not in present:
            run.append(hour)
        elif run:
            runs.append(run)
            run = []
    runs += [run] if run else []
    return tuple(Gap(since=r[0], until=r[-1] + HOUR, hours=len(r)) for r in runs if len(r) >= GAP_HOURS)


def strangers(state: State, events: Events) -> tuple[Stranger, ...]:
    """Credentials of the period that no inventory row knows and that succeeded once, the busiest first."""
    hints = dict(zip(state.activity["key_ref"], state.activity["hint"], strict=True))
    seen = [row for row in records(events.seen) if row["key_ref"] not in state.refs]
    refs = [str(row["key_ref"]) for row in seen]
    counts = counts_by(events.outcomes, dict(zip(refs, refs, strict=True)))
    found = [
        Stranger(
            key_ref=ref,
            hint=text(hints.get(ref)),
            first_seen=moment(row["first_seen"]),
            last_seen=moment(row["last_seen"]),
            last_success=moment(row["last_success"]),
            counts=counts.get(ref, Counts()),
        )
        for ref, row in zip(refs, seen, strict=True)
    ]
    return tuple(sorted(found, key=lambda one: (-one.counts.requests, one.key_ref)))


def keyless(events: Events) -> tuple[Counts, Counts]:
    """Requests without a credential, and those with one that nobody knows and that never succeeded."""
    refs = [ref for ref in set(events.outcomes["key_ref"]) if ref and ref.startswith(UNKNOWN_PREFIX)]
    named = events.outcomes.assign(key_ref=events.outcomes["key_ref"].map(lambda ref: ref or NO_CREDENTIAL))
    found = counts_by(named, {NO_CREDENTIAL: NO_CREDENTIAL, **dict.fromkeys(refs, GUESSED)})
    return found.get(NO_CREDENTIAL, Counts()), found.get(GUESSED, Counts())


def bars(events: Events) -> tuple[Bar, ...]:
    """Requests by day (or hour) and outcome, oldest first; a day without requests is left out."""
    found: dict[datetime, list[tuple[str, int]]] = {}
    for row in records(events.days):
        bucket = moment(row["bucket"])
        if bucket is not None:
            found.setdefault(bucket, []).append((str(row["outcome"]), number(row["requests"])))
    return tuple(Bar(bucket=bucket, outcomes=tuple(sorted(found[bucket]))) for bucket in sorted(found))


def _log_source(row: dict[str, object], heard: Sequence[datetime], judged: Window) -> LogSource:
    first = moment(row["first_event_at"])
    # Nothing is expected of a source before its first event: its telemetry begins there.
    since = judged.until if first is None else max(judged.since, first)
    expected = _hours(since, judged.until)
    return LogSource(
        name=str(row["name"]),
        format=text(row["format"]),
        **{name: number(row[name]) for name in ("lines", "events", "rejects", "skipped", "bytes_lost")},
        first_event_at=first,
        last_event_at=moment(row["last_event_at"]),
        last_read_at=moment(row["last_read_at"]),
        last_error=text(row["last_error"]),
        reads_keys=bool(row["reads_keys"]),
        hours=len(expected),
        hours_with_events=len(set(heard)),
        gaps=gaps(heard, expected),
    )


def _hours(since: datetime, until: datetime) -> list[datetime]:
    """The beginnings of the UTC hours that [since, until) touches."""
    first = since.replace(minute=0, second=0, microsecond=0)
    count = -((first - until) // timedelta(hours=1)) if until > since else 0
    return [first + n * HOUR for n in range(count)]

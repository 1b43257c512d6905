"""Metrics of the whole, read from the state: what Prometheus should know of us, and nothing of keys or addresses.

Names follow Prometheus' practice: base units, `_total` for what only grows, moments as `_timestamp_seconds`. A moment
is better than an age where something may have stopped: it still tells when. Ages are given of what waits.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from keywatch.metrics.exposition import Metric, Sample, exposed, histogram
from keywatch.version import installed_version
from model.finding import Severity
from model.incident import DeliveryStatus
from store.commits import Commits
from store.handle import Transaction
from store.state import audit, health, measure, reject_reasons, segments, silences, sources, tallies
from store.state.tallies import DeliveryTally

PREFIX: Final = "keywatch_"

_UNDONE: Final = frozenset({DeliveryStatus.PENDING, DeliveryStatus.LEASED, DeliveryStatus.UNKNOWN})
_SPARED: Final = frozenset({DeliveryStatus.SUPPRESSED, DeliveryStatus.FOLDED})


def metrics(tx: Transaction, now: datetime, also: Iterable[Metric] = ()) -> str:
    """All of them in Prometheus' text format, and `also` those that the state does not know."""
    version: Sample = ({"version": installed_version()}, 1)
    told = [
        Metric(name="build_info", kind="gauge", help="The version, always 1.", samples=[version]),
        _gauge("up", "1 while the state can be read.", 1),
        *_rounds(tx, now),
        *_sources(tx, now),
        _rejects(tx),
        *_volumes(tx),
        *_findings(tx),
        *_deliveries(tx, now),
        *_targets(tx, now),
        *_store(tx),
        *also,
    ]
    return exposed(told, prefix=PREFIX)


def _rounds(tx: Transaction, now: datetime) -> Iterator[Metric]:
    marks = health.marks(tx)
    if (cycle := marks.get(health.CYCLE)) is not None:
        yield _gauge("cycle_last_timestamp_seconds", "When the last good round of reading and judging ended.", cycle)
    if (beat := marks.get(health.HEARTBEAT)) is not None:
        yield _gauge("heartbeat_last_timestamp_seconds", "When the heartbeat's URL last took it.", beat)
        age = (now - beat).total_seconds()
        yield _gauge("heartbeat_age_seconds", "How long ago the heartbeat's URL last took it.", max(0.0, age))


_COUNTERS: Final = {
    "lines": ("source_lines_total", "Lines read."),
    "events": ("source_events_total", "Lines that became events."),
    "skipped": ("source_skipped_total", "Lines that are known to be no requests."),
    "bytes_lost": ("source_bytes_lost_total", "Bytes that were gone before they were read."),
}
_GAUGES: Final = {
    "last_event_at": ("source_last_event_timestamp_seconds", "The newest event's moment."),
    "last_read_at": ("source_last_read_timestamp_seconds", "When it was last read."),
    "lag_seconds": ("source_lag_seconds", "How far the newest event is behind now."),
    "late": ("source_late", "1 when it is late."),
    "failing": ("source_error", "1 when it could not be read the last time."),
}


def commit_metrics(commits: Commits) -> Iterator[Metric]:
    """How the commits of this process fare."""
    below, total, failures = commits.told()
    yield histogram("commit_duration_seconds", "How long commits to the state took in this process.", below, total)
    failed: list[Sample] = [({"reason": reason}, number) for reason, number in sorted(failures.items())]
    meaning = "Writing transactions of this process that came to nothing."
    yield Metric(name="commit_failures_total", kind="counter", help=meaning, samples=failed)


def _volumes(tx: Transaction) -> Iterator[Metric]:
    known = sources.volumes(tx)
    read: list[Sample] = [({"source": name}, one.bytes) for name, one in known.items()]
    yield Metric(name="source_bytes_total", kind="counter", help="Bytes read, unpacked.", samples=read)
    behind: list[Sample] = [({"source": name}, one.lag_bytes) for name, one in known.items()]
    meaning = "Bytes that were seen in its files and are not read yet."
    yield Metric(name="source_lag_bytes", kind="gauge", help=meaning, samples=behind)
    turned: list[Sample] = [
        ({"source": name, "kind": kind}, count)
        for name, one in known.items()
        for kind, count in (("renamed", one.renames), ("rewritten", one.rewrites))
    ]
    yield Metric(name="source_rotations_total", kind="counter", help="Rotations of its files.", samples=turned)


def _sources(tx: Transaction, now: datetime) -> Iterator[Metric]:
    frame = sources.source_frame(tx, now)
    rows = frame.assign(failing=frame["last_error"].notna()).to_dict("records")
    for kind, columns in (("counter", _COUNTERS), ("gauge", _GAUGES)):
        for column, (name, meaning) in columns.items():
            values = [({"source": str(row["name"])}, _value(row[column])) for row in rows]
            samples: list[Sample] = [(labels, value) for labels, value in values if value is not None]
            yield Metric(name=name, kind="counter" if kind == "counter" else "gauge", help=meaning, samples=samples)


def _rejects(tx: Transaction) -> Metric:
    """A source without any is 0 for no reason, so that a sum by source is never missing."""
    told: list[Sample] = [
        ({"source": one.source, "reason": one.reason}, one.rejects) for one in reject_reasons.reasons(tx)
    ]
    named = {labels["source"] for labels, _ in told}
    told += [({"source": name, "reason": ""}, 0) for name in sources.names(tx) if name not in named]
    meaning = "Lines that no event could be made of, by why."
    return Metric(name="source_rejected_total", kind="counter", help=meaning, samples=told)


def _findings(tx: Transaction) -> Iterator[Metric]:
    counted = tallies.open_findings(tx)
    found: list[Sample] = [({"severity": str(one)}, counted.get(str(one), 0)) for one in Severity]
    yield Metric(name="findings_open", kind="gauge", help="Findings that nobody resolved.", samples=found)
    standing = tallies.open_incidents(tx)
    incidents: list[Sample] = [
        ({"severity": str(one), "status": status}, standing.get((str(one), status), 0))
        for one in Severity
        for status in ("open", "acknowledged")
    ]
    yield Metric(name="incidents_open", kind="gauge", help="Incidents that nobody resolved.", samples=incidents)
    judged = tallies.judged_until(tx)
    failed = set(tallies.failing(tx, "detector-failed"))
    failures: list[Sample] = [({"detector": name}, float(name in failed)) for name in sorted({*judged, *failed})]
    yield Metric(
        name="detector_failed", kind="gauge", help="1 when the detector failed the last time.", samples=failures
    )
    moments: list[Sample] = [({"detector": name}, until.timestamp()) for name, until in judged.items()]
    yield Metric(
        name="detector_judged_timestamp_seconds", kind="gauge", help="How far the detector has judged.", samples=moments
    )


def _deliveries(tx: Transaction, now: datetime) -> Iterator[Metric]:
    written = tallies.alerts(tx)
    told: list[Sample] = [({"severity": str(one)}, written.get(str(one), 0)) for one in Severity]
    yield Metric(name="alerts_total", kind="counter", help="Alerts that were written.", samples=told)
    standing = tallies.firing(tx)
    firing: list[Sample] = [({"severity": str(one)}, standing.get(str(one), 0)) for one in Severity]
    meaning = "Incidents that an alert was written about and that nobody resolved."
    yield Metric(name="alerts_firing", kind="gauge", help=meaning, samples=firing)
    rows = tallies.deliveries(tx)
    every: list[Sample] = [
        ({"target": row.target, "state": row.status, "reason": row.reason}, row.number) for row in rows
    ]
    yield Metric(
        name="deliveries", kind="gauge", help="Deliveries by target, state and reason, as they stand.", samples=every
    )
    sent = _summed(rows, frozenset({DeliveryStatus.SENT}))
    yield Metric(name="deliveries_sent_total", kind="counter", help="Deliveries that the target took.", samples=sent)
    spared: list[Sample] = [
        ({"target": row.target, "reason": row.reason}, row.number) for row in rows if row.status in _SPARED
    ]
    yield Metric(
        name="alerts_suppressed_total",
        kind="counter",
        help="Alerts that were kept back from a target or told in a digest, by reason.",
        samples=spared,
    )
    yield Metric(
        name="outbox_pending", kind="gauge", help="Deliveries that are to be sent.", samples=_summed(rows, _UNDONE)
    )
    dead = _summed(rows, frozenset({DeliveryStatus.DEAD}))
    yield Metric(name="outbox_dead", kind="gauge", help="Deliveries that were given up.", samples=dead)
    oldest: dict[str, datetime] = {}
    for row in (row for row in rows if row.status in _UNDONE):
        oldest[row.target] = min(oldest.get(row.target, row.oldest), row.oldest)
    ages: list[Sample] = [({"target": name}, max(0.0, (now - at).total_seconds())) for name, at in oldest.items()]
    yield Metric(
        name="outbox_oldest_age_seconds", kind="gauge", help="How long the oldest of them has waited.", samples=ages
    )


def _targets(tx: Transaction, now: datetime) -> Iterator[Metric]:
    known = health.healths(tx)
    rests: list[Sample] = [
        ({"target": name}, float(one.open_until is not None and one.open_until > now)) for name, one in known.items()
    ]
    yield Metric(name="target_breaker_open", kind="gauge", help="1 while the target is left alone.", samples=rests)
    failures: list[Sample] = [({"target": name}, one.failures) for name, one in known.items()]
    yield Metric(name="target_failures", kind="gauge", help="Failures in a row.", samples=failures)
    moments: list[Sample] = [
        ({"target": name}, one.sent_at.timestamp()) for name, one in known.items() if one.sent_at is not None
    ]
    yield Metric(
        name="target_last_success_timestamp_seconds", kind="gauge", help="When it last took a message.", samples=moments
    )
    yield _gauge("silences_active", "Silences that mute now.", len(silences.active(tx, now)))


def _store(tx: Transaction) -> Iterator[Metric]:
    kept = tallies.kept(tx)
    yield _gauge("store_segments", "Segments of events.", kept.segments)
    yield _gauge("store_events", "Events that are kept.", kept.events)
    yield _gauge("store_size_bytes", "Bytes of the segments' files.", kept.bytes)
    yield _gauge("store_state_size_bytes", "Bytes of the state's database.", measure.size(tx))
    if (span := segments.span(tx)) is not None:
        yield _gauge("store_oldest_event_timestamp_seconds", "The oldest event's moment.", span.since)
    if (backed_up := audit.last(tx, "store backed up")) is not None:
        yield _gauge("backup_last_success_timestamp_seconds", "When the last backup was made.", backed_up)


def _summed(rows: Sequence[DeliveryTally], states: frozenset[DeliveryStatus]) -> list[Sample]:
    """By target; a target that has none of them is 0 and not missing."""
    sums = {row.target: 0 for row in rows}
    for row in (row for row in rows if row.status in states):
        sums[row.target] += row.number
    return [({"target": name}, number) for name, number in sums.items()]


def _gauge(name: str, meaning: str, value: float | datetime) -> Metric:
    number = value.timestamp() if isinstance(value, datetime) else value
    return Metric(name=name, kind="gauge", help=meaning, samples=[({}, number)])


def _value(cell: Any) -> float | None:  # noqa: ANN401 (a number, a moment, or NaN or NaT)
    if cell is None or cell != cell:  # noqa: PLR0124 (NaN and NaT differ from themselves)
        return None
    return float(cell.timestamp() if isinstance(cell, datetime) else cell)

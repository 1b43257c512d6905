"""What an auditor must know before the numbers: where the evidence is thinner than it looks."""

from collections.abc import Iterator

from reports.records import LogSource
from reports.snapshot import Snapshot
from reports.texts import clock, counted, day, share, span
from reports.thresholds import DAY, HOUR, STALE


def remarks(snapshot: Snapshot) -> tuple[str, ...]:
    """Sentences about what is missing, the widest first; none when nothing is known to be."""
    return (*_inventory(snapshot), *_telemetry(snapshot), *(r for one in snapshot.log_sources for r in _source(one)))


def _inventory(snapshot: Snapshot) -> Iterator[str]:
    cover = snapshot.cover
    if not snapshot.keys:
        yield "No inventory was imported, so which keys exist, whose they are and which are unused is not known."
    for source in snapshot.inventory_sources:
        if source.pulled_at and cover.as_of - source.pulled_at > STALE:
            age = span((cover.as_of - source.pulled_at) // DAY * DAY)
            yield f"The inventory {source.name} was pulled {age} before the moment that this report judges."
    if snapshot.keys_later:
        yield f"{counted(snapshot.keys_later, 'key was', 'keys were')} created after that moment and left out."


def _telemetry(snapshot: Snapshot) -> Iterator[str]:
    cover, since, until = snapshot.cover, snapshot.telemetry_since, snapshot.telemetry_until
    if cover.as_of < cover.until:
        yield f"The period is not over; it is judged as of {clock(cover.as_of)} UTC."
    if since is None or until is None:
        yield "No event was ever stored, so nothing is known of any key's use."
        return
    if since >= cover.as_of:
        yield f"Telemetry began on {day(since)}, after the period: it says nothing about it."
    elif since - cover.since > HOUR:
        yield f"Telemetry began at {clock(since)} UTC; {span(since - cover.since)} of the period are missing."
    if cover.as_of - until > HOUR:
        ago = span(cover.as_of - until)
        yield f"The last event of all is of {clock(until)} UTC, {ago} before the moment that this report judges."
    if snapshot.judged_until is None:
        yield "No detector has judged anything, so that there is no finding says nothing."
    elif min(cover.as_of, until) - snapshot.judged_until > HOUR:
        yield f"Detectors have judged up to {clock(snapshot.judged_until)} UTC; what came after is not judged yet."
    if not any(source.reads_keys for source in snapshot.log_sources):
        yield "No log source carries a key, so requests cannot be attributed; the counts of all keys are zero."


def _source(source: LogSource) -> Iterator[str]:
    if source.rejects:
        rejects = f"{source.rejects:,} of {counted(source.lines, 'line')} ({share(source.rejects, source.lines)})"
        yield f"{source.name}: {rejects} could not be read as an event."
    if source.gaps:
        longest = max(gap.hours for gap in source.gaps)
        yield f"{source.name}: {counted(len(source.gaps), 'gap')} in the period, the longest {span(longest * HOUR)}."
    if source.bytes_lost:
        yield f"{source.name}: {counted(source.bytes_lost, 'byte')} of log vanished before they were read."
    if source.last_error:
        yield f"{source.name}: its last reading failed: {source.last_error}"

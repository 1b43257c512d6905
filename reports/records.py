"""What a snapshot is made of: plain frozen records, times aware UTC, None where nothing is known.

More than 150 lines, since the records are the contract between what is read and what is written.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Basis(StrEnum):
    """What is known of a key's last use; the words of `detectors.shared.last_use`."""

    USED = "used"
    """A use is known."""
    NEVER = "never"
    """No use, and one would have been seen: the telemetry is older than the key, or its provider tells last uses."""
    TELEMETRY = "telemetry"
    """No use since telemetry began; the key is older than that."""
    UNKNOWN = "unknown"
    """Nobody would have seen a use: no log carries the key, or its creation or its use after the period hides it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """What stands on the first page."""

    report_id: str
    """UUID made of the period, the moment and the configuration: the same snapshot has the same."""
    period: str
    """As it was asked for."""
    since: datetime
    until: datetime
    """The period's end, excluded."""
    as_of: datetime
    """The earlier of the period's end and `generated_at`: ages, idle days and expiries are judged here."""
    generated_at: datetime
    generated_by: str
    tool_version: str
    config_hash: str
    stage: str = "rendered"
    """`rendered`, or `open` for one that is reviewed: people stand in it as pseudonyms."""
    organisation: str | None = None
    classification: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Requests by what became of them."""

    requests: int = 0
    successes: int = 0
    """1xx to 3xx."""
    unauthorized: int = 0
    """401."""
    forbidden: int = 0
    """403."""
    throttled: int = 0
    """429."""
    client_errors: int = 0
    """The other 4xx."""
    server_errors: int = 0
    """5xx."""

    @property
    def refused(self) -> int:
        """401, 403 and 429 together."""
        return self.unauthorized + self.forbidden + self.throttled


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEntry:
    """A key of the inventory as of `Cover.as_of`; its counts are those of the period."""

    key_id: str
    name: str | None
    hint: str | None
    owner: str | None
    team: str | None
    environment: str | None
    scopes: tuple[str, ...]
    status: str
    """As the inventory has it."""
    state: str
    """The status as of `as_of`: a date before it counts, a date after it does not yet."""
    source: str
    pulled_at: datetime | None
    created_at: datetime | None
    rotated_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None
    removed_at: datetime | None
    """When its source listed it no more."""
    successor: str | None
    rotation: str | None
    """The state of its replacement by `successor`, or of its own in place; None: none is under way or was in the
    period."""
    age_days: int | None
    """Whole days since the key was created or, if later, rotated."""
    first_seen: datetime | None
    last_seen: datetime | None
    """The last request that carried the key, refused ones among them; from the logs."""
    last_success: datetime | None
    source_last_used_at: datetime | None
    """The last use as the inventory's provider tells it."""
    telemetry_since: datetime | None
    """Since when the provider tells last uses, where it says so."""
    last_use: datetime | None
    """The last success (the last try of a key that never succeeded) or the provider's, whichever is later."""
    last_use_from: str | None
    """`logs` or `provider`: which of the two `last_use` is."""
    basis: Basis
    idle_days: int | None
    """Whole days since `last_use`; since telemetry began for the basis `telemetry`, so at least that many."""
    after_end: str | None
    """`accepted` or `refused`: what became of uses in the period after the key expired or was revoked."""
    counts: Counts
    addresses: int
    """Distinct addresses in the period."""
    clients: int
    """Distinct products of user agents in the period."""
    countries: tuple[str, ...]
    """Of its addresses in the period; empty without GeoIP."""
    findings: tuple[str, ...]
    """Ids of findings about it."""
    excused: tuple[str, ...]
    """Ids of the exceptions that held for it at `as_of`."""
    flags: tuple[str, ...]
    """What hygiene asks about it; see `reports.hygiene`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InventorySource:
    """A place that keys came from."""

    name: str
    keys: int
    alive: int
    """Keys that could be used as of `as_of`."""
    pulled_at: datetime | None
    """The latest pull."""
    tells_last_use: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Hours of the period in which a source told nothing."""

    since: datetime
    until: datetime
    hours: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSource:
    """A place that logs came from; the counts are of all time, the hours and gaps of the period."""

    name: str
    format: str | None
    lines: int
    events: int
    rejects: int
    skipped: int
    bytes_lost: int
    first_event_at: datetime | None
    last_event_at: datetime | None
    last_read_at: datetime | None
    last_error: str | None
    reads_keys: bool
    hours: int
    """Whole or partial hours of the period in which telemetry could be expected."""
    hours_with_events: int
    gaps: tuple[Gap, ...]
    """Runs of at least `thresholds.GAP_HOURS` hours without an event, oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger:
    """A credential that succeeded in the period and that no row of the inventory knows."""

    key_ref: str
    hint: str | None
    first_seen: datetime | None
    last_seen: datetime | None
    last_success: datetime | None
    counts: Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """A period in one row."""

    since: datetime
    until: datetime
    requests: int
    successes: int
    unauthorized: int
    forbidden: int
    throttled: int
    errors: int
    """The other 4xx, and 5xx."""
    keys: int
    """Distinct credentials that the inventory knows or that succeeded."""
    addresses: int
    findings_opened: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """Requests of one day (or hour) by outcome."""

    bucket: datetime
    outcomes: tuple[tuple[str, int], ...]
    """(outcome, requests), in the order of `model.event.Outcome`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingEntry:
    """A finding that was seen in the period or was still open."""

    id: str
    detector: str
    subject: str
    severity: str
    status: str
    """When the report was made."""
    key_id: str | None
    key_name: str | None
    owner: str | None
    environment: str | None
    ip: str | None
    title: str
    summary: str
    opened: datetime
    first_seen: datetime
    last_seen: datetime
    detected_at: datetime
    resolved_at: datetime | None
    count: int
    score: float
    controls: tuple[str, ...]
    attack: tuple[str, ...]
    incident_id: str | None
    runbook: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentEntry:
    """An incident that was seen in the period or was still open."""

    id: str
    headline: str
    severity: str
    status: str
    opened_at: datetime
    updated_at: datetime
    acknowledged_at: datetime | None
    """When somebody first did."""
    resolved_at: datetime | None
    key_name: str | None
    owner: str | None
    assignee: str | None
    findings: int
    alerts: int
    """Alerts about it that were written in the period."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryEntry:
    """An alert of the period at one target; `target` is None for an alert that no route took."""

    alert_id: str
    incident_id: str
    kind: str
    severity: str
    title: str
    created_at: datetime
    target: str | None
    status: str | None
    attempts: int
    sent_at: datetime | None
    error_class: str | None
    last_error: str | None

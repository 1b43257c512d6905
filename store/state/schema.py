"""The state's tables. A change here needs a migration in store/state/migrations/versions.

More than 150 lines, since a schema is read in one piece.
"""

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, MetaData, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from store.state.types import json_list, json_object, moment, optional_moment, word

_ID = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    """Names every constraint, so that a migration can change it."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        },
    )


class SourceRow(Base):
    """A configured place that logs are pulled from, and how it fares."""

    __tablename__ = "sources"
    name: Mapped[word] = mapped_column(primary_key=True)
    format: Mapped[str | None] = mapped_column(String(255))
    lines: Mapped[int] = mapped_column(_ID, default=0)
    events: Mapped[int] = mapped_column(_ID, default=0)
    rejects: Mapped[int] = mapped_column(_ID, default=0)
    skipped: Mapped[int] = mapped_column(_ID, default=0)
    bytes: Mapped[int] = mapped_column(_ID, default=0)
    bytes_lost: Mapped[int] = mapped_column(_ID, default=0)
    renames: Mapped[int] = mapped_column(_ID, default=0)
    rewrites: Mapped[int] = mapped_column(_ID, default=0)
    lost_at: Mapped[optional_moment]
    first_event_at: Mapped[optional_moment]
    last_event_at: Mapped[optional_moment]
    last_read_at: Mapped[optional_moment]
    last_error: Mapped[str | None] = mapped_column(Text)
    reads_keys: Mapped[bool] = mapped_column(default=False)


class RejectReasonRow(Base):
    """How many lines of a source were rejected for one reason."""

    __tablename__ = "reject_reasons"
    source: Mapped[word] = mapped_column(primary_key=True)
    reason: Mapped[word] = mapped_column(primary_key=True)
    rejects: Mapped[int] = mapped_column(_ID)


class SourceHourRow(Base):
    """What came of a source in one hour of the reader's clock."""

    __tablename__ = "source_hours"
    source: Mapped[word] = mapped_column(primary_key=True)
    hour: Mapped[moment] = mapped_column(primary_key=True)
    lines: Mapped[int] = mapped_column(_ID)
    events: Mapped[int] = mapped_column(_ID)
    rejects: Mapped[int] = mapped_column(_ID)
    oldest: Mapped[optional_moment]
    newest: Mapped[optional_moment]
    lag_seconds: Mapped[int | None] = mapped_column(_ID)


class EventHourRow(Base):
    """What a source logged in one hour of its events' time; a line without a time is in that of the line before it."""

    __tablename__ = "event_hours"
    source: Mapped[word] = mapped_column(primary_key=True)
    hour: Mapped[moment] = mapped_column(primary_key=True)
    events: Mapped[int] = mapped_column(_ID)
    rejects: Mapped[int] = mapped_column(_ID)
    first_seen: Mapped[optional_moment]
    last_seen: Mapped[optional_moment]


class CursorRow(Base):
    """How far one file of a source has been read."""

    __tablename__ = "cursors"
    origin: Mapped[word] = mapped_column(primary_key=True)
    source: Mapped[word] = mapped_column(index=True)
    path: Mapped[str] = mapped_column(Text)
    target: Mapped[str] = mapped_column(Text, default="")
    offset: Mapped[int] = mapped_column(_ID)
    lines: Mapped[int] = mapped_column(_ID)
    epoch: Mapped[int]
    head_size: Mapped[int]
    head_hash: Mapped[word]
    tail_hash: Mapped[word]
    signature: Mapped[word]
    size: Mapped[int] = mapped_column(_ID, default=0)
    missing: Mapped[bool] = mapped_column(default=False)
    bytes_lost: Mapped[int] = mapped_column(_ID, default=0)
    overlong: Mapped[bool] = mapped_column(default=False)
    context: Mapped[str] = mapped_column(Text, default="")
    broken: Mapped[str] = mapped_column(Text, default="")
    updated_at: Mapped[moment]


class PullRow(Base):
    """Where a source that is no local file goes on: its server's own position, or how far its objects are listed."""

    __tablename__ = "pulls"
    origin: Mapped[word] = mapped_column(primary_key=True)
    source: Mapped[word] = mapped_column(index=True)
    position: Mapped[json_object]
    updated_at: Mapped[moment]


class PulledIdsRow(Base):
    """The ids of records that may be handed out once more: one row a block, 16 bytes an id."""

    __tablename__ = "pulled_ids"
    origin: Mapped[word] = mapped_column(primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True)
    newest: Mapped[int] = mapped_column(_ID)
    ids: Mapped[bytes] = mapped_column(LargeBinary)


class BackfillRow(Base):
    """A window of time that was read out of files or objects apart from the rest; its cursors go by `name`."""

    __tablename__ = "backfills"
    name: Mapped[word] = mapped_column(primary_key=True)
    source: Mapped[word] = mapped_column(index=True)
    since: Mapped[moment]
    until: Mapped[moment]
    made_at: Mapped[moment]


class BatchColumns:
    """Where a batch of events came from, in the manifest and behind it."""

    id: Mapped[word] = mapped_column(primary_key=True)
    source: Mapped[word] = mapped_column(index=True)
    origin: Mapped[word]
    from_offset: Mapped[int] = mapped_column(_ID)
    to_offset: Mapped[int] = mapped_column(_ID)
    from_line: Mapped[int] = mapped_column(_ID)
    rows: Mapped[int]
    rejects: Mapped[int]
    min_ts: Mapped[moment]
    max_ts: Mapped[moment]
    ingested_at: Mapped[moment] = mapped_column(index=True)
    level: Mapped[int] = mapped_column(default=0)


class SegmentRow(BatchColumns, Base):
    """The manifest: an immutable batch of events."""

    __tablename__ = "segments"
    __table_args__ = (Index("ix_segments_span", "min_ts", "max_ts"),)
    sealed: Mapped[bool]
    bytes: Mapped[int] = mapped_column(_ID)
    events_dropped_at: Mapped[optional_moment]


class MergedSegmentRow(BatchColumns, Base):
    """A batch whose events are in a larger segment now: what leads a row back to its line."""

    __tablename__ = "merged_segments"
    into: Mapped[word]
    """The larger segment; empty when retention let it go."""
    merged_at: Mapped[moment] = mapped_column(index=True)


class IntentRow(Base):
    """A segment that is being put on a server of events."""

    __tablename__ = "intents"
    id: Mapped[word] = mapped_column(primary_key=True)
    source: Mapped[word]
    origin: Mapped[word]
    from_offset: Mapped[int] = mapped_column(_ID)
    to_offset: Mapped[int] = mapped_column(_ID)
    rows: Mapped[int]
    made_at: Mapped[moment]


class RejectRow(Base):
    """A sampled line that no event could be made of; all are counted in `sources`."""

    __tablename__ = "rejects"
    id: Mapped[int] = mapped_column(_ID, primary_key=True, autoincrement=True)
    source: Mapped[word] = mapped_column(index=True)
    origin: Mapped[word]
    path: Mapped[str] = mapped_column(Text)
    line: Mapped[int] = mapped_column(_ID)
    reason: Mapped[str] = mapped_column(Text)
    sample: Mapped[str] = mapped_column(Text)
    seen_at: Mapped[moment]


class KeyRow(Base):
    """A key of the inventory."""

    __tablename__ = "keys"
    key_id: Mapped[word] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(String(255), index=True)
    hint: Mapped[str | None] = mapped_column(String(255))
    owner: Mapped[str | None] = mapped_column(String(255))
    team: Mapped[str | None] = mapped_column(String(255))
    environment: Mapped[str | None] = mapped_column(String(255))
    scopes: Mapped[json_list]
    labels: Mapped[json_object]
    timezone: Mapped[str | None] = mapped_column(String(64))
    status: Mapped[word]
    created_at: Mapped[optional_moment]
    expires_at: Mapped[optional_moment]
    revoked_at: Mapped[optional_moment]
    rotated_at: Mapped[optional_moment]
    successor: Mapped[str | None] = mapped_column(String(255))
    source: Mapped[word]
    source_last_used_at: Mapped[optional_moment]
    source_last_used_detail: Mapped[str | None] = mapped_column(String(255))
    telemetry_since: Mapped[optional_moment]
    removed_at: Mapped[optional_moment]
    successor_by: Mapped[str | None] = mapped_column(String(64))
    pulled_at: Mapped[optional_moment]


class KeyListingRow(Base):
    """That a synced source lists a key, or did until `gone_at`."""

    __tablename__ = "key_listings"
    source: Mapped[word] = mapped_column(primary_key=True)
    key_id: Mapped[word] = mapped_column(primary_key=True, index=True)
    since: Mapped[moment]
    gone_at: Mapped[optional_moment]


class InventorySourceRow(Base):
    """How a source of the inventory fares."""

    __tablename__ = "inventory_sources"
    name: Mapped[word] = mapped_column(primary_key=True)
    keys: Mapped[int] = mapped_column(_ID, default=0)
    tried_at: Mapped[moment]
    complete_at: Mapped[optional_moment]
    failed_since: Mapped[optional_moment]
    failures: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(Text)


class KeyExceptionRow(Base):
    """That a person excused keys from rules until a time; it ends, and is never taken away."""

    __tablename__ = "key_exceptions"
    id: Mapped[int] = mapped_column(_ID, primary_key=True, autoincrement=True)
    key_id: Mapped[str | None] = mapped_column(String(255), index=True)
    label: Mapped[str | None] = mapped_column(String(255))
    rules: Mapped[json_list]
    reason: Mapped[str] = mapped_column(Text)
    control: Mapped[str | None] = mapped_column(Text)
    approver: Mapped[word]
    author: Mapped[word]
    since: Mapped[moment]
    until: Mapped[moment]
    ended_at: Mapped[optional_moment]
    ended_by: Mapped[str | None] = mapped_column(String(255))


class KeyRefRow(Base):
    """Under which reference events carry a key."""

    __tablename__ = "key_refs"
    key_ref: Mapped[word] = mapped_column(primary_key=True)
    key_id: Mapped[str] = mapped_column(ForeignKey("keys.key_id"), index=True)


class KeyHistoryRow(Base):
    """What changed about a key, and when we saw it."""

    __tablename__ = "key_history"
    id: Mapped[int] = mapped_column(_ID, primary_key=True, autoincrement=True)
    key_id: Mapped[word] = mapped_column(index=True)
    at: Mapped[moment]
    field: Mapped[word]
    before: Mapped[str | None] = mapped_column(Text)
    after: Mapped[str | None] = mapped_column(Text)


class KeyActivityRow(Base):
    """First and last use of a key_ref as the logs tell it; updated with each segment, never pruned."""

    __tablename__ = "key_activity"
    key_ref: Mapped[word] = mapped_column(primary_key=True)
    hint: Mapped[str | None] = mapped_column(String(255))
    first_seen: Mapped[moment]
    last_seen: Mapped[moment]
    last_success: Mapped[optional_moment]


class JudgedRow(Base):
    """How far a detector has judged: the checkpoint of its fold. The findings themselves are its state."""

    __tablename__ = "judged"
    detector: Mapped[word] = mapped_column(primary_key=True)
    until: Mapped[moment]
    ingested_at: Mapped[optional_moment]
    state: Mapped[json_object]


class FindingRow(Base):
    """Something a detector noticed about a subject."""

    __tablename__ = "findings"
    id: Mapped[word] = mapped_column(primary_key=True)
    detector: Mapped[word] = mapped_column(index=True)
    subject: Mapped[word] = mapped_column(index=True)
    severity: Mapped[word]
    status: Mapped[word] = mapped_column(index=True)
    title: Mapped[str] = mapped_column(Text)
    summary: Mapped[str] = mapped_column(Text)
    opened: Mapped[moment]
    first_seen: Mapped[moment]
    last_seen: Mapped[moment] = mapped_column(index=True)
    detected_at: Mapped[moment]
    resolved_at: Mapped[optional_moment]
    key_id: Mapped[str | None] = mapped_column(String(255), index=True)
    key_ref: Mapped[str | None] = mapped_column(String(255))
    key_name: Mapped[str | None] = mapped_column(String(255))
    owner: Mapped[str | None] = mapped_column(String(255))
    environment: Mapped[str | None] = mapped_column(String(255))
    ip: Mapped[str | None] = mapped_column(String(64), index=True)
    count: Mapped[int] = mapped_column(_ID)
    score: Mapped[float]
    runbook: Mapped[str] = mapped_column(Text)
    attack: Mapped[json_list]
    controls: Mapped[json_list]
    incident_id: Mapped[str | None] = mapped_column(ForeignKey("incidents.id"), index=True)
    muted_by: Mapped[str | None] = mapped_column(Text)


class VerdictRow(Base):
    """What a person said of a finding; the latest counts, and `expected` mutes its pattern from `since` on."""

    __tablename__ = "verdicts"
    id: Mapped[int] = mapped_column(_ID, primary_key=True, autoincrement=True)
    at: Mapped[moment]
    actor: Mapped[word]
    verdict: Mapped[word]
    incident_id: Mapped[word]
    finding_id: Mapped[word] = mapped_column(index=True)
    detector: Mapped[word] = mapped_column(index=True)
    key_id: Mapped[str | None] = mapped_column(String(255))
    addresses: Mapped[json_list]
    since: Mapped[moment]
    pattern: Mapped[json_object | None]


class EvidenceRow(Base):
    """What one bucket adds to a finding."""

    __tablename__ = "evidence"
    finding_id: Mapped[str] = mapped_column(ForeignKey("findings.id"), primary_key=True)
    bucket: Mapped[moment] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(_ID)
    score: Mapped[float]
    first_seen: Mapped[moment]
    last_seen: Mapped[moment]
    detail: Mapped[json_object]


class IncidentRow(Base):
    """The findings of one subject that belong together."""

    __tablename__ = "incidents"
    id: Mapped[word] = mapped_column(primary_key=True)
    subject: Mapped[word]
    headline: Mapped[str] = mapped_column(Text)
    severity: Mapped[word]
    status: Mapped[word] = mapped_column(index=True)
    opened_at: Mapped[moment]
    updated_at: Mapped[moment]
    last_seen: Mapped[moment]
    resolved_at: Mapped[optional_moment]
    key_id: Mapped[str | None] = mapped_column(String(255), index=True)
    key_name: Mapped[str | None] = mapped_column(String(255))
    owner: Mapped[str | None] = mapped_column(String(255))
    environment: Mapped[str | None] = mapped_column(String(255))
    ip: Mapped[str | None] = mapped_column(String(64))
    assignee: Mapped[str | None] = mapped_column(String(255))
    snoozed_until: Mapped[optional_moment]


class CommentRow(Base):
    """What people wrote about an incident."""

    __tablename__ = "comments"
    id: Mapped[int] = mapped_column(_ID, primary_key=True, autoincrement=True)
    incident_id: Mapped[word] = mapped_column(index=True)
    at: Mapped[moment]
    author: Mapped[word]
    text: Mapped[str] = mapped_column(Text)


class SilenceRow(Base):
    """What is muted, until when, by whom and why."""

    __tablename__ = "silences"
    id: Mapped[int] = mapped_column(_ID, primary_key=True, autoincrement=True)
    when: Mapped[json_object]
    since: Mapped[moment]
    until: Mapped[moment] = mapped_column(index=True)
    reason: Mapped[str] = mapped_column(Text)
    author: Mapped[word]
    expired_at: Mapped[optional_moment]


class TargetRow(Base):
    """How a target fares: the state of its circuit breaker."""

    __tablename__ = "target_health"
    name: Mapped[word] = mapped_column(primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    open_until: Mapped[optional_moment]
    sent_at: Mapped[optional_moment]
    failed_at: Mapped[optional_moment]
    last_error: Mapped[str | None] = mapped_column(Text)


class AlertRow(Base):
    """A message about an incident; the outbox."""

    __tablename__ = "alerts"
    id: Mapped[word] = mapped_column(primary_key=True)
    incident_id: Mapped[word] = mapped_column(index=True)
    kind: Mapped[word]
    created_at: Mapped[moment]
    severity: Mapped[word]
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    payload: Mapped[json_object]


class DeliveryRow(Base):
    """An alert at one target."""

    __tablename__ = "deliveries"
    __table_args__ = (UniqueConstraint("alert_id", "target"), Index("ix_deliveries_due", "status", "next_at"))
    id: Mapped[int] = mapped_column(_ID, primary_key=True, autoincrement=True)
    alert_id: Mapped[str] = mapped_column(ForeignKey("alerts.id"))
    target: Mapped[word]
    status: Mapped[word]
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[moment]
    leased_by: Mapped[str | None] = mapped_column(String(255))
    leased_until: Mapped[optional_moment]
    error_class: Mapped[str | None] = mapped_column(String(64))
    last_error: Mapped[str | None] = mapped_column(Text)
    sent_at: Mapped[optional_moment]
    replayed_at: Mapped[optional_moment]
    idempotency_key: Mapped[word]


class ReportRow(Base):
    """A report that was made."""

    __tablename__ = "reports"
    id: Mapped[word] = mapped_column(primary_key=True)
    period: Mapped[word]
    since: Mapped[moment]
    until: Mapped[moment]
    made_at: Mapped[moment]
    folder: Mapped[str] = mapped_column(Text)
    files: Mapped[json_object]
    stage: Mapped[word] = mapped_column(default="rendered", server_default="rendered")
    decisions: Mapped[int] = mapped_column(_ID, default=0, server_default="0")
    closed_at: Mapped[optional_moment]
    reminded_at: Mapped[optional_moment]


class ScheduleRow(Base):
    """How far the reports of a schedule have been made."""

    __tablename__ = "schedules"
    name: Mapped[word] = mapped_column(primary_key=True)
    until: Mapped[moment]


class PersonRow(Base):
    """Whom or which address a pseudonym of sealed reports stands for; an erased one keeps its number alone."""

    __tablename__ = "people"
    __table_args__ = (UniqueConstraint("kind", "value"), {"sqlite_autoincrement": True})
    id: Mapped[int] = mapped_column(_ID, primary_key=True, autoincrement=True)
    kind: Mapped[word]
    value: Mapped[str | None] = mapped_column(Text)
    made_at: Mapped[moment]
    erased_at: Mapped[optional_moment]


class UserRow(Base):
    """Somebody who logged in to the dashboard, let in or not."""

    __tablename__ = "users"
    name: Mapped[word] = mapped_column(primary_key=True)
    role: Mapped[word]
    refused: Mapped[str] = mapped_column(Text)
    logins: Mapped[int]
    first_seen_at: Mapped[moment]
    last_seen_at: Mapped[moment]
    logged_in_at: Mapped[moment]
    ended_at: Mapped[optional_moment]


class AuditRow(Base):
    """The audit log: who did what; each row's hash covers the one before."""

    __tablename__ = "audit_log"
    seq: Mapped[int] = mapped_column(_ID, primary_key=True, autoincrement=True)
    at: Mapped[moment]
    actor: Mapped[word]
    action: Mapped[word]
    subject: Mapped[str] = mapped_column(Text)
    detail: Mapped[json_object]
    previous: Mapped[word]
    hash: Mapped[word]
    mac_key: Mapped[word] = mapped_column(default="", server_default="")


class AuditHeadRow(Base):
    """The audit log's end, so that rows that are cut off at its end are missed."""

    __tablename__ = "audit_head"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(_ID)
    hash: Mapped[word]
    mac: Mapped[word]


class LeaseRow(Base):
    """Which process does which work, until when by the database's clock."""

    __tablename__ = "leases"
    name: Mapped[word] = mapped_column(primary_key=True)
    holder: Mapped[word]
    epoch: Mapped[int] = mapped_column(_ID)
    taken_at: Mapped[moment]
    expires_at: Mapped[moment]

"""What led to a report: changes of the period, exceptions in force, and the report before. Plain frozen records."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeEntry:
    """Something that changed in the period: a key of the inventory, or what people and keywatch did."""

    at: datetime
    actor: str | None
    """Who did it; None where only the result was seen, as in a pull of the inventory."""
    what: str
    """`key added`, `key changed`, or the audit log's action."""
    subject: str
    """The key's id, or the audit log's subject."""
    name: str | None = None
    field: str | None = None
    """The column of a key that changed."""
    before: str | None = None
    after: str | None = None
    """Of the audit log: its detail as JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionEntry:
    """What was not told, or not judged by the usual threshold, in the period."""

    id: str
    """`exception 3`, `silence 2`, or `config 1` for what stands in keywatch.toml."""
    kind: str
    """`ignored` for a key or label that a person excused, `silence`, `expected` for a pattern that somebody called so,
    or the kind of a mute of the config."""
    about: str
    key_id: str | None = None
    label: str | None = None
    rules: tuple[str, ...] = ()
    """Detectors, * allowed; empty: all but those of a key's life."""
    reason: str
    control: str | None = None
    """The compensating control: what protects the key meanwhile."""
    approver: str | None
    """Who approved it; None for one that stands in keywatch.toml."""
    author: str | None = None
    """Who entered it."""
    granted: datetime | None
    expires: datetime | None
    """None: it holds until it is taken away."""
    ended_at: datetime | None = None
    ended_by: str | None = None
    state: str = "in force"
    """At `Cover.as_of`: `in force`, `expired` (and a finding, until somebody ends or renews it), or `ended`."""
    keys: int | None = None
    """How many keys of the roster it is about; None where it is not about keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RotationEntry:
    """A rotation that began, was under way or ended in the period; in place, old and new are the same key."""

    old: str
    old_name: str | None
    new: str
    new_name: str | None
    owner: str | None
    environment: str | None
    linked_by: str
    """Who says that one replaces the other: `explicit`, `name`, `owner`, `label:…`, or `in place`."""
    state: str
    """`created`, `both active`, `old still used` or `completed`."""
    issued_at: datetime
    days: int
    """Whole days from the issue of the new key to its completion, or to `Cover.as_of`."""
    clients: str
    """Step 2, clients are updated: `done`, `open` or `unknown`."""
    clients_say: str
    """What the logs say about it."""
    test: str
    """Step 3, the new key works."""
    test_says: str
    revoke: str
    """Step 4, the old key is revoked."""
    revoke_says: str
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Previous:
    """The sealed report before this one; its hash is in this one's manifest, so that the reports form a chain."""

    report_id: str
    period: str
    made_at: datetime
    stage: str
    manifest_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """The newest row of the audit log when the report was made."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyChange:
    """A key that is not what it was in the report before."""

    key_id: str
    name: str | None
    what: str
    """`new`, `gone`, or the column that differs."""
    before: str | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What the review before decided about a key, and whether it has been done."""

    key_id: str
    name: str | None
    decision: str
    due: str | None
    done: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SinceLast:
    """What changed since the sealed report before."""

    keys: tuple[KeyChange, ...] = ()
    findings_new: int = 0
    findings_gone: int = 0
    """Open in the report before, and not open any more."""
    findings_standing: int = 0
    """Open in both."""
    exceptions_new: int = 0
    """In force now, and not in the report before."""
    exceptions_over: int = 0
    """In force in the report before, and expired or ended now."""
    rotations_begun: int = 0
    rotations_completed: int = 0
    promises: tuple[Promise, ...] = ()
    """The decisions of its review that ask for something to be done."""
    unreadable: str | None = None
    """Why nothing can be compared: the report before is gone or was changed."""

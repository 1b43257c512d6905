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

    kind: str
    """`silence`, or the kind of a mute of the config."""
    about: str
    reason: str
    approver: str | None
    """Who made it; None for one that stands in keywatch.toml."""
    granted: datetime | None
    expires: datetime | None
    """None: it holds until it is taken away."""


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
    promises: tuple[Promise, ...] = ()
    """The decisions of its review that ask for something to be done."""
    unreadable: str | None = None
    """Why nothing can be compared: the report before is gone or was changed."""

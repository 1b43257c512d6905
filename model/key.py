"""A key: one row of the inventory."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

KeyId = NewType("KeyId", str)
"""The inventory's id of a key."""

KeyRef = NewType("KeyRef", str)
"""What identifies the key inside an event: `id:<provider id>` or `fp:<pepper version>:<20 hex digits>`."""


class KeyStatus(StrEnum):
    """What the inventory says of a key. An undated status counts for all earlier time too."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    EXPIRED = "expired"
    REVOKED = "revoked"
    REMOVED = "removed"
    """A tombstone: a complete pull no longer listed the key."""
    UNKNOWN = "unknown"
    """The inventory has no status."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What is known about an issued API key. Times are aware UTC; None means that the inventory does not say."""

    key_id: KeyId
    """The inventory's id."""
    name: str | None = None
    """What its owner calls it."""
    hint: str | None = None
    """Prefix and last four of the secret; never more."""
    key_refs: tuple[KeyRef, ...] = ()
    """All references under which events may carry it."""
    owner: str | None = None
    """A person or a team's address."""
    team: str | None = None
    """The owner's team."""
    environment: str | None = None
    """`production`, `development`, or what the inventory calls it."""
    scopes: tuple[str, ...] = ()
    """What the key may do."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Free words for routes and exceptions."""
    timezone: str | None = None
    """IANA name of the owner's zone."""
    status: KeyStatus = KeyStatus.UNKNOWN
    """As the inventory had it when it was pulled."""
    created_at: datetime | None = None
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    rotated_at: datetime | None = None
    successor: KeyId | None = None
    """The key that replaces this one."""
    source: str = "import"
    """Which inventory source told it."""
    source_last_used_at: datetime | None = None
    """Last use as the provider tells it; the logs' own is in `key_activity`."""
    source_last_used_detail: str | None = None
    """What the provider tells of that use: a service, a region."""
    telemetry_since: datetime | None = None
    """Since when the provider tells last uses; None: it does not, or does not say."""
    pulled_at: datetime | None = None
    """When the inventory was read."""

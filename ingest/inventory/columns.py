"""What an inventory may say of a key."""

from typing import Final

COLUMNS: Final = (
    "key_id",
    "name",
    "hint",
    "owner",
    "team",
    "environment",
    "scopes",
    "timezone",
    "status",
    "created_at",
    "expires_at",
    "revoked_at",
    "rotated_at",
    "last_used_at",
    "last_used_detail",
    "telemetry_since",
    "successor",
    "labels",
    "refs",
    "pulled_at",
    "secret",
)

"""LiteLLM's proxy: `/key/list` with whole objects. A key's id is its hash, which the spend log carries too."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from ingest.inventory.interface import Row
from ingest.inventory.listing import Listing
from ingest.sources.asking import Asker
from ingest.sources.paging import Paging

_PAGING: Final = Paging(kind="page", parameter="page", size_parameter="size", size=100, total="total_count")
_PARAMS: Final = {"return_full_object": "true", "include_team_keys": "true", "sort_by": "created_at"}


@dataclass(slots=True, kw_only=True)
class Litellm:
    """The proxy's management API."""

    asker: Asker
    shifts: bool = True

    def rows(self) -> Iterator[Row]:
        """Every key; the master key is none of them."""
        for found in Listing(asker=self.asker, path="/key/list", items="keys", paging=_PAGING, params=_PARAMS):
            yield _row(found)

    def close(self) -> None:
        """Close the connection."""
        self.asker.close()


def _row(found: dict[str, Any]) -> Row:
    metadata = found.get("metadata") or {}
    return {
        "key_id": found.get("token"),
        "name": found.get("key_alias"),
        "hint": found.get("key_name"),
        "owner": found.get("user_id") or found.get("created_by"),
        "team": found.get("team_id"),
        "environment": metadata.get("environment"),
        "status": "inactive" if found.get("blocked") else "active",
        "created_at": found.get("created_at"),
        "expires_at": found.get("expires"),
        "rotated_at": found.get("last_rotation_at"),
        "last_used_at": found.get("last_active"),
        "scopes": found.get("models"),
        "labels": {name: value for name, value in metadata.items() if isinstance(value, str)},
    }

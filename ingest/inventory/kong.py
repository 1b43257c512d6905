"""Kong and Konnect: the credentials of key-auth, and the consumers that they belong to.

`GET /key-auths` hands out each key in plain text: it is fingerprinted while it is read. Kong tells no last use.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from ingest.inventory.interface import Row
from ingest.inventory.listing import Listing
from ingest.sources.asking import Asker
from ingest.sources.paging import Paging

_PAGING: Final = Paging(kind="cursor", parameter="offset", path="offset", size_parameter="size", size=1000)
"""Kong's largest page; its `offset` is a cursor."""


@dataclass(slots=True, kw_only=True)
class Kong:
    """The Admin API, or a control plane of Konnect (`…/v2/control-planes/{id}/core-entities`)."""

    asker: Asker
    tags: str | None = None
    """Only credentials with these tags, as Kong takes them: `a,b` for both, `a/b` for either."""
    shifts: bool = False

    def rows(self) -> Iterator[Row]:
        """Every credential of key-auth."""
        consumers = {one.get("id"): one for one in Listing(**self._of("/consumers"))}
        params = {"tags": self.tags} if self.tags else {}
        for found in Listing(**self._of("/key-auths"), params=params):
            yield _row(found, consumers.get((found.get("consumer") or {}).get("id")) or {})

    def close(self) -> None:
        """Close the connection."""
        self.asker.close()

    def _of(self, path: str) -> dict[str, Any]:
        return {"asker": self.asker, "path": path, "items": "data", "paging": _PAGING}


def _row(found: dict[str, Any], consumer: dict[str, Any]) -> Row:
    created, ttl = found.get("created_at"), found.get("ttl")
    expires = None
    if isinstance(created, (int, float)) and isinstance(ttl, (int, float)) and ttl > 0:
        expires = (datetime.fromtimestamp(created, UTC) + timedelta(seconds=ttl)).isoformat()
    return {
        "key_id": found.get("id"),
        "name": consumer.get("username") or consumer.get("custom_id"),
        "owner": consumer.get("custom_id") or consumer.get("username"),
        "status": "active",
        "created_at": created,
        "expires_at": expires,
        "labels": found.get("tags"),
        "secret": found.get("key"),
    }

"""Unkey: `apis.listKeys` (v2). `decrypt` is never asked for, so no secret comes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ingest.inventory.interface import Row
from ingest.inventory.listing import Listing
from ingest.sources.asking import Asker
from ingest.sources.paging import Paging

_PAGING: Final = Paging(
    kind="cursor",
    parameter="cursor",
    path="pagination.cursor",
    more="pagination.hasMore",
    size_parameter="limit",
    size=100,
)


@dataclass(slots=True, kw_only=True)
class Unkey:
    """The keys of one or more APIs of a workspace."""

    asker: Asker
    apis: Sequence[str]
    shifts: bool = False

    def rows(self) -> Iterator[Row]:
        """Every key."""
        for api in self.apis:
            listing = Listing(
                asker=self.asker,
                path="/v2/apis.listKeys",
                items="data",
                paging=_PAGING,
                method="POST",
                params={"apiId": api},
            )
            for found in listing:
                yield _row(found)

    def close(self) -> None:
        """Close the connection."""
        self.asker.close()


def _row(found: dict[str, Any]) -> Row:
    identity, meta = found.get("identity") or {}, found.get("meta") or {}
    start = found.get("start")
    return {
        "key_id": found.get("keyId"),
        "name": found.get("name"),
        "hint": f"{start}…" if start else None,
        "owner": identity.get("externalId") or meta.get("owner"),
        "team": meta.get("team"),
        "environment": meta.get("environment"),
        "status": "inactive" if found.get("enabled") is False else "active",
        "created_at": found.get("createdAt"),
        "expires_at": found.get("expires"),
        "last_used_at": found.get("lastUsedAt"),
        "scopes": [*(found.get("roles") or ()), *(found.get("permissions") or ())],
        "labels": {name: value for name, value in meta.items() if isinstance(value, (str, int, float))},
    }

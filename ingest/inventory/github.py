"""GitHub: fine-grained personal access tokens with access to an organisation. Only a GitHub App may ask."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from ingest.inventory.interface import Row
from ingest.inventory.listing import Listing
from ingest.sources.asking import Asker
from ingest.sources.paging import Paging

HEADERS: Final = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
_PAGING: Final = Paging(kind="next", size_parameter="per_page", size=100)


@dataclass(slots=True, kw_only=True)
class Github:
    """The tokens of one or more organisations."""

    asker: Asker
    organisations: Sequence[str]
    shifts: bool = True

    def rows(self) -> Iterator[Row]:
        """Every token."""
        for name in self.organisations:
            path = f"/orgs/{quote(name, safe='')}/personal-access-tokens"
            for found in Listing(asker=self.asker, path=path, paging=_PAGING):
                yield _row(found, name)

    def close(self) -> None:
        """Close the connection."""
        self.asker.close()


def _row(found: dict[str, Any], organisation: str) -> Row:
    permissions = found.get("permissions") or {}
    return {
        "key_id": found.get("token_id"),
        "name": found.get("token_name"),
        "owner": (found.get("owner") or {}).get("login"),
        "status": "expired" if found.get("token_expired") else "active",
        "created_at": found.get("access_granted_at"),
        "expires_at": found.get("token_expires_at"),
        "last_used_at": found.get("token_last_used_at"),
        "scopes": [
            f"{kind}:{name}:{level}"
            for kind, rights in sorted(permissions.items())
            if isinstance(rights, dict)
            for name, level in sorted(rights.items())
        ],
        "labels": {"organisation": organisation, "repositories": str(found.get("repository_selection") or "")},
    }

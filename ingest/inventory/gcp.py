"""Google Cloud: API keys of projects. The secret itself is another method, which is never called.

Deleted keys are listed for 30 days with their time. Google tells no last use.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ingest.inventory.interface import Row
from ingest.inventory.listing import Listing
from ingest.sources.asking import Asker
from ingest.sources.paging import Paging

_PAGING: Final = Paging(kind="cursor", parameter="pageToken", path="nextPageToken", size_parameter="pageSize", size=300)


@dataclass(slots=True, kw_only=True)
class Gcp:
    """The API Keys API, v2."""

    asker: Asker
    projects: Sequence[str]
    shifts: bool = False

    def rows(self) -> Iterator[Row]:
        """Every key."""
        for project in self.projects:
            path = f"/v2/projects/{project}/locations/global/keys"
            params = {"showDeleted": "true"}
            listing = Listing(asker=self.asker, path=path, items="keys", paging=_PAGING, params=params, may_lack=True)
            for found in listing:
                yield _row(found, project)

    def close(self) -> None:
        """Close the connection."""
        self.asker.close()


def _row(found: dict[str, Any], project: str) -> Row:
    uid = found.get("uid") or str(found.get("name", "")).rpartition("/")[2]
    restrictions, notes = found.get("restrictions") or {}, found.get("annotations") or {}
    kinds = [kind for kind in restrictions if kind != "apiTargets"]
    targets = [target.get("service") for target in restrictions.get("apiTargets") or ()]
    return {
        "key_id": uid,
        "name": found.get("displayName"),
        "owner": notes.get("owner"),
        "team": notes.get("team"),
        "environment": notes.get("environment"),
        "status": "revoked" if found.get("deleteTime") else "active",
        "created_at": found.get("createTime"),
        "revoked_at": found.get("deleteTime"),
        "scopes": [*filter(None, targets), *sorted(kinds)],
        "labels": {**notes, "project": project},
        "refs": [f"apikey:{uid}"],
    }

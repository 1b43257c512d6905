"""Tyk's gateway: the list of keys, and one request a key for its session.

With `hash_keys` the ids are hashes, and the list of them must be switched on (`enable_hashed_keys_listing`). Without it
each id is the secret itself: then the key goes by its fingerprint, and no message names the path that was asked.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from ingest.fingerprint import Pepper, bare
from ingest.inventory.interface import Row
from ingest.sources.asking import Asker, Refused
from ingest.sources.wire import shown
from model.errors import IngestError, InventoryError

_NEVER: Final = frozenset({0, -1, None})


@dataclass(slots=True, kw_only=True)
class Tyk:
    """The gateway's own API."""

    asker: Asker
    hashed: bool = True
    """Whether the gateway hashes keys."""
    pepper: Pepper | None = None
    """Needed without `hashed`."""
    shifts: bool = False

    def rows(self) -> Iterator[Row]:
        """Every key. One that is deleted between the list and the question for it is none."""
        for key in self._list():
            session = self._session(key)
            if session is not None:
                yield self._row(key, session)

    def close(self) -> None:
        """Close the connection."""
        self.asker.close()

    def _list(self) -> list[str]:
        try:
            document = self.asker.json("GET", "/tyk/keys")
        except Refused as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            msg = f"{shown(self.asker.url)} lists no keys (404)."
            raise InventoryError(msg, hint="Set enable_hashed_keys_listing in tyk.conf, and check the url.") from None
        found = document.get("keys") if isinstance(document, dict) else None
        if not isinstance(found, list) or not all(isinstance(key, str) for key in found):
            msg = f"{shown(self.asker.url)} answered with no list of keys."
            raise InventoryError(msg, hint="Nothing was changed; the next sync tries again.")
        return found

    def _session(self, key: str) -> dict[str, Any] | None:
        params = {"hashed": "true"} if self.hashed else {}
        try:
            found = self.asker.json("GET", f"/tyk/keys/{quote(key, safe='')}", params)
        except Refused as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            msg = f"{shown(self.asker.url)} answered {error.status} when it was asked for a key."
            raise InventoryError(msg, hint=error.hint) from None
        except IngestError:  # its words name the path, and that may be the secret
            msg = f"{shown(self.asker.url)} did not answer when it was asked for a key."
            raise InventoryError(msg, hint="Nothing was changed; the next sync tries again.") from None
        if not isinstance(found, dict):
            msg = f"{shown(self.asker.url)} answered with no session of a key."
            raise InventoryError(msg, hint="Nothing was changed; the next sync tries again.")
        return found

    def _row(self, key: str, session: dict[str, Any]) -> Row:
        meta = session.get("meta_data") or {}
        rights = session.get("access_rights") or {}
        row: dict[str, object] = {
            "key_id": key,
            "name": session.get("alias"),
            "owner": meta.get("tyk_developer_id") or meta.get("email") or session.get("org_id"),
            "status": "inactive" if session.get("is_inactive") else "active",
            "created_at": session.get("date_created"),
            "expires_at": None if session.get("expires") in _NEVER else session.get("expires"),
            "last_used_at": session.get("last_check"),
            "last_used_detail": "last_check",
            "scopes": [right.get("api_name") or api for api, right in rights.items() if isinstance(right, dict)],
            "labels": session.get("tags"),
        }
        if self.hashed or self.pepper is None:
            return row
        return {**row, "key_id": self.pepper.key_ref(bare(key)), "secret": key}

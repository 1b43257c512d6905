"""Apache APISIX: consumers with key-auth, and the credentials of consumers (from 3.11 on).

Keys stand in plain text, or as references to another place (`$env://`, `$secret://`): those have no fingerprint. APISIX
tells neither last use nor expiry. Its logs name the consumer, and upstreams see X-Credential-Identifier.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from ingest.inventory.interface import Row
from ingest.inventory.listing import Listing
from ingest.sources.asking import Asker, Refused
from ingest.sources.paging import Paging

_PAGING: Final = Paging(kind="page", parameter="page", size_parameter="page_size", size=500, total="total")
_ADMIN: Final = "/apisix/admin/consumers"


@dataclass(slots=True, kw_only=True)
class Apisix:
    """The Admin API."""

    asker: Asker
    fingerprints: bool = True
    """False where the Admin API hands out keys as they are encrypted at rest."""
    shifts: bool = True

    def rows(self) -> Iterator[Row]:
        """Every key of key-auth: of consumers themselves, and their credentials."""
        for consumer in map(_value, self._list(_ADMIN)):
            username = consumer.get("username")
            if not isinstance(username, str):
                continue  # a credential, which older versions list among the consumers
            own = _secret(consumer) is not None
            credentials = [one for one in self._credentials(username) if _secret(one[1]) is not None]
            if own:
                yield self._row(username, consumer, username, [])
            alone = not own and len(credentials) == 1
            for key_id, credential in credentials:
                refs = [key_id, username] if alone else [key_id]
                yield self._row(f"{username}/{key_id}", credential, username, refs)

    def close(self) -> None:
        """Close the connection."""
        self.asker.close()

    def _list(self, path: str) -> Listing:
        return Listing(asker=self.asker, path=path, items="list", paging=_PAGING)

    def _credentials(self, username: str) -> list[tuple[str, dict[str, Any]]]:
        try:
            found = list(self._list(f"{_ADMIN}/{quote(username, safe='')}/credentials"))
        except Refused as error:
            if error.status == HTTPStatus.NOT_FOUND:  # a version without credentials
                return []
            raise
        return [(_id(one), _value(one)) for one in found]

    def _row(self, key_id: str, found: dict[str, Any], username: str, refs: list[str]) -> Row:
        secret = str(_secret(found))
        has = self.fingerprints and not secret.startswith(("$env://", "$secret://", "$ENV://"))
        return {
            "key_id": key_id,
            "name": found.get("desc") or username,
            "owner": username,
            "status": "active",
            "created_at": found.get("create_time"),
            "labels": found.get("labels"),
            "refs": refs,
            "secret": secret if has else None,
        }


def _value(item: dict[str, Any]) -> dict[str, Any]:
    value = item.get("value")
    return value if isinstance(value, dict) else item


def _id(item: dict[str, Any]) -> str:
    return str(_value(item).get("id") or str(item.get("key", "")).rpartition("/")[2])


def _secret(found: dict[str, Any]) -> object:
    plugin = (found.get("plugins") or {}).get("key-auth")
    return plugin.get("key") if isinstance(plugin, dict) else None

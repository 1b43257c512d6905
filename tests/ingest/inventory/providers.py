"""Servers that hand out keys as their providers document it, over any number of made-up keys."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from answering import Answering, Asked, Reply

from ingest.fingerprint import Pepper
from ingest.inventory.apisix import Apisix
from ingest.inventory.gcp import Gcp
from ingest.inventory.github import Github
from ingest.inventory.http import HttpList
from ingest.inventory.interface import Connector
from ingest.inventory.kong import Kong
from ingest.inventory.listing import Listing
from ingest.inventory.litellm import Litellm
from ingest.inventory.tyk import Tyk
from ingest.inventory.unkey import Unkey
from ingest.sources.asking import Asker
from ingest.sources.paging import Paging

CREATED = 1_790_812_800
"""2026-10-01."""
T0 = datetime.fromtimestamp(CREATED, UTC)
PEPPER = Pepper(b"pepper of the tests")


def secret(number: int) -> str:
    """The secret of a key; those who read it must not keep it."""
    return f"ac_live_Hq3vTz8LmWc2Rb7NxYk4P{number:04d}"


def page(
    items: list[Any], asked: dict[str, Any], *, number: str = "page", size: str = "size", most: int = 2
) -> list[Any]:
    """A page of a list that is counted; servers cap sizes, so `most` wins over what is asked for."""
    length = min(int(asked.get(size, most)), most)
    begin = (int(asked.get(number, 1)) - 1) * length
    return items[begin : begin + length]


def cursor(items: list[Any], at: object, most: int = 2) -> tuple[list[Any], str | None]:
    """A page of a list that goes on by a cursor, and the next one."""
    begin = int(str(at or "c0").removeprefix("c"))
    end = begin + most
    return items[begin:end], f"c{end}" if end < len(items) else None


def kong(count: int) -> Callable[[Asked], Reply]:
    keys = [
        {
            "id": f"k{n}",
            "key": secret(n),
            "created_at": CREATED,
            "ttl": 86_400 if n == 0 else None,
            "tags": ["team:core", "beta"],
            "consumer": {"id": f"c{n}"},
        }
        for n in range(count)
    ]
    consumers = [{"id": f"c{n}", "username": f"app-{n}", "custom_id": f"owner-{n}"} for n in range(count)]

    def answer(asked: Asked) -> Reply:
        items = {"/key-auths": keys, "/consumers": consumers}[asked.path]
        found, offset = cursor(items, asked.query.get("offset"))
        return Reply({"data": found, "offset": offset, "next": f"{asked.path}?offset={offset}" if offset else None})

    return answer


def tyk(count: int) -> Callable[[Asked], Reply]:
    def answer(asked: Asked) -> Reply:
        if asked.path == "/tyk/keys":
            return Reply({"keys": [f"hash{n}" for n in range(count)]})
        n = int(asked.path.rpartition("/hash")[2])
        assert "true" == asked.query["hashed"]
        return Reply(
            {
                "alias": f"app-{n}",
                "org_id": "org-1",
                "date_created": "2026-10-01T00:00:00Z" if n else "0001-01-01T00:00:00Z",
                "last_check": CREATED if n else 0,
                "expires": CREATED + 86_400 if n == 0 else -1,
                "is_inactive": n == 1,
                "tags": ["edge"],
                "meta_data": {"tyk_developer_id": f"owner-{n}"},
                "access_rights": {"api-1": {"api_name": "Payments", "api_id": "api-1"}},
            }
        )

    return answer


def apisix(count: int) -> Callable[[Asked], Reply]:
    def value(n: int) -> dict[str, Any]:
        return {
            "id": f"cred-{n}",
            "plugins": {"key-auth": {"key": secret(n)}},
            "create_time": CREATED,
            "desc": f"app {n}",
        }

    def answer(asked: Asked) -> Reply:
        if asked.path == "/apisix/admin/consumers":
            consumers = [{"username": f"user{n}", "plugins": {}, "create_time": CREATED} for n in range(count)]
            items = [{"key": f"/apisix/consumers/{one['username']}", "value": one} for one in consumers]
        else:
            n = int(asked.path.split("/")[4].removeprefix("user"))
            items = [{"key": f"/apisix/consumers/user{n}/credentials/cred-{n}", "value": value(n)}]
        return Reply({"list": page(items, asked.query, size="page_size") or {}, "total": len(items)})

    return answer


def unkey(count: int) -> Callable[[Asked], Reply]:
    def answer(asked: Asked) -> Reply:
        assert "decrypt" not in asked.document
        keys = [
            {
                "keyId": f"key_{n}",
                "start": "ac_live",
                "name": f"app-{n}",
                "enabled": n != 1,
                "createdAt": CREATED * 1000,
                "lastUsedAt": (CREATED + 60) * 1000 if n else None,
                "expires": (CREATED + 86_400) * 1000 if n == 0 else None,
                "identity": {"id": "id_1", "externalId": f"owner-{n}"},
                "roles": ["reader"],
                "permissions": ["pets.read"],
                "meta": {"team": "core"},
            }
            for n in range(count)
        ]
        found, following = cursor(keys, asked.document.get("cursor"))
        pagination = {"cursor": following, "hasMore": following is not None}
        return Reply({"meta": {"requestId": "req_1"}, "data": found, "pagination": pagination})

    return answer


def litellm(count: int) -> Callable[[Asked], Reply]:
    def answer(asked: Asked) -> Reply:
        assert "true" == asked.query["return_full_object"]
        keys = [
            {
                "token": f"{n:064x}",
                "key_name": f"sk-...{n:04d}",
                "key_alias": f"app-{n}",
                "user_id": f"owner-{n}",
                "team_id": "core",
                "models": ["small"],
                "blocked": n == 1 or None,
                "created_at": "2026-10-01T00:00:00Z",
                "expires": "2026-10-02T00:00:00Z" if n == 0 else None,
                "last_active": "2026-10-01T00:01:00Z" if n else None,
                "metadata": {"environment": "production"},
            }
            for n in range(count)
        ]
        number = int(asked.query["page"])
        return Reply(
            {
                "keys": page(keys, asked.query),
                "total_count": count,
                "current_page": number,
                "total_pages": -(-count // 2),
            }
        )

    return answer


def github(count: int) -> Callable[[Asked], Reply]:
    def answer(asked: Asked) -> Reply:
        tokens = [
            {
                "id": 25_000 + n,
                "token_id": 98_000 + n,
                "token_name": f"app-{n}",
                "owner": {"login": f"owner-{n}", "id": n},
                "repository_selection": "all",
                "permissions": {"organization": {"members": "read"}, "repository": {"metadata": "read"}},
                "access_granted_at": "2026-10-01T00:00:00Z",
                "token_expired": n == 1,
                "token_expires_at": "2026-10-02T00:00:00Z" if n == 0 else None,
                "token_last_used_at": "2026-10-01T00:01:00Z" if n else None,
            }
            for n in range(count)
        ]
        number = int(asked.query.get("page", 1))
        links = {"Link": f'<{asked.path}?page={number + 1}>; rel="next"'} if number * 2 < count else {}
        return Reply(page(tokens, asked.query, size="per_page"), headers=links)

    return answer


def gcp(count: int) -> Callable[[Asked], Reply]:
    def answer(asked: Asked) -> Reply:
        keys = [
            {
                "name": f"projects/17/locations/global/keys/uid-{n}",
                "uid": f"uid-{n}",
                "displayName": f"app-{n}",
                "createTime": "2026-10-01T00:00:00.123456Z",
                "restrictions": {"apiTargets": [{"service": "maps.googleapis.com"}], "serverKeyRestrictions": {}},
                "annotations": {"owner": f"owner-{n}"},
                "etag": "W/x",
            }
            | ({"deleteTime": "2026-10-02T00:00:00Z"} if n == 1 else {})
            for n in range(count)
        ]
        found, following = cursor(keys, asked.query.get("pageToken"))
        return Reply(({"keys": found} if found else {}) | ({"nextPageToken": following} if following else {}))

    return answer


def own(count: int) -> Callable[[Asked], Reply]:
    """One's own service, with an `x-api-token` header."""

    def answer(asked: Asked) -> Reply:
        if asked.headers.get("x-api-token") != "t":
            return Reply({"message": "who are you?"}, status=401)
        keys = [
            {"id": n, "label": f"app-{n}", "owner": {"email": f"owner-{n}"}, "token": secret(n), "state": "active"}
            for n in range(count)
        ]
        begin = int(asked.query.get("offset", 0))
        return Reply({"data": {"keys": keys[begin : begin + 2]}})

    return answer


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider's server, and the connector that asks it."""

    answer: Callable[[int], Callable[[Asked], Reply]]
    connect: Callable[[Asker], Connector]
    path: str
    """The list that is handed out in pages."""


OWN_COLUMNS = {"key_id": "id", "name": "label", "owner": "owner.email", "secret": "token", "status": "state"}
OWN_PAGES = Paging(kind="offset", parameter="offset")

PROVIDERS = {
    "kong": Provider(kong, lambda asker: Kong(asker=asker), "/key-auths"),
    "tyk": Provider(tyk, lambda asker: Tyk(asker=asker), "/tyk/keys/hash1"),
    "apisix": Provider(apisix, lambda asker: Apisix(asker=asker), "/apisix/admin/consumers"),
    "unkey": Provider(unkey, lambda asker: Unkey(asker=asker, apis=["api_1"]), "/v2/apis.listKeys"),
    "litellm": Provider(litellm, lambda asker: Litellm(asker=asker), "/key/list"),
    "github": Provider(
        github, lambda asker: Github(asker=asker, organisations=["acme"]), "/orgs/acme/personal-access-tokens"
    ),
    "gcp": Provider(gcp, lambda asker: Gcp(asker=asker, projects=["17"]), "/v2/projects/17/locations/global/keys"),
    "http": Provider(
        own, lambda asker: HttpList(listing=Listing(asker=asker, items="data.keys", paging=OWN_PAGES)), ""
    ),
}


def asker_of(server: Answering) -> Asker:
    """Asks the server without ever waiting."""
    return Asker(url=server.url, allow_private=True, headers={"x-api-token": "t"}, sleep=lambda _: None)


def connected(name: str, server: Answering, count: int = 5) -> Iterator[Connector]:
    """The provider's connector, over so many keys."""
    server.answer = PROVIDERS[name].answer(count)
    connector = PROVIDERS[name].connect(asker_of(server))
    try:
        yield connector
    finally:
        connector.close()

"""Servers of providers that are asked by `http`, answering as their documentation shows."""

from collections.abc import Callable
from typing import Any, Final

from answering import Asked, Reply


def openai(asked: Asked) -> Reply:
    """List organization API keys; seconds since 1970."""
    keys = [
        {
            "object": "organization.admin_api_key",
            "id": f"key_{n}",
            "name": f"Main {n}",
            "redacted_value": "sk-admin...def",
            "created_at": 1711471533,
            "last_used_at": 1711471534,
            "owner": {"type": "service_account", "id": "sa_456", "name": "My Service Account", "role": "member"},
        }
        for n in range(5)
    ]
    return _after(asked, keys, "after")


def anthropic(asked: Asked) -> Reply:
    """List API Keys."""
    keys = [
        {
            "id": f"apikey_{n}",
            "type": "api_key",
            "name": "Developer Key",
            "created_at": "2024-10-30T23:58:27.427722Z",
            "created_by": {"id": "user_01", "type": "user"},
            "expires_at": None,
            "partial_key_hint": "sk-ant-api03-R2D...igAA",
            "status": "archived" if n == 4 else "active",
            "workspace_id": "wrkspc_01",
        }
        for n in range(5)
    ]
    versioned = asked.headers.get("anthropic-version") == "2023-06-01"
    return _after(asked, keys, "after_id") if versioned else Reply(status=400)


def openrouter(asked: Asked) -> Reply:
    """List API keys; by offset, without a total."""
    keys = [
        {
            "hash": f"f01d52606dc8f0a8303a7b5cc3fa07109c2e346cec7c0a16b40de462992ce9{n:02d}",
            "name": "My Production Key",
            "label": "sk-or-v1-0e6...1c96",
            "disabled": False,
            "created_at": "2025-08-24T10:30:00Z",
            "creator_user_id": "user_2dHFtVWx2n56w6HkM0000000000",
            "expires_at": None,
            "last_used_at": "2026-09-15T15:45:00Z",
        }
        for n in range(5)
    ]
    begin = int(asked.query.get("offset", 0))
    return Reply({"data": keys[begin : begin + 2]})


SERVICES: Final[dict[str, tuple[Callable[[Asked], Reply], str, int]]] = {
    "openai": (openai, "authorization", 5),
    "anthropic": (anthropic, "x-api-key", 5),
    "openrouter": (openrouter, "authorization", 5),
}
"""Name to its server, the header that its token goes into, and how many keys it has."""


def _after(asked: Asked, keys: list[dict[str, Any]], parameter: str) -> Reply:
    ids = [key["id"] for key in keys]
    begin = ids.index(asked.query[parameter]) + 1 if parameter in asked.query else 0
    page = keys[begin : begin + 2]
    return Reply(
        {
            "object": "list",
            "data": page,
            "first_id": page[0]["id"],
            "last_id": page[-1]["id"],
            "has_more": begin + 2 < len(keys),
        }
    )
